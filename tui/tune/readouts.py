"""The readout table: what every arm costs the caller, in words and figures ready to be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from simulator.engine.profile import EngineProfile
from simulator.measures.comparison import Compared, Comparison
from simulator.measures.readout_table import BY_PLACE, Readout, Share
from simulator.measures.readouts import Measured, Spread
from tui.figures import difference, figure, interval, total

A, B = "A", "B"
"""The first two arms' names inside a trial; what people read beside them is the screen's business."""
Verdict = Literal["better", "worse", ""]

_BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Row:
    """One line. ``verdict`` says what A's difference means for a caller; ``sure``: the interval excludes zero.

    ``key`` names it, such as ``response_ms p90``. ``values`` are the arms' in order, ``spread`` A's single ones in
    ms, the least first. A ``minor`` line gives way to others where there is no room.
    """

    key: str
    label: str
    values: tuple[str, ...]
    delta: str
    interval: str
    n: str
    spread: tuple[int, ...] = ()
    verdict: Verdict = ""
    sure: bool = False
    minor: bool = False

    @property
    def name(self) -> str:
        """Which readout it shows."""
        return self.key.partition(" ")[0]

    @property
    def title(self) -> str:
        """Its label without what a count is out of, for phrases that go on with the count."""
        return self.label.partition(",")[0]


@dataclass(frozen=True, slots=True)
class Readouts:
    """All lines, and what has to be said about them: over what, from which truth, why there is no interval.

    ``against`` is the arm that A's difference is from.
    """

    rows: tuple[Row, ...]
    over: str
    caveats: tuple[str, ...]
    why_no_interval: str | None
    against: str = B

    def only(self, keys: frozenset[str]) -> Readouts:
        """Return it with the lines named ``keys`` alone."""
        return replace(self, rows=tuple(row for row in self.rows if row.key in keys))


def row_keys() -> dict[str, str]:
    """Return every line that can be shown, by key, with its label."""
    return {readout.key(share): readout.label(share) for readout in BY_PLACE for share in readout.shares}


def usual_rows() -> frozenset[str]:
    """Return the lines that are shown until the person picks others."""
    optional = {readout.key(share) for readout in BY_PLACE for share in readout.optional}
    return frozenset(row_keys()) - optional


def readouts(
    comparison: Comparison,
    measured: Mapping[tuple[str, str], Measured],
    recordings: Sequence[tuple[str, str]],
    profile: EngineProfile,
    mixed: int = 0,
    second_voices: int = 0,
) -> Readouts:
    """Make the table from a comparison of A against its baseline. ``recordings`` are (key, name for people).

    ``mixed`` of them hold both sides, so that barge-in is left out of them; ``second_voices`` seem to hold another
    voice in the caller's room.
    """
    arms = tuple(comparison.readouts["response_ms"].arms)
    runs = {arm: [measured[key, arm] for key, _ in recordings] for arm in arms}
    rows = []
    for readout in BY_PLACE:
        compared = comparison.readouts.get(readout.name) if readout.paired else _unpaired(readout, runs)
        if compared is not None:
            rows += [_row(readout, share, compared, comparison.baseline, runs) for share in readout.shares]
    turns = sum(len(run.turns) for run in runs[A])
    where = recordings[0][1] if len(recordings) == 1 else f"{len(recordings)} recordings"
    return Readouts(
        rows=tuple(rows),
        over=f"{where}, {turns} turn{'s' * (turns != 1)}",
        caveats=_caveats(runs[A], profile, mixed, second_voices),
        why_no_interval=comparison.readouts["response_ms"].why_no_interval,
        against=comparison.baseline,
    )


def _unpaired(readout: Readout, runs: Mapping[str, list[Measured]]) -> Compared | None:
    spreads = {
        arm: Spread.of(value for run in mine for value in run.times.get(readout.name, ()))
        for arm, mine in runs.items()
    }
    if not any(spread.n for spread in spreads.values()):
        return None
    medians = {arm: spread.p50 for arm, spread in spreads.items()}
    return Compared(medians, {}, {}, spreads[A].n, "it is not paired")


def scale(values: Sequence[int]) -> str:
    """Return between what some values in ms lie, in seconds; "" where there are fewer than two."""
    return f"{min(values) / 1000:.1f}–{max(values) / 1000:.1f} s" if len(values) > 1 else ""


def histogram(values: Sequence[int], bins: int) -> str:
    """Return how values lie between the least and the greatest, one bar a bin."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    counts = [0] * bins
    for value in values:
        counts[min(bins - 1, (value - low) * bins // max(high - low, 1))] += 1
    most = max(counts)
    return "".join(_BARS[-(-count * (len(_BARS) - 1) // most)] if count else " " for count in counts)


def _caveats(runs: Sequence[Measured], profile: EngineProfile, mixed: int, second_voices: int) -> tuple[str, ...]:
    """Return what one must know to read the readouts; a narrow screen shows the first ones."""
    found = []
    if second_voices:
        which = "a second voice in it:" if len(runs) == 1 else f"a second voice in {second_voices} of {len(runs)}:"
        found.append(f"{which} not to be trusted")
    if mixed:
        which = "both sides in it:" if len(runs) == 1 else f"{mixed} of {len(runs)} with both sides in them:"
        found.append(f"{which} no barge-in")
    if any(run.silence_only for run in runs):
        found.append("silence only (turnlab models fetch)")
    unlabelled = sum(not run.labelled for run in runs)
    if unlabelled:
        found.append("unlabelled" if len(runs) == 1 else f"{unlabelled} of {len(runs)} unlabelled")
    latencies = ("nav_ms", "engage_first_token_ms", "transport_ms")
    if set(latencies) & set(profile.assumed()):
        found.append(f"model latencies: assumed, profile {profile.name}")
    return tuple(found)


def _row(
    readout: Readout, share: Share, compared: Compared, against: str, runs: Mapping[str, list[Measured]]
) -> Row:
    at = compared.p90 if share == "p90" and compared.p90 else compared
    mine, theirs, ci = at.arms[A], at.arms[against], at.ci95.get(A)
    # Rounded first, so that the figures shown can be subtracted by hand.
    delta = None
    if at.delta and mine is not None and theirs is not None:
        delta = round(round(mine, readout.places) - round(theirs, readout.places), readout.places)
    values = tuple(
        figure(readout.name, value) if readout.kind == "latency" else total(readout.name, value, runs[arm])
        for arm, value in at.arms.items()
    )
    return Row(
        key=readout.key(share),
        label=readout.label(share),
        values=values,
        delta=difference(readout.name, delta),
        interval=interval(readout.name, ci),
        n=str(at.n),
        spread=tuple(sorted(v for run in runs[A] for v in run.times.get(readout.name, ())))
        if share == "p50"
        else (),
        verdict=_verdict(readout, delta),
        sure=ci is not None and (ci[0] > 0 or ci[1] < 0),
        minor=share in readout.minor,
    )


def _verdict(readout: Readout, delta: float | None) -> Verdict:
    if not delta or not readout.less_is_better:
        return ""
    return "better" if delta < 0 else "worse"
