"""Compares several arms over the same recordings: paired differences with confidence intervals.

Latencies are compared over the turns in which every arm has one, as the difference of the medians, so the displayed
figures can be subtracted by hand. Counts and seconds are compared by their totals. Every arm gets the same latency
draws. The 95 % interval is a bootstrap over recordings or, with fewer than three, over blocks of consecutive turns.
Where no resample shows a difference, the bootstrap cannot bound it: a count then has the bounds of Wilson's
interval for zero cases, and a time or a duration has no interval.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.measures.readout_table import READOUTS, Readout, Values
from simulator.measures.readouts import Measured, percentile
from simulator.measures.turns import Count, unseen_rate

FEWEST_TURNS = 5
FEWEST_RECORDINGS = 3
"""With fewer recordings, the variation between recordings is unknown."""

FEWEST_BLOCKS = 8
MOST_BLOCKS = 24
"""The most blocks of turns to draw from; more cost time and show little more."""

BLOCK_TURNS = 2
"""Turns in the shortest block. Half of the effects of one turn on the next stay within such a block."""

RESAMPLES = 2000


def why_no_interval(turns: int, drawn: int, what: str = "recordings") -> str | None:
    """Return why this number of turns, from ``drawn`` of ``what``, gives no interval; ``None`` if it does."""
    if turns < FEWEST_TURNS:
        return f"an interval needs {FEWEST_TURNS} turns (here: {turns})"
    if drawn < FEWEST_RECORDINGS:
        return f"an interval needs {FEWEST_RECORDINGS} {what} (here: {drawn})"
    return None


@lru_cache(maxsize=32)
def weights(drawn: int) -> NDArray[np.int64]:
    """Return how often each recording or block of turns is drawn in each resample, ``[RESAMPLES, drawn]``."""
    share = np.full(drawn, 1.0 / drawn)
    return np.random.default_rng(0).multinomial(drawn, share, size=RESAMPLES)


def interval(resampled: NDArray[Any]) -> tuple[float, float] | None:
    """Return the 95 % interval of a figure's resamples ``[RESAMPLES]``, ignoring those that are not finite.

    Returns ``None`` if none is finite, or they show no difference.
    """
    found = resampled[np.isfinite(resampled)]
    if not len(found):
        return None
    low, high = np.quantile(found, (0.025, 0.975))
    bounds = round(float(low), 3), round(float(high), 3)
    return bounds if any(bounds) else None


Runs = Mapping[tuple[str, str], Measured]
"""Measured runs by (recording, arm)."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What resamples draw: whole recordings or, with fewer than three, blocks of turns.

    ``starts`` has, for each recording, the indices of the turns that begin a block; a whole recording is one block.
    ``block_turns`` is the minimum number of turns in a block; ``None``: recordings are drawn.
    """

    starts: dict[str, list[int]]
    block_turns: int | None

    @classmethod
    def of(cls, runs: Runs, recordings: list[str], arms: list[str]) -> Drawn:
        """Return how to draw from ``recordings``."""
        if len(recordings) >= FEWEST_RECORDINGS:
            return cls({recording: [-1] for recording in recordings}, None)
        turns = {
            recording: sorted({one.turn.index for arm in arms for one in runs[recording, arm].turns})
            for recording in recordings
        }
        length = max(BLOCK_TURNS, -(-sum(map(len, turns.values())) // MOST_BLOCKS))
        # the last block includes the remaining turns
        starts = {one: found[: max(len(found) - length + 1, 1) : length] for one, found in turns.items()}
        return cls({one: [-1, *found[1:]] for one, found in starts.items()}, length)

    @property
    def size(self) -> int:
        """The number of recordings or blocks."""
        return sum(map(len, self.starts.values()))

    @property
    def over(self) -> str:
        """What is drawn, in words."""
        return "recordings" if self.block_turns is None else f"blocks of {self.block_turns} consecutive turns"

    def number(self, recording: str, index: int) -> int:
        """Return the index of the recording or block that contains a turn. Raises :class:`KeyError`."""
        before = 0
        for name, starts in self.starts.items():
            if name == recording:
                return before + bisect_right(starts, index) - 1
            before += len(starts)
        raise KeyError(recording)

    def why_no_interval(self, turns: int, met: int) -> str | None:
        """Return why ``turns`` turns in ``met`` recordings or blocks give no interval; ``None`` if they do."""
        if self.block_turns is None:
            return why_no_interval(turns, met)
        if met < FEWEST_BLOCKS:
            needed = f"{FEWEST_RECORDINGS} recordings, or {FEWEST_BLOCKS * self.block_turns} turns"
            return f"an interval needs {needed} (here: {turns})"
        return None

    def totals(self, run: Measured, recording: str, readout: Readout) -> list[float]:
        """Return what each block of one recording adds to a total; a whole recording is one block."""
        starts = self.starts[recording]
        indices = [one.turn.index for one in run.turns]
        until = [sum(index < start for index in indices) for start in starts[1:]]
        up_to = [_amount(readout.measure(run.material.first(turns))) for turns in until]
        reached = [0.0, *up_to, _total(run, readout.name) or 0.0]
        return [after - before for before, after in pairwise(reached)]


@dataclass(frozen=True, slots=True)
class Compared:
    """One readout in several arms; ``delta`` and ``ci95`` are arm minus baseline, for every other arm.

    A latency is compared by its median; ``p90`` compares the 90th percentiles over the same turns.
    """

    arms: dict[str, float | None]
    delta: dict[str, float | None]
    ci95: dict[str, tuple[float, float] | None]
    n: int
    why_no_interval: str | None
    p90: Compared | None = None
    out_of: dict[str, int] | None = None
    """For a count, its denominator in each arm."""
    best: tuple[str, ...] = ()
    """The best arms: several if they cannot be distinguished, none if no arms can."""
    slower: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """For a latency of three arms or more with intervals: the arms that are reliably above each arm."""

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as JSON values."""
        shown: dict[str, Any] = {"arms": self.arms, "delta": self.delta, "ci95": self.ci95, "n": self.n}
        if self.out_of is not None:
            shown["of"] = self.out_of
        return shown if self.why_no_interval is None else {**shown, "why_no_interval": self.why_no_interval}


@dataclass(frozen=True, slots=True)
class Comparison:
    """All readouts of several arms against a baseline; ``drawn_over`` is what the bootstrap draws."""

    baseline: str
    readouts: dict[str, Compared]
    drawn_over: str = "recordings"

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as JSON values."""
        return {
            "baseline": self.baseline,
            "interval_over": self.drawn_over,
            "readouts": {name: compared.to_json() for name, compared in self.readouts.items()},
        }


def compare(runs: Runs, recordings: list[str], arms: list[str], baseline: str) -> Comparison:
    """Compare arms over recordings. ``runs`` must contain every (recording, arm)."""
    # resampling goes by position, so the order of the arguments must not matter
    recordings = sorted(recordings)
    drawn = Drawn.of(runs, recordings, arms)
    readouts = {}
    for readout in READOUTS:
        name = readout.name
        if readout.kind == "latency" and readout.paired:
            readouts[name] = _times(runs, drawn, arms, baseline, readout)
        used = [rec for rec in recordings if all(_total(runs[rec, arm], name) is not None for arm in arms)]
        if used:
            mine = drawn if used == recordings else Drawn.of(runs, used, arms)
            readouts[name] = _totals(runs, mine, arms, baseline, readout)
    return Comparison(baseline, readouts, drawn.over)


def _times(runs: Runs, drawn: Drawn, arms: list[str], baseline: str, readout: Readout) -> Compared:
    values: dict[str, list[int]] = {arm: [] for arm in arms}
    owner: list[int] = []
    for recording in drawn.starts:
        by_arm = {arm: runs[recording, arm].per_turn(readout) for arm in arms}
        shared = sorted(set.intersection(*(set(found) for found in by_arm.values())))
        owner += [drawn.number(recording, index) for index in shared]
        for arm in arms:
            values[arm] += [by_arm[arm][turn] for turn in shared]
    rows = np.array(owner)
    p90 = _at_share(values, rows, drawn, baseline, 0.9)
    return replace(_at_share(values, rows, drawn, baseline, 0.5), p90=p90)


def _at_share(
    values: dict[str, list[int]], owner: NDArray[Any], drawn: Drawn, baseline: str, share: float
) -> Compared:
    """Compare paired latencies at a percentile; ``owner`` is the recording or block of each pair."""
    figures = {arm: percentile(sorted(found), share) if found else None for arm, found in values.items()}
    why = drawn.why_no_interval(len(owner), len(set(owner.tolist())))
    apart: Apart | None = None
    if why is None:
        often = weights(drawn.size)
        found = {arm: weighted_percentiles(np.array(of), owner, often, share) for arm, of in values.items()}
        apart = lambda arm, other: interval(found[arm] - found[other])  # noqa: E731
    ci = {arm: apart(arm, baseline) if apart else None for arm in values if arm != baseline}
    best = _best(figures, apart, 0)
    slower = _slower(list(values), apart) if apart is not None and len(values) > 2 else {}
    return Compared(figures, _deltas(figures, baseline), ci, len(owner), why, best=best, slower=slower)


def _slower(arms: list[str], apart: Apart) -> dict[str, tuple[str, ...]]:
    """Return the arms that are reliably above each arm."""
    bounds = {(arm, other): apart(arm, other) for arm, other in combinations(arms, 2)}
    above = {pair: found is not None and found[0] > 0 for pair, found in bounds.items()}
    below = {(other, arm): found is not None and found[1] < 0 for (arm, other), found in bounds.items()}
    is_above = above | below
    return {arm: tuple(other for other in arms if is_above.get((other, arm))) for arm in arms}


Apart = Callable[[str, str], tuple[float, float] | None]
"""Returns the interval of the difference of two arms; ``None`` where resamples show none."""


def _best(figures: Mapping[str, float | None], apart: Apart | None, places: int) -> tuple[str, ...]:
    """Return the arms that no arm is reliably below; without intervals, those with the lowest displayed figure."""
    known = {arm: value for arm, value in figures.items() if value is not None}
    if len(known) < len(figures):
        return ()
    least = min(known, key=lambda arm: known[arm])

    def is_above(arm: str) -> bool:
        if apart is None:
            return round(known[arm], places) > round(known[least], places)
        bounds = apart(arm, least) if arm != least else None
        return bounds is not None and bounds[0] > 0

    best = tuple(arm for arm in known if not is_above(arm))
    return best if len(best) < len(known) else ()


def _totals(runs: Runs, drawn: Drawn, arms: list[str], baseline: str, readout: Readout) -> Compared:
    name, recordings = readout.name, list(drawn.starts)
    totals: dict[str, float | None] = {
        arm: _tidy(sum(_total(runs[recording, arm], name) or 0.0 for recording in recordings)) for arm in arms
    }
    n = sum(len(runs[recording, baseline].turns) for recording in recordings)
    why = drawn.why_no_interval(n, drawn.size)
    if why is None and readout.needs_greeting and drawn.block_turns:
        why = f"an interval needs {FEWEST_RECORDINGS} recordings: a call has one greeting"
    apart: Apart | None = None
    if why is None:
        often = weights(drawn.size)
        table = {
            arm: np.array([v for one in recordings for v in drawn.totals(runs[one, arm], one, readout)])
            for arm in arms
        }

        def resampled(arm: str, other: str) -> tuple[float, float] | None:
            bounds = interval(often @ (table[arm] - table[other]))
            return bounds or _unseen(runs, recordings, (arm, other), name)

        apart = resampled
    ci = {arm: apart(arm, baseline) if apart else None for arm in arms if arm != baseline}
    best = _best(totals, apart, readout.places) if readout.better == "less" else ()
    counts = {arm: [runs[one, arm].counts.get(name) for one in recordings] for arm in arms}
    out_of = {arm: sum(count.of for count in found if count) for arm, found in counts.items()}
    is_count = readout.kind == "count"
    out = out_of if is_count else None
    return Compared(totals, _deltas(totals, baseline), ci, n, why, out_of=out, best=best)


def _amount(value: Values) -> float:
    return float(value.count) if isinstance(value, Count) else float(value) if isinstance(value, float) else 0.0


def _unseen(runs: Runs, recordings: list[str], arms: tuple[str, str], name: str) -> tuple[float, float] | None:
    """Return the bounds for a count that was zero in every arm; ``None`` for a duration, or without cases."""
    found = [[runs[recording, arm].counts.get(name) for recording in recordings] for arm in arms]
    cases = max(sum(count.of for count in mine if count) for mine in found)
    most = round(cases * unseen_rate(cases), 3)
    return (-most, most) if cases else None


def _total(run: Measured, name: str) -> float | None:
    if name in run.counts:
        return float(run.counts[name].count)
    return run.seconds.get(name)


def _deltas(values: Mapping[str, float | None], baseline: str) -> dict[str, float | None]:
    base = values[baseline]
    return {
        arm: None if base is None or value is None else _tidy(value - base)
        for arm, value in values.items()
        if arm != baseline
    }


def weighted_percentiles(
    values: NDArray[Any], owner: NDArray[Any], drawn: NDArray[np.int64], share: float
) -> NDArray[np.float64]:
    """Return a percentile (``share`` 0…1) of each resample, ``[RESAMPLES]``: values weighted by recording."""
    order = np.argsort(values, kind="stable")
    ranked = values[order]
    reached = np.cumsum(drawn[:, owner[order]], axis=1)
    total = reached[:, -1]
    place = (total - 1) * share
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, total - 1)
    below, above = (ranked[np.argmax(reached > rank[:, None], axis=1)] for rank in (low, high))
    found: NDArray[np.float64] = below + (above - below) * (place - low)
    found[total == 0] = np.nan
    return found


def _tidy(value: float) -> float:
    return round(value, 3)
