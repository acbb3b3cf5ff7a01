"""The timeline of one recording under every arm, drawn line by line."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.style import Style as VisualStyle
from textual.widget import Widget

from tui.tune.caller_audio import SPEECH_KINDS
from tui.tune.scene import Scene, SceneMark
from tui.widgets import timeline_arms as arms
from tui.widgets import timeline_lanes as lanes
from tui.widgets.timeline_layout import lay_out
from tui.widgets.timeline_line import BLANK, CellLine
from tui.widgets.timeline_view import EventCursor, View

TIMELINE_STYLES = Path(__file__).with_name("timeline.tcss")
"""The style sheet. Each screen with a timeline loads it."""

GUTTER = 9
_KINDS = (
    *("ruler", "wave", "quiet", "voice", "turn", "said", "curve", "threshold", "eager", "ended", "none"),
    *("better", "worse", "wait", "underrun", "over", "cursor", "playhead", "label"),
    *("cut-in", "barge-in", "false-barge-in"),
    *(f"is-{kind}" for kind in SPEECH_KINDS),
    *(f"{kind}-{arm}" for arm in "abcdh" for kind in ("agent", "filler")),
)


class Timeline(Widget, can_focus=True):
    """Lanes on one clock: the caller, the true turns, the turn confidence, and the arms' agents.

    :meth:`show` sets a scene. Only changed lines are repainted.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"timeline--{kind}" for kind in (*_KINDS, "tint")}
    WITH_OVERVIEW: ClassVar[bool] = True
    fine_glyphs: reactive[bool] = reactive(True)

    class Chosen(Message):
        """The selected event changed. ``mark`` is ``None`` when none is selected."""

        def __init__(self, arm: str, mark: SceneMark | None) -> None:
            super().__init__()
            self.arm = arm
            self.mark = mark

    class Sought(Message):
        """A moment was clicked on the ruler."""

        def __init__(self, t_ms: int) -> None:
            super().__init__()
            self.t_ms = t_ms

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.view = View(0.0, 100.0, 1)
        self._scene: Scene | None = None
        self._strips: list[Strip] = []
        self._rows: list[tuple[str, CellLine]] = []
        self._palette: dict[str, Style] = {}
        self._cursor = EventCursor()
        self._waiting = ""
        self._share: float | None = None
        self._stale = False
        self._top = 0
        self._looking_at: float | None = None
        self._playhead_ms: float | None = None
        self._heard_arm = ""

    # ---- display

    @property
    def scene(self) -> Scene | None:
        """The drawn scene, if any."""
        return self._scene

    @property
    def rows(self) -> list[tuple[str, str]]:
        """The lines as drawn: label and plain text."""
        return [(label, line.text) for label, line in self._rows]

    def show(self, scene: Scene | None, waiting: str = "", share: float | None = None) -> None:
        """Draw a scene. The visible part stays the same for the same recording.

        Without a scene, ``waiting`` says why, and ``share`` (0…1) is the progress.
        """
        before, self._scene = self._scene, scene
        self._waiting, self._share = waiting, share
        if self._stale:
            self._stale, self._strips = False, []
        if scene is None or before is None or before.name != scene.name:
            self._cursor.drop()
            self._looking_at = self._playhead_ms = None
            self.view = View.opening(scene.duration_ms if scene else 1, self._width)
        elif self.view.ms_per_cell >= before.duration_ms / max(self.view.width, 1) - 1e-6:
            self.view = View.whole(scene.duration_ms, self._width)
        else:
            self.view = self.view.within(scene.duration_ms)
        self._cursor.scene = scene
        if scene and self._cursor.arm not in self._letters:
            self._cursor.leave_arm(self._first_arm)
        self._announce()
        self.draw()

    def set_stale(self) -> None:
        """Dim the drawing: it belongs to earlier settings."""
        if not self._stale:
            self._stale = True
            self.refresh()

    @property
    def _letters(self) -> list[str]:
        return [lane.arm for lane in self._scene.agents] if self._scene else []

    @property
    def _first_arm(self) -> str:
        return self._scene.lanes[0].arm if self._scene and self._scene.lanes else "A"

    @property
    def _width(self) -> int:
        return max(self.size.width - GUTTER, 1)

    def draw(self) -> None:
        """Draw all lines again, and repaint changed ones."""
        if not self.is_mounted or not self.size.height:
            return
        if not self._palette:
            self._palette = self._make_palette()
        before = self._strips
        self._rows = self._lines()
        label_style = self._palette["label"]
        self._strips = [
            line.strip(Segment(f"{label:<{GUTTER}}"[:GUTTER], label_style), self._palette)
            for label, line in self._rows
        ]
        if len(before) != len(self._strips):
            self.refresh()
            return
        width = self.size.width
        changed = [Region(0, y, width, 1) for y, strip in enumerate(self._strips) if strip != before[y]]
        if changed:
            self.refresh(*changed)

    def _lines(self) -> list[tuple[str, CellLine]]:
        scene, view, height = self._scene, self.view, self.size.height
        if scene is None:
            return [("", line) for line in lanes.waiting(self._waiting, self._share, view.width, self.glyphs)]
        return self.lay_out(scene, height)[:height]

    def lay_out(self, scene: Scene, height: int) -> list[tuple[str, CellLine]]:
        """Return the lines that fit a height, each with its label."""
        found, self._top = lay_out(
            scene, self.view, height, self.glyphs, self._heard_arm, with_overview=self.WITH_OVERVIEW
        )
        self._draw_cursor(found, self.glyphs)
        self._draw_playhead(found, self.glyphs)
        return found

    @property
    def has_lens(self) -> bool:
        """Whether it shows a part of a long call, below an overview."""
        return self._top > 0

    @property
    def glyphs(self) -> lanes.Glyphs:
        """The characters in use."""
        return lanes.FINE if self.fine_glyphs else lanes.ASCII

    def _draw_cursor(self, rows: list[tuple[str, CellLine]], glyphs: lanes.Glyphs) -> None:
        mark = self.chosen
        if mark is None:
            return
        x = int(self.view.x(mark.t_ms))
        lanes.put_cursor(rows[self._top][1], x, glyphs)
        letters = self._letters
        lane = rows[letters.index(self._cursor.arm) - len(letters)][1]
        if 0 <= x < lane.width:
            lane.kinds[x] = "cursor"

    def _draw_playhead(self, rows: list[tuple[str, CellLine]], glyphs: lanes.Glyphs) -> None:
        if self._playhead_ms is None:
            return
        overview = View.whole(self._scene.duration_ms if self._scene else 1, self.view.width)
        for row, (_, line) in enumerate(rows):
            x = int((overview if row < self._top else self.view).x(self._playhead_ms))
            if 0 <= x < line.width:
                line.put(x, glyphs.playhead if line.chars[x] == " " else line.chars[x], "playhead")

    def _make_palette(self) -> dict[str, Style]:
        palette = {kind: self.get_component_rich_style(f"timeline--{kind}") for kind in _KINDS}
        palette["false barge-in"] = palette["false-barge-in"]
        palette[BLANK] = self.rich_style
        for arm in "abcdh":
            palette[f"words-{arm}"] = palette[f"agent-{arm}"] + Style(reverse=True)
        palette["said-in"] = palette["said"] + Style(underline=True)
        palette["words-over"] = palette["over"] + Style(reverse=True)
        for limit in ("threshold", "eager"):
            palette[f"{limit}-on-curve"] = palette["curve"] + Style(reverse=True)
        for kind in ("cut-in", "barge-in", "false barge-in"):
            palette[f"{kind}{arms.RULE}"] = palette[kind] + Style(reverse=False)
        tint = Style(bgcolor=self.get_component_rich_style("timeline--tint").bgcolor)
        for kind in (BLANK, "quiet", "wave", *(f"is-{kind}" for kind in SPEECH_KINDS)):
            palette[f"{kind}{lanes.OVER}"] = palette[kind] + tint
        return palette

    def legend(self, room: int) -> Content:
        """Return the meanings of the characters in their colours, the most important that fit ``room`` cells."""
        if self._scene is None:
            return Content()
        found = [
            Content.assemble((glyph, self._visual(kind)), f" {meaning}")
            for glyph, kind, meaning in self.glyphs.legend(self._scene)
        ]
        while len(found) > 1 and Content("  ").join(found).cell_length > room:
            found.pop()
        return Content("  ").join(found)

    def _visual(self, kind: str) -> VisualStyle:
        found = self.get_visual_style(f"timeline--{kind.replace(' ', '-')}")
        return VisualStyle(foreground=found.foreground, bold=found.bold)

    def notify_style_update(self) -> None:
        """Forget the colours: the theme or the style sheet changed."""
        super().notify_style_update()
        # The lanes have their new colours only after this event.
        self.call_later(self._recolour)

    def _recolour(self) -> None:
        self._palette = {}
        self._announce()
        self.draw()

    def watch_fine_glyphs(self) -> None:
        """Draw with the other set of characters."""
        self._announce()
        self.draw()

    def on_resize(self) -> None:
        """Fit everything into the new size."""
        scene = self._scene
        if self.view.width != self._width:
            duration_ms = scene.duration_ms if scene else 1
            self.view = View.opening(duration_ms, self._width).showing(self.view.start_ms, duration_ms)
        self._strips = []
        self.draw()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return a line drawn earlier."""
        if y < len(self._strips):
            strip = self._strips[y]
            return strip.apply_style(Style(dim=True)) if self._stale else strip
        return Strip.blank(self.size.width, self.rich_style)

    # ---- playback

    @property
    def playhead_ms(self) -> float | None:
        """The playhead on the shared clock, or ``None``."""
        return self._playhead_ms

    def show_playhead(self, t_ms: float | None, arm: str, *, follow: bool = False) -> None:
        """Move the playhead to a moment, and mark the playing arm.

        ``follow`` scrolls when it leaves the view. If the user looks elsewhere, the view stays.
        """
        before, view = self._playhead_ms, self.view
        self._playhead_ms, was_heard, self._heard_arm = t_ms, self._heard_arm, arm
        if self._scene is None or (t_ms, arm) == (before, was_heard):
            return
        was_seen = before is None or view.start_ms <= before <= view.end_ms
        if follow and t_ms is not None and was_seen and not view.start_ms <= t_ms < view.end_ms:
            self.view = view.paged_to(t_ms, self._scene.duration_ms)
        cells = [None if at is None else int(self.view.x(at)) for at in (before, t_ms)]
        if self.view != view or cells[0] != cells[1] or arm != was_heard:
            self.draw()

    # ---- moving

    def zoom(self, steps: int) -> None:
        """Zoom in or out, around the selected event or the middle."""
        if self._scene is None:
            return
        mark = self.chosen
        middle = (self.view.start_ms + self.view.end_ms) / 2
        around = mark.t_ms if mark and self.view.start_ms <= mark.t_ms < self.view.end_ms else middle
        self.view = self.view.zoomed(steps, around, self._scene.duration_ms)
        self.draw()

    def pan(self, share: float) -> None:
        """Scroll to an earlier (negative) or later part, by a share of the width."""
        if self._scene is not None:
            self.view = self.view.moved(share, self._scene.duration_ms)
            self.draw()

    # ---- selecting events

    @property
    def chosen(self) -> SceneMark | None:
        """The selected event."""
        return self._cursor.mark

    def step_event(self, steps: int) -> None:
        """Select the next or previous event of the arm, and scroll to it."""
        self._cursor.step(steps, self.view)
        self._show_chosen()

    def step_difference(self, steps: int) -> bool:
        """Go to the next or previous turn that arm A treats differently from B. Return whether there is one."""
        if self._scene is None:
            return False
        here = -1.0 if self._looking_at is None else self._looking_at
        times = [found.t_ms for found in self._scene.differing]
        wanted = [t_ms for t_ms in times if (t_ms > here if steps > 0 else t_ms < here)]
        if not wanted:
            return False
        self.look_at(wanted[0] if steps > 0 else wanted[-1])
        return True

    def look_at(self, t_ms: int) -> None:
        """Scroll to a moment, and select arm A's event nearest to it."""
        self._looking_at = t_ms
        if self._scene is not None:
            self._cursor.go_near(self._first_arm, t_ms)
            self.view = self.view.showing(t_ms, self._scene.duration_ms)
        self._announce()
        self.draw()

    def step_arm(self, steps: int) -> None:
        """Select the agent of the arm below or above, at its event nearest to the selected one."""
        if self._scene is None:
            return
        letters = self._letters
        arm = letters[min(max(letters.index(self._cursor.arm) + steps, 0), len(letters) - 1)]
        mark = self.chosen
        self._cursor.go_near(arm, mark.t_ms if mark else self.view.start_ms)
        self._show_chosen()

    def _show_chosen(self) -> None:
        mark = self.chosen
        if mark is not None and self._scene is not None:
            self.view = self.view.showing(mark.t_ms, self._scene.duration_ms)
        self._announce()
        self.draw()

    def _announce(self) -> None:
        self.post_message(self.Chosen(self._cursor.arm, self.chosen).set_sender(self))

    def on_click(self, event: events.Click) -> None:
        """Select the event nearest to the mouse, in its lane or else in A's. On the ruler, seek."""
        offset = event.get_content_offset(self)
        if offset is None or self._scene is None:
            return
        if offset.y < self._top:
            self._move_lens(offset.x)
            return
        if offset.y == self._top and offset.x >= GUTTER:
            self.post_message(self.Sought(max(round(self.view.t(offset.x - GUTTER)), 0)).set_sender(self))
            return
        row = offset.y - len(self._strips)
        letters = self._letters
        self._cursor.go_near(
            letters[row] if -len(letters) <= row < 0 else self._first_arm, self.view.t(offset.x - GUTTER)
        )
        self._show_chosen()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag the lens over the overview."""
        offset = event.get_content_offset(self)
        if event.button == 1 and offset is not None and offset.y < self._top:
            self._move_lens(offset.x)

    def _move_lens(self, x: int) -> None:
        if self._scene is not None:
            whole = View.whole(self._scene.duration_ms, self.view.width)
            self.view = self.view.around(whole.t(x - GUTTER + 0.5), self._scene.duration_ms)
            self.draw()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll to earlier, or zoom in with ctrl."""
        event.stop()
        self.zoom(1) if event.ctrl else self.pan(-0.1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll to later, or zoom out with ctrl."""
        event.stop()
        self.zoom(-1) if event.ctrl else self.pan(0.1)
