"""The list of services: draws only the rows in view, so that ten thousand are as quick as ten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.terminal_text import cut, plain

if TYPE_CHECKING:
    from textual import events

    from services.model import Service

ACTIVE, INACTIVE = "●", "○"
_CHANNEL_WIDTH = 10
_LOOKAHEAD = 20
"""How many rows before the end the next page is asked for."""


class ServiceList(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows of services with a cursor."""

    BINDINGS: ClassVar[list[BindingType]] = []
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "service-list--cursor",
        "service-list--hover",
        "service-list--inactive",
        "service-list--mark",
        "service-list--channel",
    }

    cursor: reactive[int] = reactive(0)
    hover: reactive[int] = reactive(-1)

    class Highlighted(Message):
        """The cursor is on another service, or on none."""

        def __init__(self, service: Service | None) -> None:
            super().__init__()
            self.service = service

        def can_replace(self, message: Message) -> bool:
            """Only the newest place counts: while a key is held, nobody reads what lies between."""
            return isinstance(message, ServiceList.Highlighted)

    class Opened(Message):
        """A service was double-clicked."""

    class MoreWanted(Message):
        """The cursor or the view comes near the end of the rows; at least ``rows`` would be good."""

        def __init__(self, rows: int) -> None:
            super().__init__()
            self.rows = rows

        def can_replace(self, message: Message) -> bool:
            """Only the newest wish counts."""
            return isinstance(message, ServiceList.MoreWanted)

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._services: Sequence[Service] = ()
        self._told: Service | None = None

    @property
    def highlighted(self) -> Service | None:
        """The service under the cursor."""
        return self._services[self.cursor] if 0 <= self.cursor < len(self._services) else None

    @property
    def services(self) -> Sequence[Service]:
        """The rows, as far as they came."""
        return self._services

    def show(self, services: Sequence[Service]) -> None:
        """Show these rows, with the cursor on the service it was on if that is among them."""
        before = self.highlighted
        self._services = services
        self.virtual_size = Size(0, len(services))
        row = self.cursor
        if before is not None and not (row < len(services) and services[row].id == before.id):
            row = next((at for at, service in enumerate(services) if service.id == before.id), 0)
        self.set_reactive(ServiceList.cursor, min(row, max(len(services) - 1, 0)))
        self._keep_in_view()
        self.refresh()
        self._tell()

    def action_cursor_down(self) -> None:
        """Move the cursor one row down."""
        self.cursor += 1

    def action_cursor_up(self) -> None:
        """Move the cursor one row up."""
        self.cursor -= 1

    def action_page_down(self) -> None:
        """Move the cursor down by the rows in view."""
        self.cursor += max(self.size.height - 1, 1)

    def action_page_up(self) -> None:
        """Move the cursor up by the rows in view."""
        self.cursor -= max(self.size.height - 1, 1)

    def action_scroll_top(self) -> None:
        """Move the cursor to the first row."""
        self.cursor = 0

    def action_scroll_bottom(self) -> None:
        """Move the cursor to the last row there is."""
        self.cursor = len(self._services) - 1

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a row."""
        return max(0, min(cursor, len(self._services) - 1))

    def watch_cursor(self) -> None:
        """Follow the cursor with the view, and tell of it."""
        self._keep_in_view()
        self.refresh()
        self._tell()

    def watch_hover(self) -> None:
        """Redraw for the row under the mouse."""
        self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for more rows as the view nears the end."""
        super().watch_scroll_y(old_value, new_value)
        self._ask_for_more()

    def _keep_in_view(self) -> None:
        self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False, force=True)

    def _tell(self) -> None:
        if self.highlighted is not self._told:
            self._told = self.highlighted
            self.post_message(self.Highlighted(self._told))
        self._ask_for_more()

    def _ask_for_more(self) -> None:
        last = max(self.cursor, int(self.scroll_y) + self.size.height)
        if last + _LOOKAHEAD >= len(self._services):
            self.post_message(self.MoreWanted(last + _LOOKAHEAD + 1))

    def on_resize(self) -> None:
        """Keep the cursor in view, and ask for the rows there is room for now."""
        self._keep_in_view()
        self._ask_for_more()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row that was clicked; a double click opens it."""
        row = event.y + int(self.scroll_y)
        if 0 <= row < len(self._services):
            self.cursor = row
            if event.chain == 2:
                self.post_message(self.Opened())

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Mark the row under the mouse."""
        self.hover = event.y + int(self.scroll_y)

    def on_leave(self) -> None:
        """Unmark the row the mouse was on."""
        self.hover = -1

    def render_line(self, y: int) -> Strip:
        """Draw one row: mark, name, channel."""
        row = y + int(self.scroll_y)
        width = self.size.width
        if row >= len(self._services):
            return Strip.blank(width, self.rich_style)
        service = self._services[row]
        style = self.rich_style
        if not service.is_active:
            style += self.get_component_rich_style("service-list--inactive", partial=True)
        if row == self.cursor:
            style += self.get_component_rich_style("service-list--cursor")
        elif row == self.hover:
            style += self.get_component_rich_style("service-list--hover", partial=True)
        mark_style = style + self.get_component_rich_style("service-list--mark", partial=True)
        channel_style = style + self.get_component_rich_style("service-list--channel", partial=True)
        channel = cut(plain(service.channel_type), _CHANNEL_WIDTH)
        room = max(width - 4 - cell_len(channel), 0)
        name = cut(plain(service.name) or "(no name)", room)
        segments = [
            Segment(f"{ACTIVE if service.is_active else INACTIVE} ", style if row == self.cursor else mark_style),
            Segment(set_cell_size(name, room), style),
            Segment(f" {channel} ", style if row == self.cursor else channel_style),
        ]
        return Strip(segments).adjust_cell_length(width, style).crop(0, width)
