"""A slider for one number, which may also inherit."""

from __future__ import annotations

import math
from itertools import count
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.strip import Strip

from tui.tune.fields import FieldState
from tui.widgets.field_editor_control import FieldControl

_GRIP, _HOLLOW, _BELOW, _ABOVE = "●", "○", "◂", "▸"
_DONE, _REST = "━", "─"


def nearest_step(value: float, low: float, step: float) -> float:
    """Return the step of a scale starting at ``low`` that is nearest to a value."""
    return round(low + round((value - low) / step) * step, 10)


def stepped(value: float, steps: int, low: float, high: float, step: float) -> float:
    """Return the value ``steps`` further on the scale. A value between two steps first moves to the next one.

    A value beyond the scale's ends (not the field's bounds) does not move further out.
    """
    place = (value - low) / step
    tidy = round(place, 6)
    start = math.floor(tidy) if steps > 0 else math.ceil(tidy)
    moved = round(low + (start + steps) * step, 10)
    return min(max(moved, min(low, value)), max(high, value))


class Slider(FieldControl):
    """The slider of a field: arrows step, shift takes larger steps, home and end jump, the mouse drags.

    A field that inherits shows the inherited value, hollow and dim. If no layer sets it, it shows the profile's own
    value, if any.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"slider--done", "slider--rest", "slider--grip"}

    def __init__(self, state: FieldState) -> None:
        super().__init__(state)
        assert state.spec.slider is not None
        self._low, self._high = state.spec.slider
        self._drags = count()
        self._drag: int | None = None

    @property
    def number(self) -> float | None:
        """The value that applies, as a number. ``None``: off, or no limit."""
        value = self.state.in_force
        return float(value) if isinstance(value, (int, float)) else self.state.stands_at

    def step(self, steps: int) -> None:
        """Move by the field's step size."""
        if self.number is None:
            # From "off" or "no limit", the first step enters the scale at the near end.
            value = self._low if steps > 0 else self._high
        else:
            value = stepped(self.number, steps, self._low, self._high, self.state.spec.step)
        self._put(self._within_bounds(value), "keys")

    def _within_bounds(self, value: float) -> float:
        """Move a stored value from outside the documented bounds to them at its first step."""
        low, high = self.state.spec.low, self.state.spec.high
        return min(value if low is None else max(value, low), math.inf if high is None else high)

    def jump(self, to_high: bool) -> None:
        """Move to an end of the scale."""
        self._put(self._high if to_high else self._low, "keys")

    def _put(self, value: float, gesture: object) -> None:
        whole = self.state.spec.kind == "int"
        self.post_change(round(value) if whole else round(value, 6), gesture)

    # ---- drawing

    def render_line(self, y: int) -> Strip:
        """Draw the track with its grip."""
        width = self.size.width
        if y or width < 3:
            return Strip.blank(width, self.rich_style)
        grip, done, rest = (self.get_component_rich_style(f"slider--{part}") for part in ("grip", "done", "rest"))
        value = self.number
        if value is None:
            return Strip([Segment(_REST * width, rest)], width)
        at = self._cell_of(value)
        glyph = _HOLLOW if self.state.inherited else _GRIP
        if not self._low <= value <= self._high:
            glyph = _BELOW if value < self._low else _ABOVE
        before = Segment((_REST if self.state.inherited else _DONE) * at, rest if self.state.inherited else done)
        return Strip([before, Segment(glyph, grip), Segment(_REST * (width - at - 1), rest)], width)

    def _cell_of(self, value: float) -> int:
        share = (value - self._low) / (self._high - self._low)
        return round(min(max(share, 0.0), 1.0) * (self.size.width - 1))

    # ---- mouse

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Grab the grip, anywhere on the track."""
        if event.button == 1:
            self._drag = next(self._drags)
            self.capture_mouse()
            self._drag_to(event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag the grip."""
        if self._drag is not None:
            self._drag_to(event)

    def on_mouse_up(self) -> None:
        """Release the grip."""
        if self._drag is not None:
            self._drag = None
            self.release_mouse()

    def _drag_to(self, event: events.MouseEvent) -> None:
        share = event.x / max(self.size.width - 1, 1)
        raw = self._low + min(max(share, 0.0), 1.0) * (self._high - self._low)
        value = min(nearest_step(raw, self._low, self.state.spec.step), self._high)
        self._put(value, ("drag", self._drag))
