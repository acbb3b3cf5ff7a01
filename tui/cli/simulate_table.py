"""A simulation as tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.measures.comparison import PAIRED_TIMES, Compared
from simulator.measures.readouts import COUNTS, SECONDS, TIMES, Count, Spread
from tui.cli.tables import print_line, print_table

if TYPE_CHECKING:
    from simulator.study import Run
    from tui.cli.simulate import Report

TITLES = {
    "eot_delay_ms": "end of turn after speech",
    "first_sound_ms": "first sound after turn",
    "response_ms": "response after turn",
    "barge_in_stop_ms": "barge-in to silence",
    "filler_overhang_ms": "answer held up by filler",
    "cut_ins": "cut-ins",
    "missed_turns": "missed turns",
    "missed_barge_ins": "missed barge-ins",
    "false_barge_ins": "false barge-ins",
    "missed_responses": "missed responses",
    "fillers": "fillers",
    "wasted_generations": "wasted generations",
    "underruns": "underruns",
    "choppy_starts": "choppy starts",
    "truncated_words": "words cut off",
    "talk_over_s": "talk-over",
    "dead_air_s": "dead air",
}
"""What each readout is called in tables."""


def print_report(report: Report) -> None:
    """Print what every arm did over all recordings, then each recording's answer times."""
    names = [arm.name for arm in report.arms]
    by_arm = {name: [one for one in report.runs.values() if one.arm == name] for name in names}
    compared = len(names) > 1
    headers = ["", *names]
    if compared:
        headers += [f"{name} - {names[0]}" for name in names[1:]]
    rows = [_row(report, by_arm, names, name) for name in (*TIMES, *COUNTS, *SECONDS)]
    turns = sum(len(run.measured.turns) for run in by_arm[names[0]])
    print_table(f"{len(report.recordings)} recording(s), {turns} turns", headers, [row for row in rows if row])
    _print_each(report, names)
    _print_notes(report, compared=compared)


def _row(report: Report, by_arm: dict[str, list[Run]], names: list[str], readout: str) -> list[str] | None:
    cells = [_value(by_arm[name], readout) for name in names]
    if all(cell is None for cell in cells):
        return None
    row = [TITLES[readout], *(cell or "-" for cell in cells)]
    found = report.comparison.readouts.get(readout)
    return row + [_difference(found, name, readout) for name in names[1:]]


def _value(runs: list[Run], readout: str) -> str | None:
    measured = [one.measured for one in runs]
    if readout in TIMES:
        values = [value for run in measured for value in run.times.get(readout, ())]
        if not any(readout in run.times for run in measured):
            return None
        spread = Spread.of(values)
        return "none" if spread.p50 is None else f"{spread.p50:,.0f} ms  p90 {spread.p90:,.0f}"
    if readout in COUNTS:
        counts = [run.counts[readout] for run in measured if readout in run.counts]
        total = Count(sum(c.count for c in counts), sum(c.of for c in counts))
        return f"{total.count} / {total.of}" if counts else None
    seconds = [run.seconds[readout] for run in measured if readout in run.seconds]
    return f"{sum(seconds):.1f} s" if seconds else None


def _difference(found: Compared | None, name: str, readout: str) -> str:
    if found is None or found.delta[name] is None:
        return "-"
    unit, digits = ("", 0) if readout in COUNTS else ((" ms", 0) if readout in PAIRED_TIMES else (" s", 1))
    delta, interval = found.delta[name] or 0.0, found.ci95[name]
    span = f" [{interval[0]:+,.{digits}f}, {interval[1]:+,.{digits}f}]" if interval else ""
    return f"{delta:+,.{digits}f}{unit}{span}"


def _print_each(report: Report, names: list[str]) -> None:
    rows = []
    for recording in report.recordings:
        runs = [report.runs[recording.id, name] for name in names]
        medians = [Spread.of(run.measured.times["response_ms"]).p50 for run in runs]
        shown = ["no answer" if median is None else f"{median:,.0f} ms" for median in medians]
        labelled = "labelled" if runs[0].measured.labelled else "unlabelled"
        rows.append([recording.id, runs[0].played.mode, labelled, str(len(runs[0].measured.turns)), *shown])
    print_table("Response after turn, median", ["recording", "replay", "truth", "turns", *names], rows, left=3)


def _print_notes(report: Report, *, compared: bool) -> None:
    whys = {found.why_no_interval for found in report.comparison.readouts.values()} - {None}
    if compared and whys:
        print_line(f"No 95 % interval: {sorted(why for why in whys if why)[0]}.")
    elif compared:
        print_line("[ ] 95 % interval, bootstrap over recordings; differences over turns answered in every arm.")
    if any(one.measured.silence_only for one in report.runs.values()):
        print_line("End of turn judged by silence only.")
    assumed = ", ".join(report.profile.assumed())
    if assumed:
        print_line(f"Profile {report.profile.name}; assumed, not measured: {assumed}.")
