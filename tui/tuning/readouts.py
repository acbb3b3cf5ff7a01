"""The readout table: what both arms cost the caller, in words and figures ready to be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from simulator.engine.profile import EngineProfile
from simulator.measures.comparison import Compared, Comparison
from simulator.measures.readouts import Measured, Spread

A, B = "A", "B"
"""The arms' names inside a trial; what people read beside them is the screen's business."""
Verdict = Literal["better", "worse", ""]

HISTOGRAM_BINS = 10
_BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Row:
    """One line. ``verdict`` says what A's difference means for a caller; ``sure``: the interval excludes zero.

    A ``minor`` line gives way to others where there is no room.
    """

    label: str
    a: str
    b: str
    delta: str
    interval: str
    n: str
    histogram: str = ""
    verdict: Verdict = ""
    sure: bool = False
    minor: bool = False


@dataclass(frozen=True, slots=True)
class Readouts:
    """All lines, and what has to be said about them: over what, from which truth, why there is no interval."""

    rows: tuple[Row, ...]
    over: str
    caveats: tuple[str, ...]
    why_no_interval: str | None


@dataclass(frozen=True, slots=True)
class _Line:
    """Which readout a line shows, and whether less of it is better for the caller."""

    label: str
    name: str
    share: Literal["p50", "p90", ""] = ""
    less_is_better: bool = True
    minor: bool = False


_LINES = (
    _Line("first sound after turn p50", "first_sound_ms", "p50"),
    _Line("response after turn p50", "response_ms", "p50"),
    _Line("response after turn p90", "response_ms", "p90", minor=True),
    _Line("end-of-turn delay p50", "eot_delay_ms", "p50", minor=True),
    _Line("cut-ins", "cut_ins"),
    _Line("missed turns", "missed_turns"),
    _Line("false barge-ins", "false_barge_ins"),
    _Line("missed barge-ins", "missed_barge_ins"),
    _Line("talk-over", "talk_over_s"),
    _Line("dead air", "dead_air_s"),
    _Line("filler overhang p50", "filler_overhang_ms", "p50"),
    _Line("fillers", "fillers", less_is_better=False),
    _Line("wasted generations", "wasted_generations"),
    _Line("truncated words", "truncated_words", less_is_better=False),
    _Line("underruns", "underruns"),
    _Line("choppy starts", "choppy_starts"),
    _Line("answers given up on", "missed_responses"),
)


def readouts(
    comparison: Comparison,
    measured: Mapping[tuple[str, str], Measured],
    recordings: Sequence[tuple[str, str]],
    profile: EngineProfile,
) -> Readouts:
    """Make the table from a comparison of A against B. ``recordings`` are (key, name for people)."""
    runs = {arm: [measured[key, arm] for key, _ in recordings] for arm in (A, B)}
    rows = []
    for line in _LINES:
        compared = comparison.readouts.get(line.name)
        if compared is not None:
            rows.append(_time_row(line, compared, runs) if line.share else _total_row(line, compared, runs))
    turns = sum(len(run.turns) for run in runs[A])
    where = recordings[0][1] if len(recordings) == 1 else f"{len(recordings)} recordings"
    return Readouts(
        rows=tuple(rows),
        over=f"{where}, {turns} turn{'s' * (turns != 1)}",
        caveats=_caveats(runs[A], profile),
        why_no_interval=comparison.readouts["response_ms"].why_no_interval,
    )


def histogram(values: Sequence[int], bins: int = HISTOGRAM_BINS) -> str:
    """Return how values lie between the least and the greatest, one bar a bin."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    counts = [0] * bins
    for value in values:
        counts[min(bins - 1, (value - low) * bins // max(high - low, 1))] += 1
    most = max(counts)
    return "".join(_BARS[-(-count * (len(_BARS) - 1) // most)] if count else " " for count in counts)


def _caveats(runs: Sequence[Measured], profile: EngineProfile) -> tuple[str, ...]:
    """Return what one must know to read the readouts; a narrow screen shows the first ones."""
    found = []
    if any(run.silence_only for run in runs):
        found.append("silence only (turnlab models fetch)")
    unlabelled = sum(not run.labelled for run in runs)
    if unlabelled:
        found.append("unlabelled" if len(runs) == 1 else f"{unlabelled} of {len(runs)} unlabelled")
    latencies = ("nav_ms", "engage_first_token_ms", "transport_ms")
    if set(latencies) & set(profile.assumed()):
        found.append(f"model latencies: assumed, profile {profile.name}")
    return tuple(found)


def _time_row(line: _Line, compared: Compared, runs: Mapping[str, list[Measured]]) -> Row:
    values, ci = {arm: compared.arms[arm] for arm in (A, B)}, compared.ci95[A]
    if line.share == "p90":
        values, ci = _paired_p90(line.name, runs), None
    a, b = values[A], values[B]
    # Rounded first, so that the figures shown can be subtracted by hand.
    delta = None if a is None or b is None else round(a) - round(b)
    interval = "" if ci is None else f"[{_signed(ci[0])}, {_signed(ci[1])}]"
    spread = [value for run in runs[A] for value in run.times.get(line.name, ())]
    return Row(
        label=line.label,
        a=_ms(a),
        b=_ms(b),
        delta="–" if delta is None else _signed(delta),
        interval=interval or "–",
        n=str(compared.n),
        histogram=histogram(spread) if line.share == "p50" else "",
        verdict=_verdict(line, delta),
        sure=ci is not None and (ci[0] > 0 or ci[1] < 0),
        minor=line.minor,
    )


def _paired_p90(name: str, runs: Mapping[str, list[Measured]]) -> dict[str, float | None]:
    values: dict[str, list[int]] = {A: [], B: []}
    for run_a, run_b in zip(runs[A], runs[B], strict=True):
        of_a, of_b = run_a.per_turn(name), run_b.per_turn(name)
        for turn in of_a.keys() & of_b.keys():
            values[A].append(of_a[turn])
            values[B].append(of_b[turn])
    return {arm: Spread.of(found).p90 for arm, found in values.items()}


def _total_row(line: _Line, compared: Compared, runs: Mapping[str, list[Measured]]) -> Row:
    a, b, ci = compared.arms[A], compared.arms[B], compared.ci95[A]
    places = 1 if line.name.endswith("_s") else 0
    delta = None if a is None or b is None else round(a, places) - round(b, places)
    return Row(
        label=line.label,
        a=_total(line.name, a, runs[A]),
        b=_total(line.name, b, runs[B]),
        delta="–" if delta is None else _signed(delta, places),
        interval="–" if ci is None else f"[{_signed(ci[0], places)}, {_signed(ci[1], places)}]",
        n=str(compared.n),
        verdict=_verdict(line, delta and round(delta, places)),
        sure=ci is not None and (ci[0] > 0 or ci[1] < 0),
    )


def _total(name: str, total: float | None, runs: Sequence[Measured]) -> str:
    if total is None:
        return "–"
    if name.endswith("_s"):
        return f"{total:.1f} s"
    return f"{total:,.0f} / {sum(run.counts[name].of for run in runs if name in run.counts):,}"


def _verdict(line: _Line, delta: float | None) -> Verdict:
    if not delta or not line.less_is_better:
        return ""
    return "better" if delta < 0 else "worse"


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f} ms"


def _signed(value: float, places: int = 0) -> str:
    text = f"{abs(value):,.{places}f}"
    if not float(text.replace(",", "")):
        return text
    return f"{'−' if value < 0 else '+'}{text}"
