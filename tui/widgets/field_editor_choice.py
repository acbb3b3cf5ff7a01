"""Controls for fields that hold one of a few values, words, or an object."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip

from tui.widgets.field_editor_control import FieldControl
from tui.widgets.timeline_line import one_cell

FEW = 3
"""Up to so many values Enter takes the next one; of more it offers a list."""


class LineControl(FieldControl):
    """A control that is one line of text."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"line-control--text"}

    def line(self) -> str:
        """Return what to show."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        width = self.size.width
        if y:
            return Strip.blank(width, self.rich_style)
        text = one_cell(self.line())
        if len(text) > width:
            text = text[: max(width - 1, 0)] + "…"
        return Strip([Segment(f"{text:<{width}}", self._text_style())], width)

    def _text_style(self) -> Style:
        return self.get_component_rich_style("line-control--text")


class Choice(LineControl):
    """One of a few values: left and right go through them, as does the mouse; on and off are such values too."""

    @property
    def _values(self) -> tuple[object, ...]:
        return (False, True) if self.state.spec.kind == "bool" else self.state.spec.choices

    def line(self) -> str:
        """Return the value between the arrows that change it."""
        values, value = self._values, self.state.in_force
        at = values.index(value) if value in values else None
        left = " " if at == 0 else "‹"
        right = " " if at == len(values) - 1 else "›"
        return f"{left} {'not set' if value is None else self.state.spec.show(value)} {right}"

    def step(self, steps: int) -> None:
        """Go to the next (or an earlier) value, and stay at the ends."""
        values, value = self._values, self.state.in_force
        one = 1 if steps > 0 else -1
        at = values.index(value) + one if value in values else 0
        self.post_change(values[min(max(at, 0), len(values) - 1)], "keys")

    def jump(self, to_high: bool) -> None:
        """Go to the last or the first value."""
        self.post_change(self._values[-1 if to_high else 0], "keys")

    def confirm(self) -> None:
        """Do what Enter does: the next value and after the last the first, or a list if there are many."""
        values, value = self._values, self.state.in_force
        if len(values) > FEW:
            super().confirm()
            return
        at = values.index(value) + 1 if value in values else 0
        self.post_change(values[at % len(values)])

    def on_click(self, event: events.Click) -> None:
        """Go back by a click on the left arrow, and on by a click anywhere else."""
        self.step(-1 if event.x < 2 else 1)


class LongText(LineControl):
    """A list of words or an object: shown on one line, edited in a window of its own."""

    def line(self) -> str:
        """Return the value, or what stands in for it."""
        spec, value = self.state.spec, self.state.in_force
        if value is None:
            return {"filler_vocabulary": "(the style's own)", "progress_vocabulary": "(Turnlab's own)"}.get(
                spec.name, "(none)"
            )
        if isinstance(value, dict):
            return f"{{ {', '.join(map(str, value))} }}" if value else "{ }"
        return spec.show(value)

    def on_click(self) -> None:
        """Edit it."""
        self.confirm()
