"""A simulation as tables for people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from base.json_text import json_line
from simulator.measures.comparison import Compared, Comparison
from simulator.measures.readout_table import BY_NAME, BY_PLACE, Readout
from simulator.measures.readouts import Measured, Spread
from simulator.measures.verdict import verdict
from tui.cli.tables import fits, print_line, print_table
from tui.figures import difference, figure, interval, total

if TYPE_CHECKING:
    from simulator.engine.profile import EngineProfile
    from simulator.study import Arm, Run
    from tui.cli.simulate import Report

_INTERVAL = "95 % interval"
_INLINE = re.compile(r"inline(-\d+)?")


def print_report(report: Report) -> None:
    """Print what every arm did over all recordings, then each recording's answer times."""
    names = [arm.name for arm in report.arms]
    runs = list(report.runs.values())
    print_what_if(report.hearing.words())
    print_inline(report.arms)
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
    for name in names[1:]:
        print_line(f"{name}: {verdict(comparison, name)}")
    by_arm = {name: [one for one in runs if one.arm == name] for name in names}
    headers = ["", *names]
    for name in names[1:]:
        headers += [f"{name} vs {names[0]}" if len(names) > 2 else "difference", _INTERVAL]
    rows = []
    for readout in BY_PLACE:
        rows += _rows(comparison, by_arm, names, readout)
    first = by_arm[names[0]]
    turns = sum(len(run.measured.turns) for run in first)
    title = f"{len(first)} recording(s), {turns} turns; times in ms after the end of a turn"
    if len(names) < 2 or fits(headers, rows):
        print_table(title, headers, rows)
        return
    # one under another, so that no word or figure is broken
    arms = 1 + len(names)
    print_table(title, headers[:arms], [row[:arms] for row in rows])
    for at, name in enumerate(names[1:]):
        columns = slice(arms + 2 * at, arms + 2 * at + 2)
        filled = [[row[0], *row[columns]] for row in rows if any(row[columns])]
        print_table(f"{name} against {names[0]}", ["", "difference", _INTERVAL], filled)


def print_inline(arms: list[Arm]) -> None:
    """Say which ``--config`` is called what, where several were written on the command line itself."""
    for arm in arms if len(arms) > 1 else ():
        if _INLINE.fullmatch(arm.name):
            print_line(f"{arm.name} is {json_line(arm.config.set_values())}")


def _rows(
    comparison: Comparison, by_arm: dict[str, list[Run]], names: list[str], readout: Readout
) -> list[list[str]]:
    measured = {name: [one.measured for one in runs] for name, runs in by_arm.items()}
    key = readout.name
    found = comparison.readouts.get(key)
    title = readout.label("") if readout.kind == "count" else readout.title
    if readout.kind != "latency":
        totals = [_total(measured[name], key) for name in names]
        if None in totals:
            return []
        return [[title, *(text or "" for text in totals), *_differences(found, names, key)]]
    if not any(key in run.times for run in measured[names[0]]):
        return []
    spreads = [Spread.of(v for run in measured[name] for v in run.times.get(key, ())) for name in names]
    # beside a difference stand the figures it is the difference of: those over turns answered in every arm
    paired = found if found and len(names) > 1 else None
    p90 = paired.p90 if paired else None
    middles = [paired.arms[name] for name in names] if paired else [spread.p50 for spread in spreads]
    highs = [p90.arms[name] for name in names] if p90 else [spread.p90 for spread in spreads]
    return [
        [f"{title} p50", *(_ms(key, value) for value in middles), *_differences(found, names, key)],
        ["  p90", *(_ms(key, value) for value in highs), *_differences(p90, names, key)],
    ]


def _ms(readout: str, value: float | None) -> str:
    return "none" if value is None else figure(readout, value, unit=False)


def _total(measured: list[Measured], readout: str) -> str | None:
    found: list[float] = [run.counts[readout].count for run in measured if readout in run.counts]
    found += [run.seconds[readout] for run in measured if readout in run.seconds]
    return total(readout, sum(found), measured) if found else None


def _differences(found: Compared | None, names: list[str], readout: str) -> list[str]:
    cells: list[str] = []
    for name in names[1:]:
        delta = found.delta[name] if found else None
        span = found.ci95[name] if found else None
        cells += [
            "" if delta is None else difference(readout, delta),
            "" if span is None else interval(readout, span),
        ]
    return cells


def _print_each(report: Report, names: list[str]) -> None:
    if not any("response_ms" in run.measured.times for run in report.runs.values()):
        return  # scripted replay answers nothing
    rows = []
    for recording in report.recordings:
        runs = [report.runs[recording.id, name] for name in names]
        medians = [Spread.of(run.measured.times.get("response_ms", ())).p50 for run in runs]
        shown = ["no answer" if median is None else f"{median:,.0f}" for median in medians]
        labelled = "labelled" if runs[0].measured.labelled else "unlabelled"
        rows.append([recording.id, runs[0].played.mode, labelled, str(len(runs[0].measured.turns)), *shown])
    print_table("Response, median ms", ["recording", "replay", "truth", "turns", *names], rows, left=3)


def print_run_notes(runs: list[Run], comparison: Comparison, *, compared: bool) -> None:
    """Print what one must know to read the readouts."""
    if compared:
        print_line(
            "Differences are over the turns answered in every arm; intervals are a bootstrap over"
            f" {comparison.drawn_over}."
        )
        whys: dict[str, list[str]] = {}
        for name, found in comparison.readouts.items():
            if found.why_no_interval:
                whys.setdefault(found.why_no_interval, []).append(BY_NAME[name].title)
        for why, titles in whys.items():
            what = "" if len(titles) == len(comparison.readouts) else f" for {', '.join(titles)}"
            print_line(f"No 95 % interval{what}: {why}.")
    if any(one.measured.silence_only for one in runs):
        print_line("End of turn judged by silence only.")
    if any(not one.measured.labelled for one in runs):
        print_line("Unlabelled recordings are measured against detected speech; what needs truth is left out.")


def print_assumed(profile: EngineProfile) -> None:
    """Print which of a profile's values are neither documented nor measured."""
    assumed = ", ".join(profile.assumed())
    if assumed:
        print_line(f"Profile {profile.name}; assumed, not measured: {assumed}.")
