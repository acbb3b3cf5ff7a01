"""The History tab: who changed what of a service when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import DataTable, Static

from tui.terminal_text import cell, content, cut

if TYPE_CHECKING:
    from datetime import datetime

    from tui.services.service_facts import Facts
    from tui.services.service_history import HistoryLine

_COLUMNS = ("WHEN", "WHO", "WHAT")
_WHO_WIDTH, _WHAT_WIDTH = 16, 80


class ServiceHistoryTable(Vertical):
    """A table of changes, newest first; under it the highlighted one in full."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[HistoryLine, ...] = ()
        self._limits = ""

    def compose(self) -> ComposeResult:
        """Lay out the table over the change in full."""
        yield DataTable[Any](cursor_type="row", id="history-rows")
        with VerticalScroll(id="history-detail"):
            yield Static(id="history-note", markup=False)

    def on_mount(self) -> None:
        """Set up the columns."""
        self.query_one(DataTable).add_columns(*_COLUMNS)

    def show(self, facts: Facts) -> None:
        """Show the history of a service, as far as it came."""
        background = facts.background
        self._lines = background.history or ()
        self._limits = background.history_unknown
        table = self.query_one(DataTable)
        row = table.cursor_row
        table.clear()
        for line in self._lines:
            who = cell(cut(line.who, _WHO_WIDTH) or "—")
            table.add_row(cell(moment(line.at)), who, cell(cut(line.what, _WHAT_WIDTH)))
        table.display = bool(self._lines)
        table.move_cursor(row=min(row, len(self._lines) - 1), animate=False)
        self._show_note(asked=background.history is not None)

    def on_data_table_row_highlighted(self) -> None:
        """Show the change in full."""
        self._show_note(asked=True)

    def _show_note(self, *, asked: bool) -> None:
        row = self.query_one(DataTable).cursor_row
        if not asked:
            text = "Reading the history…"
        elif 0 <= row < len(self._lines):
            text = self._lines[row].detail
        else:
            text = "Nothing was changed yet."
        limits = f"⚠ {self._limits}." if asked and self._limits else ""
        self.query_one("#history-note", Static).update(content("\n".join(filter(None, (text, limits))), lines=True))


def moment(at: datetime | None) -> str:
    """Return a time as the clock on the wall shows it."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M") if at else "—"
