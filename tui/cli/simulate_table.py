"""A simulation as tables for people."""

from __future__ import annotations

import re
from string import ascii_uppercase
from typing import TYPE_CHECKING

from base.json_text import json_line
from presets.config import to_show
from simulator.heard.checked import checked
from simulator.measures.comparison import Comparison
from simulator.measures.readout_table import BY_NAME
from simulator.measures.readouts import Spread
from simulator.measures.verdict import joint_verdict
from simulator.replay import REPLAY_WORDS
from tui.cli.tables import fits, print_line, print_table
from tui.figures import NOTHING
from tui.readouts import BEST, KEY_TO_SIGNS, Apart, Readouts, readouts

if TYPE_CHECKING:
    from simulator.engine.profile import EngineProfile
    from simulator.study import Arm, Run
    from tui.cli.simulate import SimulationReport

_INTERVAL = "95 % interval"
_INLINE = re.compile(r"inline(-\d+)?")


def print_report(report: SimulationReport) -> None:
    """Print every arm's readouts over all recordings, then each recording's answer times."""
    names = [arm.name for arm in report.arms]
    runs = list(report.runs.values())
    print_what_if(report.hearing.words())
    print_inline(report.arms)
    print_readouts(runs, report.comparison, report.profile)
    _print_each(report, names)
    print_run_notes(runs, report.comparison, compared=len(names) > 1)
    print_assumed(report.profile)


def print_what_if(words: list[str]) -> None:
    """Print the changes to the callers' audio, if any."""
    if words:
        print_line(f"What if: the caller {', '.join(words)}.")


def print_readouts(runs: list[Run], comparison: Comparison, profile: EngineProfile) -> None:
    """Print the verdict, then every readout of the compared arms."""
    measured = {(one.recording, one.arm): one.measured for one in runs}
    ids = list(dict.fromkeys(one.recording for one in runs))
    found = readouts(comparison, measured, [(one, one) for one in ids], profile)
    if len(found.arms) > 1:
        for line in joint_verdict(comparison, {arm: arm for arm in found.arms}).split("\n"):
            print_line(line)
    values, differences = _value_columns(found, of=True), _difference_columns(found)
    if not fits(*_beside(values, *differences)):
        values = _value_columns(found, of=False)
    title = f"{found.over}; times count from the end of the caller's turn"
    if fits(*_beside(values, *differences)):
        print_table(title, *_beside(values, *differences))
    else:
        # one above the other, so that no word or figure is broken
        if not fits(*values):
            letters = ascii_uppercase[: len(found.arms)]
            print_line(" · ".join(f"{letter} {arm}" for letter, arm in zip(letters, found.arms, strict=True)))
            values = ["in ms and s", *letters], _values(found, of=False, short=True)
        print_table(title, *values)
        for arm, (_, rows) in zip(_others(found), differences, strict=True):
            labelled = [[found.rows[at].label, *row] for at, row in enumerate(rows) if any(row)]
            print_table(f"{arm} against {found.against}", ["", "difference", _INTERVAL], labelled)
    if len(found.arms) > 1:
        print_line(f"{KEY_TO_SIGNS}.")


_Columns = tuple[list[str], list[list[str]]]
"""Headers, and the cells of each line below them."""


def _others(found: Readouts) -> list[str]:
    return [arm for arm in found.arms if arm != found.against]


def _value_columns(found: Readouts, *, of: bool) -> _Columns:
    return ["", *found.arms], _values(found, of=of)


def _values(found: Readouts, *, of: bool, short: bool = False) -> list[list[str]]:
    """Return labels and figures. ``of``: each count has its denominator beside it."""
    return [
        [
            row.title if of else row.label,
            *(
                f"{BEST} " * (at in row.best) + row.value(at, unit=not short, of=of, limit=not short)
                for at in range(len(found.arms))
            ),
        ]
        for row in found.rows
    ]


def _difference_columns(found: Readouts) -> list[_Columns]:
    """Return difference and interval for each arm except the baseline."""
    many = len(found.arms) > 2
    return [
        (
            [f"{arm} − {found.against}" if many else "difference", _INTERVAL],
            [_difference_cells(row.apart[found.arms.index(arm)]) for row in found.rows],
        )
        for arm in _others(found)
    ]


def _difference_cells(apart: Apart | None) -> list[str]:
    if apart is None or apart.delta == NOTHING:
        return ["", ""]
    return [f"{apart.sign} {apart.delta}".strip(), "" if apart.interval == NOTHING else apart.interval]


def _beside(*columns: _Columns) -> _Columns:
    headers = [header for found, _ in columns for header in found]
    lines = zip(*(rows for _, rows in columns), strict=True)
    return headers, [[cell for part in line for cell in part] for line in lines]


def print_inline(arms: list[Arm]) -> None:
    """Print the names given to each inline ``--config``."""
    for arm in arms if len(arms) > 1 else ():
        if _INLINE.fullmatch(arm.name):
            print_line(f"{arm.name} is {json_line(to_show(arm.config.set_values()))}")


def _print_each(report: SimulationReport, names: list[str]) -> None:
    if not any("response_ms" in run.measured.times for run in report.runs.values()):
        return  # in scripted replay the agent answers nothing
    rows = []
    for recording in report.recordings:
        runs = [report.runs[recording.id, name] for name in names]
        medians = [Spread.of(run.measured.times.get("response_ms", ())).p50 for run in runs]
        shown = ["no answer" if median is None else f"{median:,.0f}" for median in medians]
        labelled = "labelled" if runs[0].measured.labelled else "unlabelled"
        rows.append([recording.id, runs[0].played.mode, labelled, str(len(runs[0].measured.turns)), *shown])
    print_table("Response, median ms", ["recording", "replay", "truth", "turns", *names], rows, left=3)
    for mode in dict.fromkeys(row[1] for row in rows):
        print_line(f"{mode}: {REPLAY_WORDS[mode]}")


def print_run_notes(runs: list[Run], comparison: Comparison, *, compared: bool) -> None:
    """Print notes on how to read the readouts."""
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
        print_line(
            "Unlabelled recordings are measured against detected speech; readouts that need labels are left out."
        )


def print_assumed(profile: EngineProfile) -> None:
    """Print the profile's values that are neither documented nor measured."""
    assumed = ", ".join(profile.assumed())
    if assumed:
        print_line(f"Profile {profile.name}; assumed, not measured: {assumed}.")
    if (known := checked(profile.name)) is not None:
        print_line(f"Profile {profile.name}: {known}.")
