"""The results of checks, fits and comparisons of calls, as rows and lines for the screen and the commands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulator.heard.check import DRAWS, Check
from simulator.heard.fitting import FittedProfile
from simulator.heard.periods import Periods
from tui.screens import with_keys

_TITLES = {"cut_ins": "cut-ins", "false_barge_ins": "stops for nothing", "hanging_turns": "hanging turns"}

_BIAS, _HALF, _MOST = "bias", "size of the error, median", "size of the error, 9 of 10 within"


def _shown(value: float | None, unit: str = "ms", scale: int = 1) -> str:
    return "–" if value is None else f"{scale * value:,.0f} {unit}".replace("-", "−")


def error_rows(found: Check) -> list[list[str]]:
    """Return the differences between simulated and measured responses."""
    return [
        [f"{_BIAS}: above 0 the simulator is late", _shown(found.bias_ms)],
        [_HALF, _shown(found.absolute(0.5))],
        [_MOST, _shown(found.absolute(0.9))],
        ["turns within 100 ms", _shown(found.within(100), "%", 100)],
        ["turns within 200 ms", _shown(found.within(200), "%", 100)],
    ]


def count_rows(found: Check) -> list[list[str]]:
    """Return the counts, measured and simulated."""
    return [[_TITLES[name], str(a), f"{b:.1f}".removesuffix(".0")] for name, (a, b) in found.counts.items()]


def value_rows(fitted: FittedProfile) -> list[list[str]]:
    """Return the fitted values, and how they were fitted."""
    return [[name, _value(one), one["note"]] for name, one in fitted.content["values"].items()]


def _value(one: dict[str, Any]) -> str:
    if isinstance(one.get("value"), str):
        return str(one["value"]).replace("_", " ")
    return f"{one['p50']:g} / {one['p95']:g}" if "p50" in one else f"{one['value']:g}"


def judged_rows(fitted: FittedProfile) -> list[list[str]]:
    """Return how well a fitted profile matches the calls it was not fitted to, before and after."""
    sides = (fitted.before, fitted.after)
    return [
        [_BIAS, *(_shown(side.bias_ms) for side in sides)],
        [_HALF, *(_shown(side.absolute(0.5)) for side in sides)],
        [_MOST, *(_shown(side.absolute(0.9)) for side in sides)],
    ]


def laid_out(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines of text, with the first column left-aligned and the others right-aligned."""
    table = [list(heads), *map(list, rows)]
    widths = [max(len(row[at]) for row in table) for at in range(len(heads))]
    return [
        "  ".join(cell.ljust(width) if not at else cell.rjust(width) for at, (cell, width) in enumerate(cells))
        for cells in ([*zip(row, widths, strict=True)] for row in table)
    ]


def check_text(found: Check, notes: Sequence[str]) -> str:
    """Return a check's result as text."""
    sentence = found.sentence()
    lines = [
        f"{sentence[0].upper()}{sentence[1:]}.",
        f"Tune says so too, beside what it simulates under the profile '{found.profile}'.",
        with_keys("{calls.fit} fits the simulator to these calls, so that it comes nearer to them."),
        "",
        *laid_out(["", "response"], error_rows(found)),
        "",
        *laid_out(["", "heard", "simulated"], count_rows(found)),
        f"Each call is simulated {DRAWS} times with other latencies; simulated counts are the average of all.",
    ]
    return "\n".join([*lines, *([""] if notes else []), *notes])


def fit_sentence(fitted: FittedProfile, before: str) -> str:
    """Return what a fitted profile changes, how much nearer it comes to calls not used for it, and what to do."""
    what = f"It changes {len(fitted.content['values'])} of the latencies and rules that the simulator assumes."
    old, new = fitted.before.absolute(0.5), fitted.after.absolute(0.5)
    calls = f"on {fitted.after.calls} calls held back from the fit"
    if old is None or new is None:
        return f"{what} No response could be compared {calls}, so nothing shows that it is better than {before}."
    nearer = f"Half of the responses {calls} are at most {new:,.0f} ms off, under {before} {old:,.0f} ms"
    return f"{what} {nearer}: {'use it' if new < old else 'leave it'}."


def fit_text(fitted: FittedProfile, before: str, notes: Sequence[str]) -> str:
    """Return a fit's result as text; ``before`` is the profile to compare with."""
    calls = fitted.after.calls
    first = fit_sentence(fitted, before)
    heads = [f"on {calls} calls it was not fitted on", f"under {before}", "fitted"]
    lines = [first, "", *laid_out(heads, judged_rows(fitted))]
    lines += ["", *laid_out(["fitted", "value, or p50 / p95"], [row[:2] for row in value_rows(fitted)]), ""]
    lines += [f"{name}: {note}" for name, _, note in value_rows(fitted)]
    policies = [f"{one.words()}." for one in fitted.policies]
    more = [*policies, *fitted.not_offered, *fitted.doubts, f"eager_role: {fitted.role.words()}", *notes]
    return "\n".join([*lines, *([""] if more else []), *more])


def periods_lines(found: Periods) -> list[str]:
    """Return the differences between two periods, one readout per line, and what is left out."""
    return [found.sentence(), "", *(one.words() for one in found.readouts), *found.notes]


def periods_summary(found: Periods) -> str:
    """Return the most important differences as one line."""
    wanted = ("cut_ins", "response_ms", "first_sound_ms")
    by_name = {one.name: one for one in found.readouts}
    shown = [by_name[name].words() for name in wanted if name in by_name][:2]
    return ", ".join(shown)
