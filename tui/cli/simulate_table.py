"""A simulation as tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.measures.comparison import Compared, Comparison
from simulator.measures.readouts import COUNTS, SECONDS, TIMES, Measured, Spread
from tui.cli.tables import print_line, print_table

if TYPE_CHECKING:
    from simulator.engine.profile import EngineProfile
    from simulator.study import Run
    from tui.cli.simulate import Report

TITLES = {
    "eot_delay_ms": "end of turn",
    "first_sound_ms": "first sound",
    "response_ms": "response",
    "barge_in_stop_ms": "barge-in stop",
    "filler_overhang_ms": "filler overhang",
    "cut_ins": "cut-ins",
    "missed_turns": "missed turns",
    "missed_barge_ins": "missed barge-ins",
    "false_barge_ins": "false barge-ins",
    "missed_responses": "missed responses",
    "fillers": "fillers",
    "wasted_generations": "wasted generations",
    "underruns": "underruns",
    "choppy_starts": "choppy starts",
    "truncated_words": "truncated words",
    "talk_over_s": "talk-over",
    "dead_air_s": "dead air",
}
"""What each readout is called in tables."""


def print_report(report: Report) -> None:
    """Print what every arm did over all recordings, then each recording's answer times."""
    names = [arm.name for arm in report.arms]
    runs = list(report.runs.values())
    print_what_if(report.hearing.words())
    print_readouts(runs, report.comparison, names)
    _print_each(report, names)
    print_run_notes(runs, report.comparison, compared=len(names) > 1)
    print_assumed(report.profile)


def print_what_if(words: list[str]) -> None:
    """Say what was done to the callers' audio, if anything was."""
    if words:
        print_line(f"What if: the caller {', '.join(words)}.")


def print_readouts(runs: list[Run], comparison: Comparison, names: list[str]) -> None:
    """Print every readout of the arms ``names``, the first of them the baseline."""
    by_arm = {name: [one for one in runs if one.arm == name] for name in names}
    headers = ["", *names]
    for name in names[1:]:
        headers += [f"{name} vs {names[0]}" if len(names) > 2 else "difference", "95 % interval"]
    rows = []
    for readout in (*TIMES, *COUNTS, *SECONDS):
        rows += _rows(comparison, by_arm, names, readout)
    first = by_arm[names[0]]
    turns = sum(len(run.measured.turns) for run in first)
    print_table(
        f"{len(first)} recording(s), {turns} turns; times in ms after the end of a turn",
        headers,
        rows,
    )


def _rows(comparison: Comparison, by_arm: dict[str, list[Run]], names: list[str], readout: str) -> list[list[str]]:
    measured = {name: [one.measured for one in runs] for name, runs in by_arm.items()}
    found = comparison.readouts.get(readout)
    differences = [cell for name in names[1:] for cell in _difference(found, name, readout)]
    if readout in TIMES:
        if not any(readout in run.times for run in measured[names[0]]):
            return []
        spreads = [Spread.of(v for run in measured[name] for v in run.times.get(readout, ())) for name in names]
        # beside a difference stand the medians it is the difference of: those over turns answered in every arm
        paired = found if found and len(names) > 1 else None
        middles = [paired.arms[name] for name in names] if paired else [spread.p50 for spread in spreads]
        middle = [f"{TITLES[readout]} p50", *(_ms(value) for value in middles), *differences]
        return [middle, ["  p90", *(_ms(spread.p90) for spread in spreads), *("" for _ in differences)]]
    cells = [_total(measured[name], readout) for name in names]
    return [] if None in cells else [[TITLES[readout], *(cell or "" for cell in cells), *differences]]


def _ms(value: float | None) -> str:
    return "none" if value is None else f"{value:,.0f}"


def _total(measured: list[Measured], readout: str) -> str | None:
    if readout in COUNTS:
        counts = [run.counts[readout] for run in measured if readout in run.counts]
        return f"{sum(c.count for c in counts)} / {sum(c.of for c in counts)}" if counts else None
    seconds = [run.seconds[readout] for run in measured if readout in run.seconds]
    return f"{sum(seconds):.1f} s" if seconds else None


def _difference(found: Compared | None, name: str, readout: str) -> tuple[str, str]:
    delta = found.delta[name] if found else None
    if found is None or delta is None:
        return "", ""
    digits = 1 if readout in SECONDS else 0
    interval = found.ci95[name]
    span = f"{interval[0]:+,.{digits}f} … {interval[1]:+,.{digits}f}" if interval else ""
    return f"{delta:+,.{digits}f}", span


def _print_each(report: Report, names: list[str]) -> None:
    rows = []
    for recording in report.recordings:
        runs = [report.runs[recording.id, name] for name in names]
        medians = [Spread.of(run.measured.times["response_ms"]).p50 for run in runs]
        shown = ["no answer" if median is None else f"{median:,.0f}" for median in medians]
        labelled = "labelled" if runs[0].measured.labelled else "unlabelled"
        rows.append([recording.id, runs[0].played.mode, labelled, str(len(runs[0].measured.turns)), *shown])
    print_table("Response, median ms", ["recording", "replay", "truth", "turns", *names], rows, left=3)


def print_run_notes(runs: list[Run], comparison: Comparison, *, compared: bool) -> None:
    """Print what one must know to read the readouts."""
    if compared:
        print_line(
            "Differences are over the turns answered in every arm; intervals are a bootstrap over recordings."
        )
        whys: dict[str, list[str]] = {}
        for name, found in comparison.readouts.items():
            if found.why_no_interval:
                whys.setdefault(found.why_no_interval, []).append(TITLES[name])
        for why, titles in whys.items():
            what = "" if len(titles) == len(comparison.readouts) else f" for {', '.join(titles)}"
            print_line(f"No 95 % interval{what}: {why}.")
    if any(one.measured.silence_only for one in runs):
        print_line("End of turn judged by silence only.")
    if any(not one.measured.labelled for one in runs):
        print_line("Unlabelled recordings are measured against detected speech; what needs truth is left out.")


def print_assumed(profile: EngineProfile) -> None:
    """Print which of a profile's values nobody documented or measured."""
    assumed = ", ".join(profile.assumed())
    if assumed:
        print_line(f"Profile {profile.name}; assumed, not measured: {assumed}.")
