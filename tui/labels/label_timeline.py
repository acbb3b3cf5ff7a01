"""A recording on its own clock, with labels to view and edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual import events
from textual.message import Message

from simulator.activity.model import FRAME_MS, Activity
from simulator.engine.end_of_turn import ConfidencePolicy, Doubt
from simulator.labels.marks import Kind, Mark
from tui.labels.editing import words_of
from tui.tune.caller_audio import SPEECH_KINDS, ArmClock, Speech, waveform
from tui.tune.scene import Scene, WaveClip
from tui.widgets import timeline_lanes as lanes
from tui.widgets.timeline import GUTTER, Timeline
from tui.widgets.timeline_line import CellLine, one_cell
from tui.widgets.timeline_view import View

MOST_CALLER_ROWS = 40
MOST_WORDS_ROWS = 4
_WORDS_FROM = 19
"""In less space for the caller and the words, the caller takes all of it."""
LANES: tuple[tuple[str, tuple[Kind, ...]], ...] = (
    ("turns", ("turn", "interruption")),
    ("stops it", ("interruption",)),
    ("does not", ("backchannel", "noise")),
    ("pauses", ("hesitation",)),
    ("agent", ("agent",)),
    ("moves", ("move",)),
)
"""The lanes from the top: their titles, and the kinds of marks in them."""


class LabelTimeline(Timeline):
    """The caller's audio, and lanes of marks. One mark may be chosen; the position is where the next goes."""

    class Pointed(Message):
        """The user clicked on a moment of the recording. ``kinds`` are those of the lane; empty outside lanes."""

        def __init__(self, t_ms: int, kinds: tuple[Kind, ...]) -> None:
            super().__init__()
            self.t_ms = t_ms
            self.kinds = kinds

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._marks: Sequence[Mark] = ()
        self._chosen_mark: Mark | None = None
        self.place_ms = 0

    def put(self, marks: Sequence[Mark], chosen: Mark | None, place_ms: int) -> None:
        """Show these marks, the chosen one among them, and the position. Scrolls to the position."""
        self._marks, self._chosen_mark, self.place_ms = marks, chosen, place_ms
        if self.scene is not None:
            self._scene = coloured(self.scene, marks)
            self.view = self.view.showing(place_ms, self.scene.duration_ms)
        self.draw()

    def zoom(self, steps: int) -> None:
        """Zoom in or out around the position."""
        if self.scene is not None:
            self.view = self.view.zoomed(steps, self.place_ms, self.scene.duration_ms)
            self.draw()

    def lay_out(self, scene: Scene, height: int) -> list[tuple[str, CellLine]]:
        """Return the ruler, the caller, and as many lanes as fit."""
        view, glyphs = self.view, self.glyphs
        room = max(height - 2 - len(LANES), 1)
        words_rows = min(max(room - _WORDS_FROM, 0) // 3, MOST_WORDS_ROWS)
        caller_rows = min(room - words_rows, MOST_CALLER_ROWS)
        ruler = lanes.ruler(scene, view, glyphs)
        rows = [("", ruler)]
        drawn = lanes.caller(scene, view, caller_rows, glyphs)
        rows += [("caller" if number == 0 else "", line) for number, line in enumerate(drawn)]
        rows += [("", line) for line in lanes.words(scene, view, words_rows)]
        rows.append(("voice", lanes.voice(scene, view, glyphs)))
        for label, kinds in LANES:
            rows.append((label, self._lane(kinds, view, glyphs)))
        x = int(view.x(self.place_ms))
        for _, line in rows[1:]:
            if line.is_free(x, x + 1):
                line.put(x, "|" if glyphs.ascii_only else "│", "wait")
        lanes.put_cursor(ruler, x, glyphs)
        return rows

    def _lane(self, kinds: tuple[Kind, ...], view: View, glyphs: lanes.Glyphs) -> CellLine:
        line = CellLine(view.width)
        for mark in self._marks:
            if mark.kind in kinds and mark.end_ms > view.start_ms and mark.start_ms < view.end_ms:
                _draw(line, mark, view, glyphs, chosen=mark == self._chosen_mark)
        return line

    def on_click(self, event: events.Click) -> None:
        """Post the clicked moment."""
        event.prevent_default()
        offset = event.get_content_offset(self)
        if offset is None or self.scene is None:
            return
        row = offset.y - (len(self.rows) - len(LANES))
        t_ms = min(max(round(self.view.t(offset.x - GUTTER)), 0), self.scene.duration_ms)
        self.post_message(self.Pointed(t_ms, LANES[row][1] if 0 <= row < len(LANES) else ()))


def label_scene(name: str, activity: Activity) -> Scene:
    """Return the drawing of a recording without a simulation."""
    duration_ms = activity.duration_ms
    return Scene(
        name=name,
        duration_ms=duration_ms,
        ticks=ArmClock((0,), (0,), duration_ms),
        wave=waveform(activity),
        clips=(WaveClip(0, 0, -(-duration_ms // FRAME_MS)),),
        turns=(),
        asides=(),
        pauses=(),
        threshold=1.0,
        eager=None,
        policy=ConfidencePolicy(Doubt(half_life_s=1.0), threshold=1.0),
        lanes=(),
        differing=(),
        aligned=False,
    )


def coloured(scene: Scene, marks: Sequence[Mark]) -> Scene:
    """Return the drawing with the caller's audio in the colours of its marks."""
    said = sorted(
        Speech(*mark.stretch, words_of(mark), kind) for mark in marks for kind in SPEECH_KINDS if kind == mark.kind
    )
    floor = ("turn", "interruption")
    return replace(
        scene,
        turns=tuple(one for one in said if one.kind in floor),
        asides=tuple(one for one in said if one.kind not in floor),
    )


def _draw(line: CellLine, mark: Mark, view: View, glyphs: lanes.Glyphs, *, chosen: bool) -> None:
    """Draw a mark with its words. The chosen one is in brackets."""
    start = round(view.x(mark.start_ms))
    end = max(round(view.x(mark.end_ms)), start + 1)
    own = f"is-{mark.kind}" if mark.kind in SPEECH_KINDS else "turn"
    kind = "ended" if chosen else own
    line.fill(start, end, glyphs.speech["turn"], kind)
    words = one_cell(words_of(mark) or ("" if mark.kind == "turn" else mark.kind))
    lanes.write_words(line, words, start + 1, end - 1, kind if chosen else "said")
    if chosen:
        line.put(start, "[", "cursor")
        line.put(end - 1, "]" if end - 1 > start else "▌", "cursor")
