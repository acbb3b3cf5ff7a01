"""The arms' lanes of the timeline: the agent's actions, and what a caller notices."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from operator import itemgetter

from tui.tune.scene import ArmLane, Bar, Happening, HappeningKind, Scene
from tui.widgets.timeline_lanes import FINE, Glyphs, cells_of, write_words
from tui.widgets.timeline_line import CellLine, one_cell
from tui.widgets.timeline_view import View, in_sight, moments_in_sight, waits_in_sight

_LEFT_EIGHTHS = " ▏▎▍▌▋▊▉█"


def agent(lane: ArmLane, view: View, arm: str, glyphs: Glyphs = FINE) -> CellLine:
    """Draw one arm's agent: fillers, responses with their words, and where the caller stopped it."""
    line = CellLine(view.width)
    waits = waits_in_sight(lane.waits, view)
    for start_ms, end_ms in waits:
        line.fill(round(view.x(start_ms)), round(view.x(end_ms)), glyphs.wait, "wait")
    for bar in in_sight(lane.bars, view):
        if bar.kind == "filler":
            _draw_filler(line, bar, view, arm, glyphs)
        else:
            _draw_response(line, bar, view, arm, glyphs)
    for start_ms, end_ms in waits:
        # A sound that spans a wait continues after it. The wait is cut out of it, so that its length stays true.
        line.fill(round(view.x(start_ms)), round(view.x(end_ms)), glyphs.wait, "wait")
    for t_ms in moments_in_sight(lane.underruns, view):
        line.put(int(view.x(t_ms)), glyphs.underrun, "underrun")
    for start_ms, end_ms in waits_in_sight(lane.over, view):
        _draw_over(line, cells_of(start_ms, end_ms, view), arm, glyphs)
    for t_ms in moments_in_sight(lane.cuts, view):
        line.put(int(view.x(t_ms)), glyphs.cut, "barge-in")
    for one in _happened(lane, view):
        place = bisect_left(lane.cuts, one.t_ms)
        if one.kind == "cut-in":
            line.put(int(view.x(one.t_ms)), glyphs.happenings[one.kind], one.kind)
        elif one.kind == "false barge-in" and place < len(lane.cuts):
            line.put(int(view.x(lane.cuts[place])), glyphs.happenings[one.kind], one.kind)
    return line


def _draw_over(line: CellLine, cells: slice, arm: str, glyphs: Glyphs) -> None:
    """Mark the part of a sound that is over the caller. Its words stay."""
    for x in range(*cells.indices(line.width)):
        if line.kinds[x] == f"words-{arm}":
            line.kinds[x] = "words-over"
        elif line.kinds[x] in (f"agent-{arm}", f"filler-{arm}"):
            line.put(x, glyphs.over, "over")


def _draw_filler(line: CellLine, bar: Bar, view: View, arm: str, glyphs: Glyphs) -> None:
    start = int(view.x(bar.start_ms))
    end = max(round(view.x(bar.end_ms)), start + 1)
    line.fill(start, end, glyphs.filler, f"filler-{arm}")
    text = one_cell(bar.text)
    if len(text) < end - start:
        line.write(start + 1, text, f"filler-{arm}")


def _draw_response(line: CellLine, bar: Bar, view: View, arm: str, glyphs: Glyphs) -> None:
    kind, words = f"agent-{arm}", f"words-{arm}"
    start, end = view.x(bar.start_ms), view.x(bar.end_ms)
    first, last = math.floor(start), math.floor(end)
    if glyphs.ascii_only or last <= first:
        line.fill(first, max(round(end), first + 1), glyphs.full, kind)
    else:
        line.fill(first + 1, last, glyphs.full, kind)
        eighths = round((start - first) * 8)
        # A block that begins inside a cell is a reversed left part.
        if eighths == 0:
            line.put(first, glyphs.full, kind)
        elif eighths < 8:
            line.put(first, _LEFT_EIGHTHS[eighths], words)
        if (tail := round((end - last) * 8)) > 1:
            line.put(last, _LEFT_EIGHTHS[tail], kind)
    write_words(line, one_cell(bar.text), first + 2, last - 1, words)


def happenings(lane: ArmLane, view: View, glyphs: Glyphs = FINE) -> CellLine:
    """Mark what a caller notices of an arm, by name if it fits. For several in a cell, show their number."""
    line = CellLine(view.width)
    if not lane.happenings:
        line.write(0, "no cut-in, no barge-in", "none")
    cells: dict[int, list[HappeningKind]] = {}
    for one in _happened(lane, view):
        cells.setdefault(int(view.x(one.t_ms)), []).append(one.kind)
    places = [*cells, view.width + 1]
    for place, (x, kinds) in enumerate(cells.items()):
        worst = min(kinds, key=WORST_FIRST.index)
        line.put(x, glyphs.happenings[worst] if len(kinds) == 1 else count_char(len(kinds), glyphs), worst)
        if len(kinds) == 1 and x + len(worst) + 2 <= places[place + 1]:
            line.write(x + 1, worst, f"{worst}{RULE}")
    return line


WORST_FIRST: tuple[HappeningKind, ...] = ("cut-in", "false barge-in", "barge-in")
RULE = "~rule"
"""Appended to the kind of a mark: the same colour, weaker."""


def _happened(lane: ArmLane, view: View) -> Sequence[Happening]:
    first = bisect_left(lane.happenings, view.start_ms, key=itemgetter(0))
    return lane.happenings[first : bisect_left(lane.happenings, view.end_ms, first, key=itemgetter(0))]


def count_char(count: int, glyphs: Glyphs) -> str:
    """Return the character for a number of items in one cell: a higher bar for more, in plain ASCII a digit."""
    if glyphs.ascii_only:
        return str(count) if count < 10 else "+"
    return glyphs.levels[min(count, len(glyphs.levels) - 1)]


def rules(lines: Sequence[CellLine], lane: ArmLane, view: View, glyphs: Glyphs = FINE) -> None:
    """Draw the moments that a caller notices through all of the given lines."""
    for one in _happened(lane, view):
        x = int(view.x(one.t_ms))
        for line in lines:
            line.put(x, glyphs.rules[one.kind], f"{one.kind}{RULE}")


def differing(scene: Scene, view: View) -> CellLine:
    """Show at each turn what arm A does differently from B if it fits, otherwise mark it."""
    line = CellLine(view.width)
    for found in in_sight(scene.differing, view):
        x = round(view.x(found.t_ms))
        if line.is_free(x - 1, x + len(found.text)):
            line.write(x, found.text, found.verdict)
        elif line.is_free(x, x + 1):
            line.put(x, "+" if found.verdict == "worse" else "-", found.verdict)
    return line
