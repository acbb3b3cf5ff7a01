"""The left-hand side of the Services screen: the filter, the list, and its count.

The list draws only visible rows, so its speed does not depend on the number of services.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from services.service_filter import ServiceFilter
from tui.services.listing import OPENING, Listed
from tui.terminal_text import content, screen_text

if TYPE_CHECKING:
    from textual import events

    from services.model import Service

ACTIVE, INACTIVE = "●", "○"
_CHANNEL_WIDTH = 10
_LOOKAHEAD = 20
"""How many rows before the end the next page is requested."""
_MOVES_IN_TABLE = {
    "down": "cursor_down",
    "up": "cursor_up",
    "page_down": "page_down",
    "page_up": "page_up",
    "first": "scroll_top",
    "last": "scroll_bottom",
}
_MOVES_IN_TEXT = {
    "down": "scroll_down",
    "up": "scroll_up",
    "page_down": "page_down",
    "page_up": "page_up",
    "first": "scroll_home",
    "last": "scroll_end",
}


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

    # Do not compare ten thousand rows with the previous ones.
    services: reactive[Sequence[Service]] = reactive((), init=False, always_update=True)
    """The rows that have arrived."""
    cursor: reactive[int] = reactive(0)
    hover: reactive[int] = reactive(-1)

    class Highlighted(Message):
        """The cursor moved to another service, or to none."""

        def __init__(self, service: Service | None) -> None:
            super().__init__()
            self.service = service

        def can_replace(self, message: Message) -> bool:
            """Keep only the newest position: while a key is held, the others are skipped."""
            return isinstance(message, ServiceList.Highlighted)

    class Opened(Message):
        """A service was double-clicked."""

    class MoreWanted(Message):
        """The cursor or the view nears the end of the rows. At least ``rows`` are needed."""

        def __init__(self, rows: int) -> None:
            super().__init__()
            self.rows = rows

        def can_replace(self, message: Message) -> bool:
            """Keep only the newest request."""
            return isinstance(message, ServiceList.MoreWanted)

    _posted: Service | None = None
    begin_at = ""
    """The id or name of the service to highlight when the first rows arrive, if it is one of them."""
    sought = ""
    """The id of a service to highlight once it is listed."""
    chosen = ServiceFilter()
    """The filter of the rows. If a word is not in a name, the row shows where it is."""

    @property
    def highlighted(self) -> Service | None:
        """The service under the cursor."""
        return self.services[self.cursor] if 0 <= self.cursor < len(self.services) else None

    def watch_services(self, before: Sequence[Service], services: Sequence[Service]) -> None:
        """Show these rows. The cursor stays on its service if that is still listed."""
        service = before[self.cursor] if 0 <= self.cursor < len(before) else None
        self.virtual_size = Size(0, len(services))
        row = self.cursor
        if service is None and self.begin_at:
            row = next((at for at, one in enumerate(services) if self.begin_at in (one.id, one.name)), 0)
        if service is not None and not (row < len(services) and services[row].id == service.id):
            row = next((at for at, one in enumerate(services) if one.id == service.id), 0)
        if self.sought and (there := [at for at, one in enumerate(services) if one.id == self.sought]):
            row, self.sought = there[0], ""
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
        """Move the cursor down by the visible rows."""
        self.cursor += max(self.size.height - 1, 1)

    def action_page_up(self) -> None:
        """Move the cursor up by the visible rows."""
        self.cursor -= max(self.size.height - 1, 1)

    def action_scroll_top(self) -> None:
        """Move the cursor to the first row."""
        self.cursor = 0

    def action_scroll_bottom(self) -> None:
        """Move the cursor to the last row."""
        self.cursor = len(self.services) - 1

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a row."""
        return max(0, min(cursor, len(self.services) - 1))

    def watch_cursor(self) -> None:
        """Scroll to the cursor, and post its change."""
        self._keep_in_view()
        self.refresh()
        self._tell()

    def watch_hover(self) -> None:
        """Redraw for the row under the mouse."""
        self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Request more rows as the view nears the end."""
        super().watch_scroll_y(old_value, new_value)
        self._ask_for_more()

    def brought_into_view(self) -> bool:
        """Scroll to the row under the cursor. Return whether the mouse wheel had moved it out of view."""
        seen = not self.size or 0 <= self.cursor - int(self.scroll_y) < self.size.height
        self._keep_in_view()
        return not seen

    def _keep_in_view(self) -> None:
        self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False, force=True)

    def _tell(self) -> None:
        if self.highlighted is not self._posted:
            self._posted = self.highlighted
            self.post_message(self.Highlighted(self._posted))
        self._ask_for_more()

    def _ask_for_more(self) -> None:
        last = max(self.cursor, int(self.scroll_y) + self.size.height)
        if last + _LOOKAHEAD >= len(self.services):
            self.post_message(self.MoreWanted(last + _LOOKAHEAD + 1))

    def on_resize(self) -> None:
        """Keep the cursor visible, and request rows for the new height."""
        self._keep_in_view()
        self._ask_for_more()

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the clicked row. A double click opens it."""
        row = event.y + int(self.scroll_y)
        if 0 <= row < len(self.services):
            self.cursor = row
            if event.chain == 2:
                self.post_message(self.Opened())

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Mark the row under the mouse."""
        self.hover = event.y + int(self.scroll_y)

    def on_leave(self) -> None:
        """Remove the mark from the row under the mouse."""
        self.hover = -1

    def render_line(self, y: int) -> Strip:
        """Draw one row: mark, name, channel."""
        row = y + int(self.scroll_y)
        width = self.size.width
        if row >= len(self.services):
            return Strip.blank(width, self.rich_style)
        service = self.services[row]
        style = self.rich_style
        if not service.is_active:
            style += self.get_component_rich_style("service-list--inactive", partial=True)
        if row == self.cursor:
            style += self.get_component_rich_style("service-list--cursor")
        elif row == self.hover:
            style += self.get_component_rich_style("service-list--hover", partial=True)
        mark_style = style + self.get_component_rich_style("service-list--mark", partial=True)
        channel_style = style + self.get_component_rich_style("service-list--channel", partial=True)
        why = self.chosen.why(service)
        channel = "" if why else screen_text(service.channel_type, _CHANNEL_WIDTH)
        room = max(width - 4 - cell_len(channel), 0)
        name = screen_text(service.name or "(no name)", room)
        if why:
            # In place of the channel, and in up to half of the row.
            room = min(cell_len(name), max(room // 2, 0))
            channel = f"· {screen_text(why, max(width - room - 6, 0))}"
        segments = [
            Segment(f"{ACTIVE if service.is_active else INACTIVE} ", style if row == self.cursor else mark_style),
            Segment(set_cell_size(name, room), style),
            Segment(f" {channel} ", style if row == self.cursor else channel_style),
        ]
        return Strip(segments).adjust_cell_length(width, style).crop(0, width)


_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class ServiceNotice(Widget):
    """A sentence or two, with a spinner during a wait."""

    text: reactive[str] = reactive("", layout=True)
    waiting: reactive[bool] = reactive(False)
    frame: reactive[int] = reactive(0)
    _timer: Timer | None = None

    def on_mount(self) -> None:
        """Prepare the spinner."""
        self._timer = self.set_interval(0.1, self._turn, pause=not self.waiting)

    def watch_waiting(self, waiting: bool) -> None:
        """Run the spinner only while it is visible."""
        if self._timer is not None:
            if waiting:
                self._timer.resume()
            else:
                self._timer.pause()

    def _turn(self) -> None:
        self.frame = (self.frame + 1) % len(_FRAMES)

    def render(self) -> Content:
        """Return the text after the spinner."""
        mark = f"{_FRAMES[self.frame]} " if self.waiting else ""
        return Content(mark + screen_text(self.text, lines=True))


class ListPane(Vertical):
    """The filter, the matching rows or a text in their place, and their number."""

    listed: reactive[Listed] = reactive(OPENING, init=False, always_update=True)

    def __init__(self) -> None:
        super().__init__(id="services-pane")
        self.border_title = "Services"

    def compose(self) -> ComposeResult:
        """Lay out the filter above the list."""
        yield Input(placeholder="/ filter…", id="services-filter", compact=True)
        notice = ServiceNotice()
        notice.text, notice.waiting = self.listed.notice, self.listed.waiting
        yield notice
        # As in `watch_listed`: of a list behind the notice, the first frame draws a line instead of half a screen.
        yield ServiceList(classes="-behind-notice" if self.listed.notice else None)

    @property
    def filter(self) -> Input:
        """The filter's input."""
        return self.query_one("#services-filter", Input)

    @property
    def rows(self) -> ServiceList:
        """The list."""
        return self.query_one(ServiceList)

    def look_for(self, name: str) -> None:
        """Filter for the full name, and go to the list."""
        self.filter.value = f'"{name}"' if '"' not in name else name
        self.rows.focus()

    @on(Input.Submitted)
    def _go_to_rows(self) -> None:
        self.rows.focus()

    def watch_listed(self, before: Listed, listed: Listed) -> None:
        """Show the rows, or the text in their place."""
        if listed is before:
            return  # nothing has changed since compose
        self.rows.chosen = listed.chosen
        if listed.rows is not before.rows:
            self.rows.services = listed.rows
        if listed.at_first:
            self.rows.action_scroll_top()
        if listed.at_end:
            self.rows.action_scroll_bottom()
        notice = self.query_one(ServiceNotice)
        notice.text, notice.waiting, notice.display = listed.notice, listed.waiting, bool(listed.notice)
        # Not hidden: a hidden list would lose the focus.
        self.rows.set_class(bool(listed.notice), "-behind-notice")
        self.border_subtitle = content(listed.counted)


def moving(focused: Widget | None, where: str, *, otherwise: Widget) -> tuple[Widget, str]:
    """Return the widget to move and its action: the focused widget if it can move, else ``otherwise``."""
    if isinstance(focused, VerticalScroll):
        return focused, _MOVES_IN_TEXT[where]
    if focused is not None and hasattr(focused, "action_cursor_down"):
        return focused, _MOVES_IN_TABLE[where]
    return otherwise, _MOVES_IN_TABLE[where]
