"""Several arms over the same recordings: paired differences and how sure they are.

Latencies are compared over the turns in which every arm has one, as the difference of the medians, so that the
figures shown can be subtracted by hand. Counts and seconds are compared by their totals. Every arm meets the same
drawn latencies. The 95 % interval is a bootstrap over recordings. Where resamples show no difference, they cannot
say how large one may be: a count then has the bounds of Wilson's interval for what never happened in so many cases,
and a time or a duration has no interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.measures.readout_table import READOUTS, Readout
from simulator.measures.readouts import Measured, percentile
from simulator.measures.turns import unseen_rate

FEWEST_TURNS = 5
FEWEST_RECORDINGS = 3
"""Fewer recordings than this cannot show how much recordings differ."""

RESAMPLES = 2000


def why_no_interval(turns: int, drawn: int, what: str = "recordings") -> str | None:
    """Return why so few turns, of so few ``what`` to draw from, cannot give an interval; ``None`` if they can."""
    if turns < FEWEST_TURNS:
        return f"an interval needs {FEWEST_TURNS} paired turns, not {turns}"
    if drawn < FEWEST_RECORDINGS:
        return f"an interval needs {FEWEST_RECORDINGS} {what}, not {drawn}"
    return None


@lru_cache(maxsize=16)
def weights(recordings: int) -> NDArray[np.int64]:
    """Return how often each recording is drawn in each resample, ``[RESAMPLES, recordings]``."""
    share = np.full(recordings, 1.0 / recordings)
    return np.random.default_rng(0).multinomial(recordings, share, size=RESAMPLES)


def interval(resampled: NDArray[Any]) -> tuple[float, float] | None:
    """Return the 95 % interval of a figure's resamples ``[RESAMPLES]``, those that are not finite left out.

    ``None`` where there are none, or they show no difference.
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

    def to_json(self) -> dict[str, Any]:
        """Return it as scripts see it."""
        shown = {"arms": self.arms, "delta": self.delta, "ci95": self.ci95, "n": self.n}
        return shown if self.why_no_interval is None else {**shown, "why_no_interval": self.why_no_interval}


@dataclass(frozen=True, slots=True)
class Comparison:
    """All readouts of several arms against a baseline."""

    baseline: str
    readouts: dict[str, Compared]

    def to_json(self) -> dict[str, Any]:
        """Return it as scripts see it."""
        return {
            "baseline": self.baseline,
            "readouts": {name: compared.to_json() for name, compared in self.readouts.items()},
        }


def compare(runs: Runs, recordings: list[str], arms: list[str], baseline: str) -> Comparison:
    """Compare arms over recordings; every (recording, arm) must have been measured."""
    # resampling goes by position, so the order someone happened to ask in must not matter
    recordings = sorted(recordings)
    readouts = {}
    for readout in READOUTS:
        name = readout.name
        if readout.kind == "latency" and readout.paired:
            readouts[name] = _times(runs, recordings, arms, baseline, readout)
        used = [rec for rec in recordings if all(_total(runs[rec, arm], name) is not None for arm in arms)]
        if used:
            readouts[name] = _totals(runs, used, arms, baseline, name)
    return Comparison(baseline, readouts)


def _times(runs: Runs, recordings: list[str], arms: list[str], baseline: str, readout: Readout) -> Compared:
    values: dict[str, list[int]] = {arm: [] for arm in arms}
    owner: list[int] = []
    for number, recording in enumerate(recordings):
        by_arm = {arm: runs[recording, arm].per_turn(readout) for arm in arms}
        shared = sorted(set.intersection(*(set(found) for found in by_arm.values())))
        owner += [number] * len(shared)
        for arm in arms:
            values[arm] += [by_arm[arm][turn] for turn in shared]
    rows = np.array(owner)
    p90 = _at_share(values, rows, len(recordings), baseline, 0.9)
    return replace(_at_share(values, rows, len(recordings), baseline, 0.5), p90=p90)


def _at_share(
    values: dict[str, list[int]], owner: NDArray[Any], recordings: int, baseline: str, share: float
) -> Compared:
    """Compare paired latencies at a percentile; ``owner`` says which recording each pair came from."""
    others = [arm for arm in values if arm != baseline]
    figures = {arm: percentile(sorted(found), share) if found else None for arm, found in values.items()}
    why = why_no_interval(len(owner), len(set(owner.tolist())))
    ci: dict[str, tuple[float, float] | None] = dict.fromkeys(others)
    if why is None:
        drawn = weights(recordings)
        base = _weighted_percentiles(np.array(values[baseline]), owner, drawn, share)
        for arm in others:
            ci[arm] = interval(_weighted_percentiles(np.array(values[arm]), owner, drawn, share) - base)
    return Compared(figures, _deltas(figures, baseline), ci, len(owner), why)


def _totals(runs: Runs, recordings: list[str], arms: list[str], baseline: str, name: str) -> Compared:
    table = {arm: np.array([_total(runs[rec, arm], name) for rec in recordings], float) for arm in arms}
    totals: dict[str, float | None] = {arm: _tidy(float(found.sum())) for arm, found in table.items()}
    n = sum(len(runs[recording, baseline].turns) for recording in recordings)
    others = [arm for arm in arms if arm != baseline]
    why = why_no_interval(n, len(recordings))
    ci: dict[str, tuple[float, float] | None] = dict.fromkeys(others)
    if why is None:
        drawn = weights(len(recordings))
        for arm in others:
            ci[arm] = interval(drawn @ (table[arm] - table[baseline]))
            ci[arm] = ci[arm] or _unseen(runs, recordings, (arm, baseline), name)
    return Compared(totals, _deltas(totals, baseline), ci, n, why)


def _unseen(runs: Runs, recordings: list[str], arms: tuple[str, str], name: str) -> tuple[float, float] | None:
    """Return how much a count may differ where it never did; ``None`` for a duration, or where it cannot happen."""
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


def _weighted_percentiles(
    values: NDArray[Any], owner: NDArray[Any], drawn: NDArray[np.int64], share: float
) -> NDArray[np.float64]:
    """Return a percentile of the values in each resample, every value repeated as often as its recording."""
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
