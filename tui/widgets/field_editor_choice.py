"""Controls for fields that hold one of a few values, or words."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip

from tui.widgets.field_editor_control import FieldControl
from tui.widgets.timeline_line import one_cell


class LineControl(FieldControl):
    """A control that is one line of text."""

    typed: ClassVar[bool] = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"line-control--text", "line-control--hint"}

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
        return f"{left} {self.state.spec.show(value)} {right}"

    def step(self, steps: int) -> None:
        """Go to the next (or an earlier) value, and stay at the ends."""
        values, value = self._values, self.state.in_force
        one = 1 if steps > 0 else -1
        at = values.index(value) + one if value in values else 0
        self.post_change(values[min(max(at, 0), len(values) - 1)], "keys")

    def cycle(self) -> None:
        """Go to the next value, and from the last to the first."""
        values, value = self._values, self.state.in_force
        at = values.index(value) + 1 if value in values else 0
        self.post_change(values[at % len(values)])

    def jump(self, to_high: bool) -> None:
        """Go to the last or the first value."""
        self.post_change(self._values[-1 if to_high else 0], "keys")

    def confirm(self) -> None:
        """Do what Enter does: the next value."""
        self.cycle()

    def on_click(self, event: events.Click) -> None:
        """Go back by a click on the left arrow, and on by a click anywhere else."""
        self.step(-1 if event.x < 2 else 1)


class Words(LineControl):
    """A list of words, typed with commas between them."""

    def line(self) -> str:
        """Return the words, or what stands in for them."""
        value = self.state.in_force
        if value is None:
            return "(the style's own)" if self.state.spec.name == "filler_vocabulary" else "(none)"
        return self.state.spec.show(value)

    def on_click(self) -> None:
        """Type the words."""
        self.confirm()
