"""The trade-off between ending turns early and making callers wait: the picture of ``eager_eot_threshold``."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.text import Text

from simulator.measures.tradeoff import TradeOffPoint
from tui.figures import NOTHING
from tui.widgets.timeline_line import DotRows

ROWS = 10
_LABEL = 6
_PAIR = 2
"""Columns of dots in a cell."""

COLOURS = {"judged": "bold cyan", "silence": "yellow", "mark": "bold"}


Mark = tuple[str, TradeOffPoint]
"""A one-cell sign, and its point."""


def draw(
    judged: Sequence[TradeOffPoint],
    silence: Sequence[TradeOffPoint],
    marks: Sequence[Mark],
    width: int,
    *,
    rows: int = ROWS,
    ascii_only: bool,
    silence_only: bool,
) -> list[Text]:
    """Return the lines of a drawing ``width`` cells wide, ``rows`` of them above the axis.

    With silence alone, one curve is drawn.

    Each curve shows the lowest share of turns ended early for a mean delay. Of marks at one place, the first is
    visible.
    """
    cells = max(width - _LABEL, 20)
    top = _nice(max([0.3, *(point.cut_in_rate for _, point in marks)]), 0.1)
    right_ms = _nice(max(_reach(judged), _reach(silence), *(point.mean_ms for _, point in marks)), 500.0)
    curves = {"silence": _dots(silence, (cells, rows), top, right_ms, every=2)}
    if not silence_only:
        curves["judged"] = _dots(judged, (cells, rows), top, right_ms, every=1)
    canvas = [[(" ", "")] * cells for _ in range(rows)]
    for name, dots in curves.items():
        _lay(canvas, name, dots, ascii_only=ascii_only)
    for sign, point in reversed(marks):
        column = min(int(point.mean_ms / right_ms * cells), cells - 1)
        row = rows - 1 - min(int(point.cut_in_rate / top * rows), rows - 1)
        canvas[row][max(column, 0)] = (sign, COLOURS["mark"])
    return [*_framed(canvas, top), *_axis(cells, right_ms)]


def legend(*, ascii_only: bool, silence_only: bool) -> str:
    """Return the meanings of a drawing's curves."""
    judged, silence = ("#", ".") if ascii_only else ("solid", "dotted")
    first = "" if silence_only else f"{judged}: with the end-of-turn model; "
    return f"Turns ended early, over the mean delay in s. {first}{silence}: silence only"


def setting_text(setting: float | None) -> str:
    """Return an ``eager_eot_threshold`` as text."""
    return NOTHING if setting is None else f"{setting:.2f}"


def _nice(value: float, step: float) -> float:
    return math.ceil(value / step - 1e-9) * step


def _reach(points: Sequence[TradeOffPoint]) -> float:
    """Return the delay in ms at which a curve reaches its lowest value."""
    lowest = min(point.cut for point in points)
    return max(next(point.mean_ms for point in points if point.cut == lowest), 500.0)


def _dots(
    points: Sequence[TradeOffPoint], size: tuple[int, int], top: float, right_ms: float, *, every: int
) -> DotRows:
    cells, dots = size[0], DotRows(*size)
    before: int | None = None
    for column in range(cells * _PAIR):
        delay_ms = (column + 0.5) / (cells * _PAIR) * right_ms
        reached = [point.cut_in_rate for point in points if point.mean_ms <= delay_ms]
        if not reached:
            continue
        height = int(reached[-1] / top * (dots.dot_rows - 1))
        if height < dots.dot_rows and (column // _PAIR) % every == 0:
            dots.fill(column, height, height if before is None else max(before, height))
        before = height
    return dots


def _lay(canvas: list[list[tuple[str, str]]], name: str, dots: DotRows, *, ascii_only: bool) -> None:
    for row, line in enumerate(canvas):
        for column, glyph in enumerate(dots.line(row)):
            if glyph != " ":
                plain = "#" if name == "judged" else "."
                line[column] = (plain if ascii_only else glyph, COLOURS[name])


def _framed(canvas: list[list[tuple[str, str]]], top: float) -> list[Text]:
    lines, rows = [], len(canvas)
    for row, line in enumerate(canvas):
        share = top * (rows - row) / rows
        text = Text(f"{share:4.0%} |" if row % 2 == 0 else "     |")
        for glyph, style in line:
            text.append(glyph, style)
        lines.append(text)
    return lines


def _axis(cells: int, right_ms: float) -> list[Text]:
    ticks = [" "] * cells
    names = [" "] * (cells + _LABEL)
    step_ms = 500.0 if right_ms <= 3000 else 1000.0
    for number in range(int(right_ms / step_ms) + 1):
        column = min(int(number * step_ms / right_ms * cells), cells - 1)
        ticks[column] = "+"
        last = " s wait" if number == int(right_ms / step_ms) else ""
        name = f"{number * step_ms / 1000:g}{last}"
        start = min(column, cells - len(name))
        names[start : start + len(name)] = name
    line = "".join("-" if tick == " " else tick for tick in ticks)
    return [Text(f"  0% +{line}"), Text(f"{'':{_LABEL}}{''.join(names).rstrip()}")]
