"""A sweep's result as tables."""

from __future__ import annotations

from simulator.measures.limits import Figure
from simulator.sweep.result import Readouts, SweepResult, TriedSetting
from simulator.sweep.wording import shown, value_words
from tui.cli.tables import print_line, print_table

MOST_CHANGES = 3
"""The number of changes to name for a point."""

MOST_SHOWN = 8
"""The number of listed points on the front."""


def print_result(result: SweepResult) -> None:
    """Print the verdict, the worth of each change, and the most important settings."""
    print_line(result.verdict)
    for sentence in (*result.obstacles, *result.notes):
        print_line(f"- {sentence}")
    if not result.complete:
        print_line("- it was stopped early; the same command continues it")
    found = result.recommended
    if found is None:
        return
    if found.changes:
        print_line("")
        print_line("What each change is worth, reverted alone:")
        for change in found.changes:
            print_line(f"  {change.sentence}")
    figures = list(dict.fromkeys((*result.goal.figures(), *result.axes)))
    rows = [_row("today's settings, confirmed", found.today, figures)]
    called = found.standing(result.unjudged)
    rows += [_row(f"{called}, confirmed", found.confirmed, figures)]
    rows += [_row(f"{called}, where chosen", result.settings[found.index].chosen, figures)]
    named = [one for one in result.settings if one.name and one.name != "today"]
    rows += [_row(f"{one.name} over today's, confirmed", one.confirmed or one.chosen, figures) for one in named]
    front = sorted((one for one in result.settings if one.on_front), key=lambda one: one.points or 0.0)
    rows += [
        _row(f"on the front: {_changes(one)}", one.confirmed or one.chosen, figures) for one in front[:MOST_SHOWN]
    ]
    half = "one half of " if result.folds == 1 else ""
    where = f"{len(result.settings)} settings on {len(result.chosen_on)} calls of {half}{result.callers} callers"
    print_table(where, ["", *(_title(one) for one in figures)], rows)


def _row(title: str, readouts: Readouts, figures: list[Figure]) -> list[str]:
    return [title, *(shown(one, one.measured(readouts)) for one in figures)]


def _title(figure: Figure) -> str:
    return f"{figure.readout.title} {figure.percentile}".rstrip()


def _changes(one: TriedSetting) -> str:
    words = [f"{name} {value_words(name, value)}" for name, value in one.changes.items()]
    more = f" and {len(words) - MOST_CHANGES} more" if len(words) > MOST_CHANGES else ""
    return ", ".join(words[:MOST_CHANGES]) + more or "today's settings"
