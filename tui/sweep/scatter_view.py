"""The scatter on the screen: drawn line by line, with arrow keys and mouse."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tui.sweep.front import Direction, Front
from tui.sweep.scatter import ASCII, FINE, PlotFrame, Signs, draw
from tui.terminal_text import content
from tui.widgets.timeline_line import BLANK

_KINDS = ("axis", "tried", "line", "before", "front", "confirmed", "named", "nearest", "recommended", "chosen")


class Scatter(Widget, can_focus=True):
    """A front as points. The chosen row is in brackets. A requested point is posted as :class:`Chosen`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"scatter--{kind}" for kind in _KINDS}

    front: reactive[Front] = reactive(Front(), init=False)
    chosen: reactive[int] = reactive(0, init=False)
    fine_signs: reactive[bool] = reactive(True, init=False)

    class Chosen(Message):
        """A point was requested, by the row of its setting."""

        def __init__(self, row: int) -> None:
            super().__init__()
            self.row = row

    class Opened(Message):
        """The chosen point was double-clicked."""

    class Resized(Message):
        """The width for the legend changed."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._strips: list[Strip] = []

    @property
    def signs(self) -> Signs:
        """The characters in use."""
        return FINE if self.fine_signs else ASCII

    @property
    def lines(self) -> list[str]:
        """The drawing as plain text."""
        return [strip.text for strip in self._drawn()]

    @property
    def frame(self) -> PlotFrame:
        """The places of the points."""
        return PlotFrame(self.front.points, self.front.x, self.front.y, self.size.width, self.size.height)

    def watch_front(self) -> None:
        """Draw other points."""
        self._draw_again()

    watch_chosen = watch_fine_signs = watch_front

    def on_resize(self) -> None:
        """Draw in another size."""
        self._draw_again()
        self.post_message(self.Resized().set_sender(self))

    def notify_style_update(self) -> None:
        """Draw in other colours: the theme or the style sheet changed."""
        super().notify_style_update()
        self.call_later(self._draw_again)

    def _draw_again(self) -> None:
        self._strips = []
        self.refresh()

    def _drawn(self) -> list[Strip]:
        if not self._strips and self.front.rows and self.size.area:
            palette = {kind: self.get_component_rich_style(f"scatter--{kind}") for kind in _KINDS}
            palette[BLANK] = self.rich_style
            lines = draw(self.frame, self.chosen, self.signs)
            self._strips = [Strip(line.segments(palette), line.width) for line in lines]
        return self._strips

    def render_line(self, y: int) -> Strip:
        """Return one line of the drawing."""
        strips, width = self._drawn(), self.size.width
        if y < len(strips):
            return strips[y].adjust_cell_length(width, self.rich_style)
        return Strip([Segment(" " * width, self.rich_style)], width)

    def legend(self, room: int) -> Content:
        """Return the meanings of the signs, in lines of at most ``room`` cells."""
        lines: list[str] = [""]
        for sign, meaning in self.front.legend(self.signs):
            part = f"{sign} {meaning}"
            if lines[-1] and cell_len(f"{lines[-1]}  {part}") > room:
                lines.append("")
            lines[-1] = f"{lines[-1]}  {part}" if lines[-1] else part
        return content("\n".join(lines), lines=True)

    # ---- moving about

    def step(self, direction: Direction) -> None:
        """Request the next point in a direction."""
        if self.front.rows:
            self._ask(self.front.next_to(self.chosen, direction))

    def on_click(self, event: events.Click) -> None:
        """Request the point nearest to the mouse. A double click opens it."""
        offset = event.get_content_offset(self)
        if offset is None or not self.front.rows:
            return
        row = self.frame.nearest(offset.x, offset.y, range(len(self.front.rows)))
        if row is not None:
            self._ask(row)
            if event.chain == 2:
                self.post_message(self.Opened())

    def _ask(self, row: int) -> None:
        self.post_message(self.Chosen(row).set_sender(self))
