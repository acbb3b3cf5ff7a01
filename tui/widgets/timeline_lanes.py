"""The timeline's lanes, each a pure function from a scene and a view to lines."""

from __future__ import annotations

import math
from dataclasses import dataclass
from textwrap import wrap

import numpy as np
from numpy.typing import NDArray

from simulator.activity.model import FRAME_MS
from tui.tune.pyramid import Pyramid
from tui.tune.scene import ArmLane, Bar, Scene
from tui.widgets.braille import DOTS_PER_CELL, DotRows
from tui.widgets.timeline_line import Line, one_cell
from tui.widgets.timeline_view import View, in_sight, moments_in_sight, waits_in_sight

_TICKS_MS = (100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000)
_TICK_ROOM = 9
_BAR = 40
_LEFT_EIGHTHS = " ▏▎▍▌▋▊▉█"


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters lanes are made of."""

    full: str = "█"
    filler: str = "░"
    cut: str = "✂"
    underrun: str = "╎"
    wait: str = "┈"
    turn: str = "━"
    threshold: str = "╌"
    eager: str = "┄"
    tick: str = "╷"
    cursor: str = "▼"
    ended: str = "┤"
    playhead: str = "│"
    heard: str = "♪"
    ascii_only: bool = False

    def legend(self) -> str:
        """Return what the characters mean."""
        meanings = (
            (self.full, "answer"),
            (self.filler, "filler"),
            (self.cut, "barge-in"),
            (self.ended, "turn end"),
            (self.underrun, "underrun"),
            (self.wait, "waits"),
        )
        return "  ".join(f"{glyph} {meaning}" for glyph, meaning in meanings)


FINE = Glyphs()
ASCII = Glyphs("#", "%", "X", "!", ".", "=", "-", "~", "|", "v", "]", "|", "*", ascii_only=True)
"""For terminals and fonts without block and braille characters."""


def waiting(text: str, share: float | None, width: int, glyphs: Glyphs = FINE) -> list[Line]:
    """Write what is waited for, or what is wrong, and below it a bar for ``share``, 0…1, if that is known."""
    texts = wrap(one_cell(text), width) or [""]
    lines = [Line(width) for _ in texts]
    for line, part in zip(lines, texts, strict=True):
        line.write(0, part, "ruler")
    if share is not None:
        bar, length = Line(width), min(_BAR, width)
        done = round(share * length)
        bar.fill(0, done, glyphs.turn, "curve")
        bar.fill(done, length, glyphs.threshold, "quiet")
        bar.write(length + 1, f"{share:.0%}", "ruler")
        lines.append(bar)
    return lines


def ruler(scene: Scene, view: View, glyphs: Glyphs = FINE) -> Line:
    """Draw arm A's own clock: where it waits for B, two ticks lie further apart."""
    line = Line(view.width)
    step = next((tick for tick in _TICKS_MS if tick / view.ms_per_cell >= _TICK_ROOM), _TICKS_MS[-1])
    free_from = 0
    first, last = scene.ticks.own(view.start_ms), scene.ticks.own(view.end_ms)
    for t_ms in range(first // step * step, last + 1, step):
        x = int(view.x(scene.ticks.at(t_ms)))
        label = f"{glyphs.tick}{clock_text(t_ms, step)}"
        if free_from <= x and x + len(label) <= view.width:
            line.write(x, label, "ruler")
            free_from = x + len(label) + 1
    return line


def clock_text(t_ms: int, step_ms: int = 1000) -> str:
    """Return a time as minutes and seconds, with tenths where the steps need them."""
    minutes, ms = divmod(t_ms, 60_000)
    return f"{minutes}:{ms // 1000:02d}" if step_ms >= 1000 else f"{minutes}:{ms / 1000:04.1f}"


def caller(scene: Scene, view: View, rows: int, glyphs: Glyphs = FINE) -> list[Line]:
    """Draw the caller's audio from its lowest to its highest sample, or how loud it is in a single line."""
    above, below = (_peaks(scene, view, one) for one in (scene.wave.above, scene.wave.below))
    dots = DotRows(view.width, rows)
    half = dots.dot_rows // 2
    if rows == 1:
        tops = np.rint(np.maximum(above, below) * (dots.dot_rows - 1)).astype(int)
        lows = np.zeros_like(tops)
    else:
        tops = half + np.floor(above * (half - 0.5)).astype(int)
        lows = half - np.floor(below * half).astype(int)
    dots.fill_all(lows, tops)
    loud = np.maximum(above, below).reshape(view.width, 2).max(axis=1) > 1 / dots.dot_rows
    kinds = ["wave" if spoken else "quiet" for spoken in loud.tolist()]
    lines = []
    for row in range(rows):
        line = Line(view.width)
        line.lay(dots.line(row, ascii_only=glyphs.ascii_only), "wave")
        line.kinds = [own if kind == "wave" else kind for kind, own in zip(line.kinds, kinds, strict=True)]
        lines.append(line)
    return lines


def voice(scene: Scene, view: View, glyphs: Glyphs = FINE) -> Line:
    """Draw how likely the caller's audio is a voice."""
    dots = DotRows(view.width, 1)
    likely = _peaks(scene, view, scene.wave.voice)
    tops = np.rint(likely * DOTS_PER_CELL).astype(int) - 1
    dots.fill_all(np.zeros_like(tops), tops)
    line = Line(view.width)
    line.lay(dots.line(0, ascii_only=glyphs.ascii_only), "voice")
    return line


def _peaks(scene: Scene, view: View, values: Pyramid) -> NDArray[np.float32]:
    """Return the highest value of each dot column, 0 where no caller audio was played."""
    columns = view.width * 2
    step = view.ms_per_cell / 2
    found = np.zeros(columns, np.float32)
    for clip in scene.clips:
        end_ms = clip.start_ms + (clip.last - clip.first) * FRAME_MS
        first = max(int((clip.start_ms - view.start_ms) / step), 0)
        last = min(int((end_ms - view.start_ms) / step), columns)
        if first < last and clip.first < clip.last:
            begin = clip.first + (view.start_ms + first * step - clip.start_ms) / FRAME_MS
            found[first:last] = values.highest(begin, step / FRAME_MS, last - first)
    return found


def turns(scene: Scene, view: View, glyphs: Glyphs = FINE) -> Line:
    """Draw the labelled turns as thin bars with their words."""
    line = Line(view.width)
    for turn in in_sight(scene.turns, view):
        start = round(view.x(turn.start_ms))
        end = max(round(view.x(turn.end_ms)), start + 1)
        line.fill(start, end, glyphs.turn, "turn")
        write_words(line, one_cell(turn.text), start + 1, end - 1, "said")
    return line


def differing(scene: Scene, view: View) -> Line:
    """Say at each turn what arm A does differently from B, where there is room; otherwise mark it."""
    line = Line(view.width)
    for found in in_sight(scene.differing, view):
        x = round(view.x(found.t_ms))
        if line.is_free(x - 1, x + len(found.text)):
            line.write(x, found.text, found.verdict)
        elif line.is_free(x, x + 1):
            line.put(x, "+" if found.verdict == "worse" else "-", found.verdict)
    return line


def confidence(scene: Scene, view: View, rows: int, glyphs: Glyphs = FINE) -> list[Line]:
    """Draw the turn confidence in arm A's pauses, over the thresholds it is held against."""
    dots = DotRows(view.width, rows)
    step = view.ms_per_cell / 2
    ends: list[int] = []
    for pause in in_sight(scene.pauses, view):
        first = max(int((pause.from_ms - view.start_ms) / step), 0)
        last = min(int((pause.until_ms - view.start_ms) / step) + 1, view.width * 2)
        before: int | None = None
        for column in range(first, last):
            t_ms = min(max(view.start_ms + column * step, pause.from_ms), pause.until_ms)
            row = _dot_row(scene.confidence(pause, t_ms), dots.dot_rows)
            dots.fill(column, row if before is None else min(before, row), row)
            before = row
        if pause.ended_turn and first < last:
            ends.append((last - 1) // 2 + 1)
    lines = []
    for row in range(rows):
        line = Line(view.width)
        for level, glyph, kind in (
            (scene.eager, glyphs.eager, "eager"),
            (scene.threshold, glyphs.threshold, "threshold"),
        ):
            # In a single line the thresholds would lie on top of the curve.
            if rows > 1 and level is not None and _text_row(level, rows) == row:
                line.fill(0, view.width, glyph, kind)
        line.lay(dots.line(row, ascii_only=glyphs.ascii_only), "curve")
        lines.append(line)
    for x in ends:
        lines[_text_row(scene.threshold, rows)].put(x, glyphs.ended, "ended")
    return lines


def _dot_row(level: float, dot_rows: int) -> int:
    return min(max(round(level * (dot_rows - 1)), 0), dot_rows - 1)


def _text_row(level: float, rows: int) -> int:
    return (rows * DOTS_PER_CELL - 1 - _dot_row(level, rows * DOTS_PER_CELL)) // DOTS_PER_CELL


def agent(lane: ArmLane, view: View, arm: str, glyphs: Glyphs = FINE) -> Line:
    """Draw one arm's agent: fillers, responses with their words, and where the caller stopped it."""
    line = Line(view.width)
    waits = waits_in_sight(lane.waits, view)
    for start_ms, end_ms in waits:
        line.fill(round(view.x(start_ms)), round(view.x(end_ms)), glyphs.wait, "wait")
    for bar in in_sight(lane.bars, view):
        if bar.kind == "filler":
            _draw_filler(line, bar, view, arm, glyphs)
        else:
            _draw_response(line, bar, view, arm, glyphs)
    for start_ms, end_ms in waits:
        # A sound that spans a wait goes on after it; the wait is cut out of it to be honest about its length.
        line.fill(round(view.x(start_ms)), round(view.x(end_ms)), glyphs.wait, "wait")
    for t_ms in moments_in_sight(lane.underruns, view):
        line.put(int(view.x(t_ms)), glyphs.underrun, "underrun")
    for t_ms in moments_in_sight(lane.cuts, view):
        line.put(int(view.x(t_ms)), glyphs.cut, "cut")
    return line


def _draw_filler(line: Line, bar: Bar, view: View, arm: str, glyphs: Glyphs) -> None:
    start = int(view.x(bar.start_ms))
    end = max(round(view.x(bar.end_ms)), start + 1)
    line.fill(start, end, glyphs.filler, f"filler-{arm}")
    text = one_cell(bar.text)
    if len(text) < end - start:
        line.write(start + 1, text, f"filler-{arm}")


def _draw_response(line: Line, bar: Bar, view: View, arm: str, glyphs: Glyphs) -> None:
    kind, words = f"agent-{arm}", f"words-{arm}"
    start, end = view.x(bar.start_ms), view.x(bar.end_ms)
    first, last = math.floor(start), math.floor(end)
    if glyphs.ascii_only or last <= first:
        line.fill(first, max(round(end), first + 1), glyphs.full, kind)
    else:
        line.fill(first + 1, last, glyphs.full, kind)
        eighths = round((start - first) * 8)
        # A block that begins inside a cell is a left part in reverse.
        if eighths == 0:
            line.put(first, glyphs.full, kind)
        elif eighths < 8:
            line.put(first, _LEFT_EIGHTHS[eighths], words)
        if (tail := round((end - last) * 8)) > 1:
            line.put(last, _LEFT_EIGHTHS[tail], kind)
    write_words(line, one_cell(bar.text), first + 2, last - 1, words)


def write_words(line: Line, text: str, start: int, end: int, kind: str) -> None:
    """Write as much of a text as fits between two cells, from what is in sight of them on."""
    start, end = max(start, 0), min(end, line.width)
    room = end - start
    if room < 4:
        return
    if len(text) > room:
        text = text[: room - 1].rstrip() + "…"
    line.write(start, text, kind)
