"""The list of stored calls. It draws only visible rows, so its speed does not depend on the number of calls."""

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

from services.calls.overview import CallOverview
from tui.calls.periods import Line, SettingsChange
from tui.calls.story import NOTHING, how_it_went
from tui.terminal_text import screen_text

if TYPE_CHECKING:
    from textual import events

# Title, width (0: the remaining width), and whether the column is right-aligned.
COLUMNS: tuple[tuple[str, int, bool], ...] = (
    ("Started", 11, False),
    ("Length", 6, True),
    ("Response", 8, True),
    ("Cut-ins", 7, True),
    ("False stops", 11, True),
    ("Hanging", 7, True),
    ("Quality", 7, True),
    ("Ended by", 0, False),
)


_ENDED_BY = {
    "caller_hangup": "caller",
    "terminal_state": "agent",
    "escalated": "operator",
    "transferred": "operator",
    "warm_transfer_completed": "operator",
}


def cells_of(call: CallOverview, *, with_service: bool) -> list[str]:
    """Return the text of each column for a call. Stops are those without a barge-in.

    No column holds a telephone number.
    """
    started = call.started_at.astimezone().strftime("%m-%d %H:%M") if call.started_at else NOTHING
    return [
        started,
        *how_it_went(call.duration_s, call.heard, call.quality),
        " · ".join(_about(call, with_service=with_service)),
    ]


def _about(call: CallOverview, *, with_service: bool) -> list[str]:
    found = [call.service_name or "no service"] if with_service else []
    if call.simulated:
        found.append("simulated")
    if call.operator:
        found.append("operator")
    if call.audio_state != "here":
        found.append({"none": "no recording", "removed": "no audio"}.get(call.audio_state, call.audio_state))
    return found or [_ENDED_BY.get(call.ended_by or "", (call.ended_by or "").replace("_", " "))]


def row_text(cells: Sequence[str], width: int) -> str:
    """Return a row's cells aligned to a width."""
    fixed = sum(column[1] for column in COLUMNS) + len(COLUMNS) - 1
    parts = []
    for cell, (_, room, right) in zip(cells, COLUMNS, strict=True):
        room = room or max(width - fixed - 1, 0)
        shown = screen_text(cell, room)
        parts.append(shown.rjust(room) if right else set_cell_size(shown, room))
    return set_cell_size(" " + " ".join(parts), width)


def change_text(change: SettingsChange, width: int, *, with_service: bool) -> str:
    """Return the line for a change of settings, for a width."""
    whose = f"{change.newer.service_name}: " if with_service else ""
    heading = f" ── {whose}settings changed: "
    room = max(width - 2 - cell_len(heading) - 1, 0)
    said = screen_text(f"{heading}{change.words(room)} ", max(width - 2, 0))
    return said + "─" * max(width - cell_len(said), 0)


def _id(line: Line) -> str:
    return f"change before {line.newer.id}" if isinstance(line, SettingsChange) else line.id


class CallList(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows of calls with a cursor."""

    BINDINGS: ClassVar[list[BindingType]] = []
    COMPONENT_CLASSES: ClassVar[set[str]] = {"call-list--cursor", "call-list--change"}

    lines: reactive[Sequence[Line]] = reactive((), init=False, always_update=True)
    cursor: reactive[int] = reactive(0)
    with_service: reactive[bool] = reactive(False)

    class Highlighted(Message):
        """The cursor moved to another call, or to none."""

        def __init__(self, line: Line | None) -> None:
            super().__init__()
            self.line = line

        def can_replace(self, message: Message) -> bool:
            """Keep only the newest position."""
            return isinstance(message, CallList.Highlighted)

    class Opened(Message):
        """A call was double-clicked."""

    _posted: Line | None = None

    @property
    def line(self) -> Line | None:
        """The line under the cursor."""
        return self.lines[self.cursor] if 0 <= self.cursor < len(self.lines) else None

    @property
    def highlighted(self) -> CallOverview | None:
        """The call under the cursor."""
        return self.line if isinstance(self.line, CallOverview) else None

    @property
    def calls(self) -> list[CallOverview]:
        """The listed calls."""
        return [line for line in self.lines if isinstance(line, CallOverview)]

    def go_to(self, call_id: str) -> None:
        """Put the cursor on a call."""
        self.cursor = next((at for at, one in enumerate(self.lines) if _id(one) == call_id), self.cursor)

    def watch_lines(self, before: Sequence[Line], lines: Sequence[Line]) -> None:
        """Show these lines. The cursor stays on its call if that is still listed."""
        line = before[self.cursor] if 0 <= self.cursor < len(before) else None
        self.virtual_size = Size(0, len(lines))
        row = min(self.cursor, max(len(lines) - 1, 0))
        # A cursor at the top stays there: newer calls arrive above.
        if line is not None and row and not (row < len(lines) and _id(lines[row]) == _id(line)):
            row = next((at for at, one in enumerate(lines) if _id(one) == _id(line)), row)
        self.set_reactive(CallList.cursor, row)
        self._follow()

    def watch_with_service(self) -> None:
        """Redraw the rows with or without their service."""
        self.refresh()

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a row."""
        return max(0, min(cursor, len(self.lines) - 1))

    def watch_cursor(self) -> None:
        """Scroll to the cursor, and post its change."""
        self._follow()

    def _follow(self) -> None:
        self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False, force=True)
        self.refresh()
        if self.line is not self._posted:
            self._posted = self.line
            self.post_message(self.Highlighted(self._posted))

    def move(self, where: str) -> None:
        """Move the cursor: ``down``, ``up``, ``page_down``, ``page_up``, ``first`` or ``last``."""
        page = max(self.size.height - 1, 1)
        steps = {"down": 1, "up": -1, "page_down": page, "page_up": -page}
        self.cursor = (
            0 if where == "first" else len(self.lines) - 1 if where == "last" else self.cursor + steps[where]
        )

    def on_resize(self) -> None:
        """Scroll to the cursor."""
        self._follow()

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the clicked row. A double click opens it."""
        row = event.y + int(self.scroll_y)
        if 0 <= row < len(self.lines):
            self.cursor = row
            if event.chain == 2:
                self.post_message(self.Opened())

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        row, width = y + int(self.scroll_y), self.size.width
        if row >= len(self.lines):
            return Strip.blank(width, self.rich_style)
        style = self.rich_style
        if row == self.cursor:
            style += self.get_component_rich_style("call-list--cursor")
        line = self.lines[row]
        if isinstance(line, SettingsChange):
            if row != self.cursor:
                style += self.get_component_rich_style("call-list--change")
            text = change_text(line, width, with_service=self.with_service)
        else:
            text = row_text(cells_of(line, with_service=self.with_service), width)
        return Strip([Segment(text, style)]).adjust_cell_length(width, style)
