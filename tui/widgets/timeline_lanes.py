"""The caller's lanes of the timeline. Each is a pure function from a scene and a view to lines."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from textwrap import wrap

import numpy as np
from numpy.typing import NDArray

from simulator.activity.model import FRAME_MS
from tui.tune.caller_audio import SPEECH_KINDS, Pyramid, Speech, SpeechKind
from tui.tune.scene import HappeningKind, Scene
from tui.widgets.timeline_line import BLANK, DOTS_PER_CELL, CellLine, DotRows, one_cell
from tui.widgets.timeline_view import View, in_sight, waits_in_sight

_TICKS_MS = (100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000)
_TICK_ROOM = 9
_BAR = 40


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters of lanes. ``levels`` fill a cell from below; ``rules`` cross all lanes."""

    full: str = "█"
    filler: str = "░"
    over: str = "▓"
    underrun: str = "╎"
    wait: str = "┈"
    threshold: str = "╌"
    eager: str = "┄"
    tick: str = "╷"
    cursor: str = "▼"
    ended: str = "┤"
    playhead: str = "│"
    heard: str = "♪"
    worst: str = "▲"
    levels: str = " ▁▂▃▄▅▆▇█"
    speech: Mapping[SpeechKind, str] = field(
        default_factory=lambda: {"turn": "━", "interruption": "▲", "backchannel": "~", "noise": "×"}
    )
    happenings: Mapping[HappeningKind, str] = field(
        default_factory=lambda: {"cut-in": "◆", "barge-in": "✂", "false barge-in": "✗"}
    )
    rules: Mapping[HappeningKind, str] = field(
        default_factory=lambda: {"cut-in": "┃", "barge-in": "┊", "false barge-in": "┋"}
    )
    ascii_only: bool = False

    @property
    def cut(self) -> str:
        """The sign where the caller stopped a sound."""
        return self.happenings["barge-in"]

    def legend(self, scene: Scene) -> list[tuple[str, str, str]]:
        """Return the meanings of a scene's characters, each with its kind, the most important first."""
        kinds = {one.kind for one in (*scene.turns, *scene.asides)}
        happened = {one.kind for lane in scene.agents for one in lane.happenings}
        found: list[tuple[str, str, str]]
        found = [(self.happenings[kind], kind, kind) for kind in self.happenings if kind in happened]
        if any(lane.over for lane in scene.agents):
            found.append((self.over, "over", "talks over the caller"))
        found += [(self.speech[kind], f"is-{kind}", kind) for kind in self.speech if kind in kinds]
        found += [(self.ended, "ended", "turn end")] if scene.policy is not None else []
        own = scene.lanes[0].arm.lower() if scene.lanes else "a"
        found += [(self.full, f"agent-{own}", "answer")]
        bars = {bar.kind for lane in scene.agents for bar in lane.bars}
        if "filler" in bars:
            found.append((self.filler, f"filler-{own}", "filler"))
        if any(lane.underruns for lane in scene.agents):
            found.append((self.underrun, "underrun", "underrun"))
        if scene.aligned:
            found.append((self.wait, "wait", "waits"))
        return found


FINE = Glyphs()
ASCII = Glyphs(
    *("#", "%", "@", "!", ".", "-", "~", "|", "v", "]", "|", "*", "^", " .:-=+*#@"),
    speech={"turn": "=", "interruption": "^", "backchannel": "~", "noise": "x"},
    happenings={"cut-in": "C", "barge-in": "X", "false barge-in": "F"},
    rules={"cut-in": "|", "barge-in": ":", "false barge-in": ";"},
    ascii_only=True,
)
"""For terminals and fonts without block and braille characters."""


def waiting(text: str, share: float | None, width: int, glyphs: Glyphs = FINE) -> list[CellLine]:
    """Write the text, and below it a bar for ``share`` (0…1) if known."""
    texts = wrap(one_cell(text), width) or [""]
    lines = [CellLine(width) for _ in texts]
    for line, part in zip(lines, texts, strict=True):
        line.write(0, part, "ruler")
    if share is not None:
        bar, length = CellLine(width), min(_BAR, width)
        done = round(share * length)
        bar.fill(0, done, glyphs.speech["turn"], "curve")
        bar.fill(done, length, glyphs.threshold, "quiet")
        bar.write(length + 1, f"{share:.0%}", "ruler")
        lines.append(bar)
    return lines


def ruler(scene: Scene, view: View, glyphs: Glyphs = FINE) -> CellLine:
    """Draw arm A's own clock. Where it waits for B, two ticks are further apart."""
    line = CellLine(view.width)
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
    """Return a time as minutes and seconds, with tenths if the steps need them."""
    minutes, ms = divmod(t_ms, 60_000)
    return f"{minutes}:{ms // 1000:02d}" if step_ms >= 1000 else f"{minutes}:{ms / 1000:04.1f}"


def put_cursor(clock: CellLine, x: int, glyphs: Glyphs) -> None:
    """Mark a position on the clock's line. A label there stays readable, in the cursor's colour."""
    if 0 <= x < clock.width:
        clock.put(x, glyphs.cursor if clock.chars[x] in (" ", glyphs.tick) else clock.chars[x], "cursor")


def caller(scene: Scene, view: View, rows: int, glyphs: Glyphs = FINE) -> list[CellLine]:
    """Draw the caller's audio from its lowest to its highest sample, or its level on a single line."""
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
    loud = np.maximum(above, below).reshape(view.width, 2).max(axis=1) > max(1 / dots.dot_rows, QUIET)
    codes, over = _codes(scene, view)
    kinds = [_WAVE[code] for code in (codes * 2 + loud).tolist()]
    blanks = [BLANK] * view.width
    for x in np.flatnonzero(over).tolist():
        kinds[x], blanks[x] = kinds[x] + OVER, BLANK + OVER
    lines = []
    for row in range(rows):
        line = CellLine(view.width)
        line.chars = dots.line(row, ascii_only=glyphs.ascii_only)
        line.kinds = [
            blank if char == " " else kind for char, kind, blank in zip(line.chars, kinds, blanks, strict=True)
        ]
        lines.append(line)
    return lines


QUIET = 0.06
"""Peaks below this, with 1 as the highest, are background noise and drawn faint, for any height of the waveform."""
OVER = "~over"
"""Appended to a kind where the agent talks over the caller."""
_WAVE = ("quiet", "wave", *(f"is-{kind}" for kind in SPEECH_KINDS for _ in (False, True)))
"""The kinds of a column, quiet and loud."""


def _codes(scene: Scene, view: View) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    """Return the code of each column (0: unknown), and whether the first arm's agent talks over it."""
    codes, over = np.zeros(view.width, np.int8), np.zeros(view.width, np.bool_)
    for group in (scene.turns, scene.asides):
        for one in in_sight(group, view):
            codes[cells_of(one.start_ms, one.end_ms, view)] = 1 + SPEECH_KINDS.index(one.kind)
    for start_ms, end_ms in waits_in_sight(scene.lanes[0].over, view) if scene.lanes else ():
        over[cells_of(start_ms, end_ms, view)] = True
    return codes, over


def cells_of(start_ms: int, end_ms: int, view: View) -> slice:
    """Return the visible cells of a stretch, at least one."""
    first = int(max(view.x(start_ms), 0))
    return slice(first, max(math.ceil(view.x(end_ms)), first + 1, 0))


def voice(scene: Scene, view: View, glyphs: Glyphs = FINE) -> CellLine:
    """Draw the voice probability of the caller's audio."""
    dots = DotRows(view.width, 1)
    likely = _peaks(scene, view, scene.wave.voice)
    tops = np.rint(likely * DOTS_PER_CELL).astype(int) - 1
    dots.fill_all(np.zeros_like(tops), tops)
    line = CellLine(view.width)
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


def turns(scene: Scene, view: View, glyphs: Glyphs = FINE, *, words: bool = True) -> CellLine:
    """Draw the kinds of the caller's audio as thin bars. ``words`` on and after them as far as they fit."""
    line = CellLine(view.width)
    found = _speech_in_sight(scene, view)
    starts = [round(view.x(one.start_ms)) for one in found]
    for one, start, limit in zip(found, starts, [*starts[1:], view.width + 1], strict=False):
        end = max(round(view.x(one.end_ms)), start + 1)
        kind, glyph = f"is-{one.kind}", glyphs.speech[one.kind]
        line.fill(start, end, glyphs.speech["turn"] if one.kind == "interruption" else glyph, kind)
        line.put(start, glyph, kind)
        if words and one.text:
            first = max(start + 1, 0)
            part = shorten(one_cell(one.text), limit - 1 - first) if limit - 1 - first >= LEAST_WORDS else ""
            line.write(first, part[: max(end - first, 0)], "said-in")
            line.write(max(end, first), part[max(end - first, 0) :], "said")
    return line


def words(scene: Scene, view: View, rows: int) -> list[CellLine]:
    """Write the words below, on at most ``rows`` lines, each up to the next."""
    lines = [CellLine(view.width) for _ in range(rows)]
    said = [one for one in _speech_in_sight(scene, view) if one.text] if rows else []
    starts = [max(round(view.x(one.start_ms)), 0) for one in said]
    limits = [*(at - 1 for at in starts[1:]), view.width]
    for one, start, end in zip(said, starts, limits, strict=False):
        for line, part in zip(lines, _broken(one.text, end - start, rows), strict=False):
            line.write(start, part, "said")
    return lines


def _speech_in_sight(scene: Scene, view: View) -> list[Speech]:
    return sorted((*in_sight(scene.turns, view), *in_sight(scene.asides, view)))


@lru_cache(maxsize=4096)
def _broken(text: str, width: int, rows: int) -> tuple[str, ...]:
    """Return a text as at most ``rows`` lines. The last one is cut if needed."""
    if width < LEAST_WORDS:
        return ()
    parts = wrap(one_cell(text), width)
    if len(parts) > rows:
        parts[rows - 1 :] = [shorten(" ".join(parts[rows - 1 :]), width)]
    return tuple(parts)


LEAST_WORDS = 4
"""In less space, no words are written."""


def shorten(text: str, width: int) -> str:
    """Return as much of a text as fits."""
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def confidence(scene: Scene, view: View, rows: int, glyphs: Glyphs = FINE) -> list[CellLine]:
    """Draw the turn confidence in arm A's pauses, filled, with its thresholds."""
    values = np.zeros(view.width)
    ends: list[int] = []
    for pause in in_sight(scene.pauses, view):
        first = max(int(view.x(pause.from_ms)), 0)
        last = min(int(view.x(pause.until_ms)) + 1, view.width)
        for x in range(first, last):
            t_ms = min(max(view.t(x + 1), pause.from_ms), pause.until_ms)
            values[x] = max(values[x], scene.confidence(pause, t_ms))
        if pause.ended_turn and first < last:
            ends.append(last)
    lines = filled(values, rows, "curve", glyphs)
    for x in ends:
        lines[_row(scene.threshold, rows)].put(x, glyphs.ended, "ended")
    ends_turn, eager = ("ends", scene.threshold), ("eager", scene.eager)
    # On a single line the thresholds would cover the curve.
    if rows > 1 and scene.eager is not None and _row(scene.eager, rows) != _row(scene.threshold, rows):
        _draw_limit(lines[_row(scene.eager, rows)], [eager], glyphs.eager, "eager", glyphs)
        eager = ("eager", None)
    if rows > 1:
        _draw_limit(lines[_row(scene.threshold, rows)], [eager, ends_turn], glyphs.threshold, "threshold", glyphs)
    return lines


def _draw_limit(
    line: CellLine, limits: Sequence[tuple[str, float | None]], glyph: str, kind: str, glyphs: Glyphs
) -> None:
    """Draw the thresholds of one line behind the curve, or over a full cell, with their names at one end."""
    for x, char in enumerate(line.chars):
        if char == " ":
            line.chars[x], line.kinds[x] = glyph, kind
        elif char == glyphs.levels[-1]:
            line.chars[x], line.kinds[x] = glyph, f"{kind}-on-curve"
    levels = [(name, f"{level:.2f}") for name, level in limits if level is not None]
    named = "  ".join(f"{name} {level}" for name, level in levels)
    for text, first in ((named, line.width - len(named)), (named, 0), (levels[-1][1], line.width - 4)):
        if all(char == glyph for char in line.chars[first : first + len(text)]):
            line.write(first, text, kind)
            break


def _row(level: float, rows: int) -> int:
    """Return the row, from the top, of a level of 0…1."""
    return rows - 1 - min(int(level * rows), rows - 1)


def filled(values: NDArray[np.float64], rows: int, kind: str, glyphs: Glyphs = FINE) -> list[CellLine]:
    """Draw a value of 0…1 per column, filled from below. Any value above zero is visible."""
    steps = len(glyphs.levels) - 1
    heights = np.where(values > 0, np.maximum(np.rint(values * rows * steps), 1), 0).astype(int)
    lines = []
    for row in range(rows):
        line = CellLine(len(values))
        within = np.clip(heights - (rows - 1 - row) * steps, 0, steps).tolist()
        line.chars = [glyphs.levels[level] for level in within]
        line.kinds = [kind if level else BLANK for level in within]
        lines.append(line)
    return lines


def write_words(line: CellLine, text: str, start: int, end: int, kind: str) -> None:
    """Write as much of a text as fits between two cells, starting at the first visible one."""
    start, end = max(start, 0), min(end, line.width)
    if end - start >= LEAST_WORDS:
        line.write(start, shorten(text, end - start), kind)
