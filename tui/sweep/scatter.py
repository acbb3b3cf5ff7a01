"""A scatter of settings, drawn by a pure function: points, two axes with units and ticks, and the front."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal

from tui.widgets.timeline_line import DOTS_PER_CELL, CellLine, DotRows

Kind = Literal["tried", "before", "front", "confirmed", "named", "nearest", "recommended"]
"""The kind of a point. Later kinds are more important and drawn over the others."""

WEIGHT: dict[Kind, int] = {
    "tried": 0,
    "before": 1,
    "front": 1,
    "confirmed": 2,
    "named": 3,
    "nearest": 4,
    "recommended": 4,
}

_PAIR = 2
"""Dot columns per cell."""
_LEAST = (12, 3)
"""The smallest area for points, in cells across and down."""
_TICK_ROOM = 9
"""The width of a tick of the horizontal axis with its label."""


@dataclass(frozen=True, slots=True)
class ScatterPoint:
    """A setting in the plane. ``letter`` marks a preset or today's settings."""

    x: float
    y: float
    kind: Kind
    letter: str = ""


@dataclass(frozen=True, slots=True)
class Axis:
    """The measure of an axis, such as ``response after turn p50`` in ``ms``. It spans at least ``least``.

    No measured value is below zero, so no axis is.
    """

    title: str
    unit: str
    least: float


@dataclass(frozen=True, slots=True)
class Signs:
    """The characters of points and axes."""

    front: str = "○"
    confirmed: str = "●"
    recommended: str = "★"
    nearest: str = "◇"
    tried: str = "⠂"
    across: str = "─"
    down: str = "│"
    corner: str = "└"
    tick_across: str = "┬"
    tick_down: str = "┤"
    to_right: str = "→"
    up: str = "↑"
    ascii_only: bool = False
    before: str = "☆"

    def of(self, point: ScatterPoint) -> str:
        """Return the sign of a point."""
        if point.kind == "tried":
            return self.tried
        if point.kind == "named":
            return point.letter or "?"
        signs = {"before": self.before, "front": self.front, "confirmed": self.confirmed, "nearest": self.nearest}
        return signs.get(point.kind, self.recommended)


FINE = Signs()
ASCII = Signs("+", "o", "*", "x", ".", "-", "|", "+", "+", "+", ">", "^", ascii_only=True, before="~")


@dataclass(frozen=True)
class PlotFrame:
    """The places of points in a drawing of ``width`` × ``height`` cells.

    The axes include every point that is more than tried. Tried points far outside are left out.
    """

    points: tuple[ScatterPoint, ...]
    x: Axis
    y: Axis
    width: int
    height: int

    @cached_property
    def _weighty(self) -> Sequence[ScatterPoint]:
        return [one for one in self.points if one.kind != "tried"] or self.points

    @cached_property
    def x_ticks(self) -> list[float]:
        """The ticks of the horizontal axis. The first and the last are its ends."""
        return _ticks([one.x for one in self._weighty], self.x.least, max(self.columns // _TICK_ROOM, 2))

    @cached_property
    def y_ticks(self) -> list[float]:
        """The ticks of the vertical axis, from below."""
        return _ticks([one.y for one in self._weighty], self.y.least, max(self.rows // 2, 2))

    @cached_property
    def gutter(self) -> int:
        """The cells left of the points: the vertical axis and its labels."""
        # the labels follow from the ticks, which only need the rows
        return max(len(label(tick, self.y_ticks)) for tick in self.y_ticks) + 2

    @property
    def rows(self) -> int:
        """Lines for points: the titles, the axis and its labels take three."""
        return max(self.height - 3, _LEAST[1])

    @cached_property
    def columns(self) -> int:
        """Cells for points."""
        return max(self.width - self.gutter - 1, _LEAST[0])

    def dot(self, point: ScatterPoint) -> tuple[int, int]:
        """Return a point's dot: its column, and its row from below. It may lie outside the drawing."""
        left, right, low, high = self.x_ticks[0], self.x_ticks[-1], self.y_ticks[0], self.y_ticks[-1]
        across, down = self.columns * _PAIR - 1, self.rows * DOTS_PER_CELL - 1
        return round((point.x - left) / (right - left) * across), round((point.y - low) / (high - low) * down)

    def cell(self, point: ScatterPoint) -> tuple[int, int]:
        """Return a point's cell, from the top left."""
        column, row = self.dot(point)
        return self.gutter + column // _PAIR, 1 + self.rows - 1 - row // DOTS_PER_CELL

    @cached_property
    def cells(self) -> dict[int, tuple[int, int]]:
        """The cells of all points except tried ones, by number. Letters at one place are side by side."""
        found: dict[int, tuple[int, int]] = {}
        taken: set[tuple[int, int]] = set()
        for number, point in enumerate(self.points):
            if point.kind == "tried":
                continue
            x, y = self.cell(point)
            while point.kind == "named" and (x, y) in taken and x < self.gutter + self.columns - 1:
                x += 1
            taken |= {(x, y)} if point.kind == "named" else set()
            found[number] = x, y
        return found

    def nearest(self, x: int, y: int, among: Sequence[int]) -> int | None:
        """Return which of the points with these numbers is nearest to a cell, or ``None``."""

        def distance(number: int) -> tuple[float, int]:
            column, row = self.cells.get(number) or self.cell(self.points[number])
            # a cell is twice as high as it is wide; among points in one cell, the most important counts
            return (column - x) ** 2 + 4 * (row - y) ** 2, -WEIGHT[self.points[number].kind]

        return min(among, key=distance, default=None)


def draw(frame: PlotFrame, chosen: int | None, signs: Signs = FINE) -> list[CellLine]:
    """Return the lines of a drawing. The point numbered ``chosen`` is in brackets."""
    # if there is too little room, the widget cuts the drawing
    lines = [CellLine(max(frame.width, frame.gutter + frame.columns + 1)) for _ in range(frame.rows + 3)]
    _write_axes(frame, lines, signs)
    _lay_dots(frame, lines, signs)
    cells = frame.cells
    for number in sorted(cells, key=lambda number: WEIGHT[frame.points[number].kind]):
        point, (x, y) = frame.points[number], cells[number]
        lines[y].put(x, signs.of(point), point.kind)
    if chosen is not None and 0 <= chosen < len(frame.points):
        x, y = cells.get(chosen) or frame.cell(frame.points[chosen])
        x, y = min(max(x, frame.gutter), frame.gutter + frame.columns - 1), min(max(y, 1), frame.rows)
        lines[y].put(x - 1, "[", "chosen")
        lines[y].put(x, signs.of(frame.points[chosen]), "chosen")
        lines[y].put(x + 1, "]", "chosen")
    return lines


# ---- dots


def _lay_dots(frame: PlotFrame, lines: list[CellLine], signs: Signs) -> None:
    tried, front = DotRows(frame.columns, frame.rows), DotRows(frame.columns, frame.rows)
    for point in frame.points:
        column, row = frame.dot(point)
        if point.kind == "tried" and 0 <= column < frame.columns * _PAIR and 0 <= row < tried.dot_rows:
            tried.fill(column, row, row)
    _draw_front(frame, front)
    for kind, dots in (("tried", tried), ("line", front)):
        for row in range(frame.rows):
            chars = dots.line(row)
            if signs.ascii_only:
                chars = [" " if char == " " else signs.tried if kind == "tried" else "-" for char in chars]
            lines[1 + row].lay([" "] * frame.gutter + chars, kind)


def _draw_front(frame: PlotFrame, dots: DotRows) -> None:
    """Draw the front as steps: between two points, nothing is better than the first."""
    steps = front_of([point for point in frame.points if point.kind != "tried"])
    for before, after in pairwise(steps):
        (left, high), (right, low) = frame.dot(before), frame.dot(after)
        for column in range(max(left, 0), min(right, frame.columns * _PAIR - 1) + 1):
            dots.fill(column, low if column == right else high, high)


def front_of(points: Sequence[ScatterPoint]) -> list[ScatterPoint]:
    """Return the points that no other point dominates, from the left. Less is better on both axes."""
    found: list[ScatterPoint] = []
    for point in sorted(points, key=lambda one: (one.x, one.y)):
        if not found or point.y < found[-1].y:
            found.append(point)
    return found


# ---- axes


def _write_axes(frame: PlotFrame, lines: list[CellLine], signs: Signs) -> None:
    lines[0].write(0, f"{signs.up} {_named(frame.y)}", "axis")
    across = f"{_named(frame.x)} {signs.to_right}"
    lines[0].write(lines[0].width - len(across), across, "axis")
    axis, bottom = frame.gutter - 1, frame.rows + 1
    for row in range(frame.rows):
        lines[1 + row].put(axis, signs.down, "axis")
    lines[bottom].put(axis, signs.corner, "axis")
    lines[bottom].fill(axis + 1, frame.gutter + frame.columns, signs.across, "axis")
    for tick in frame.y_ticks:
        _, row = frame.cell(ScatterPoint(frame.x_ticks[0], tick, "tried"))
        lines[row].write(0, label(tick, frame.y_ticks).rjust(axis - 1), "axis")
        lines[row].put(axis, signs.tick_down, "axis")
    free = 0
    for tick in frame.x_ticks:
        column, _ = frame.cell(ScatterPoint(tick, frame.y_ticks[0], "tried"))
        lines[bottom].put(column, signs.tick_across, "axis")
        text = label(tick, frame.x_ticks)
        start = min(max(column - len(text) // 2, free), lines[0].width - len(text))
        if start >= free:
            lines[bottom + 1].write(start, text, "axis")
            free = start + len(text) + 1


def _named(axis: Axis) -> str:
    return f"{axis.title}, {axis.unit}" if axis.unit else axis.title


def label(value: float, ticks: Sequence[float]) -> str:
    """Return a tick as text, with as many decimals as it needs to differ from its neighbours."""
    step = ticks[1] - ticks[0]
    places = max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0
    return f"{value:,.{places}f}"


def _ticks(values: Sequence[float], least: float, most: int) -> list[float]:
    """Return at most ``most`` ticks at round numbers that include all values."""
    low, high = min(values, default=0.0), max(values, default=0.0)
    if high - low < least:
        low = max(0.0, (low + high - least) / 2)
        high = low + least
    step = _round_up((high - low) / most)
    first = max(0, math.floor(low / step + 1e-9))
    last = max(math.ceil(high / step - 1e-9), first + 1)
    return [number * step for number in range(first, last + 1)]


def _round_up(value: float) -> float:
    """Return the smallest of 1, 2, 5 times a power of ten that is not below a positive value."""
    power = 10.0 ** math.floor(math.log10(value) + 1e-9)
    return next(power * one for one in (1, 2, 5, 10) if power * one >= value * (1 - 1e-9))
