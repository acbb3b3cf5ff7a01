"""Lists the worst turns of the listed calls, and opens one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import DataTable, Static

from tui.calls.story import NOTHING
from tui.calls.worst import ORDERS, Order, Worst, WorstTurn, worst_turns
from tui.dialogs.dialog import Dialog
from tui.host import AskingHost, Job
from tui.terminal_text import cell, content, cut, fit_last
from tui.widgets.timeline_lanes import clock_text

if TYPE_CHECKING:
    from services.calls.overview import CallOverview
    from tui.calls.checking import CheckController

_NONE: dict[Order, str] = {
    "response": "No response was heard in these calls; m measures what is not measured.",
    "error": "None of these calls was checked yet; c compares them with the simulator.",
    "fault": "No turn was cut in on or left hanging, and the agent never stopped for nothing.",
}
_COLUMNS = ("call", "turn", "heard", "simulated", "error", "fault", "why", "words")
_MAY_LACK: dict[str, Callable[[WorstTurn], object]] = {"fault": lambda one: one.fault, "why": lambda one: one.why}
"""Columns that are left out if no turn has them."""
_BESIDE_POINT: dict[Order, frozenset[str]] = {
    "response": frozenset(),
    "error": frozenset(),
    "fault": frozenset(("heard", "simulated", "error", "why")),
}
"""Columns that are not about an order: a response that comes after a cut-in does not contradict it."""
_GIVES_WAY: dict[Order, tuple[str, ...]] = {
    "response": ("simulated", "error", "fault"),
    "error": ("why", "fault", "simulated"),
    "fault": ("turn",),
}
"""Columns that are left out where the words would be shorter than :data:`_LEGIBLE`, the first ones first."""
_LEGIBLE = 24
"""The fewest cells in which words can be read."""
_AROUND = 4
"""The dialog's cells beside the list, until its width is known."""
_TOLD = 100
"""The number of calls between two progress messages."""


class WorstDialog(Dialog[WorstTurn]):
    """Lists turns in one of several orders, and returns the chosen turn."""

    DEFAULT_CSS = "WorstDialog #worst-turns { overflow-x: hidden; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o,tab", "turn_order", "Order", tooltip="Order by response, by error, or by what went wrong."),
        Binding("j", "move(1)", show=False),
        Binding("k", "move(-1)", show=False),
    ]
    keys = "enter goes to the turn · o other order · ↑ ↓ move · esc closes"

    def __init__(self, worst: Worst, order: Order, *, checking: bool = False) -> None:
        super().__init__("")
        self._worst, self._checking = worst, checking
        self.order: Order = order

    def compose_body(self) -> ComposeResult:
        """Lay out the list."""
        yield DataTable(cursor_type="row", id="worst-turns")
        yield Static(id="worst-none", markup=False)

    def on_mount(self) -> None:
        """Fill the list."""
        self._show()

    def _show(self) -> None:
        table, turns = self.query_one(DataTable), self._worst.turns[self.order]
        table.clear(columns=True)
        checked = any(one.simulated_ms is not None for one in turns)
        empty = {heading for heading, has in _MAY_LACK.items() if not any(map(has, turns))}
        empty |= _BESIDE_POINT[self.order] | (set() if checked else {"simulated", "error"})
        width = table.size.width or self.app.size.width - 2 * _AROUND
        cells = [dict(zip(_COLUMNS, _cells(one), strict=True)) for one in turns]
        headings = _fitting(cells, [one for one in _COLUMNS if one not in empty], _GIVES_WAY[self.order], width)
        rows = [[row[heading] for heading in headings] for row in cells]
        fit_last(rows, headings, width)
        table.add_columns(*headings)
        for row in rows:
            table.add_row(*row)
        table.display = bool(turns)
        name = ORDERS[self.order]
        title = f"{name[:1].upper()}{name[1:]} · worst turns of {self._worst.calls} measured calls"
        if turns and not checked and self.order != "fault":
            running = "a check is running, w again shows it"
            title += f" · {running if self._checking else 'none checked: c compares them with the simulator'}"
        self.query_one(".dialog-title", Static).update(content(title))
        none = self.query_one("#worst-none", Static)
        none.display = not turns
        none.update(_NONE[self.order])
        if turns:
            table.focus()  # an empty list lost the focus when it was hidden

    def on_resize(self) -> None:
        """Fit the words to the new width."""
        table = self.query_one(DataTable)
        row = table.cursor_row
        self._show()
        table.move_cursor(row=row, animate=False)

    def action_turn_order(self) -> None:
        """Switch to the next order."""
        orders = list(ORDERS)
        self.order = orders[(orders.index(self.order) + 1) % len(orders)]
        self._show()

    def action_move(self, steps: int) -> None:
        """Move with the keys that move the cursor elsewhere."""
        table = self.query_one(DataTable)
        table.move_cursor(row=table.cursor_row + steps)

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Choose the turn."""
        event.stop()
        self.dismiss(self._worst.turns[self.order][event.cursor_row])


def _fitting(
    rows: Sequence[dict[str, Text]], headings: Sequence[str], give_way: Sequence[str], width: int
) -> list[str]:
    """Return the columns that leave the last one, the words, enough room."""
    left = list(headings)
    for heading in give_way:
        taken = sum(max(len(one), *(row[one].cell_len for row in rows), 0) for one in left[:-1])
        if width - taken - 2 * len(left) >= _LEGIBLE:
            break
        left = [one for one in left if one != heading]
    return left


def _cells(one: WorstTurn) -> list[Text]:
    started = one.call.started_at
    error = one.error_ms
    return [
        cell(started.astimezone().strftime("%m-%d %H:%M") if started else cut(one.call.id, 11)),
        Text(NOTHING if one.turn is None else str(one.turn + 1), justify="right"),
        Text(NOTHING if one.heard_ms is None else f"{one.heard_ms:,.0f} ms", justify="right"),
        Text(NOTHING if one.simulated_ms is None else f"{one.simulated_ms:,.0f} ms", justify="right"),
        Text(NOTHING if error is None else f"{error:+,.0f}".replace("-", "−"), justify="right"),
        cell(f"{one.fault.replace('_', ' ')} at {clock_text(one.at_ms, 100)}" if one.fault else ""),
        cell(one.why[0] if one.why else ""),
        cell(one.words),
    ]


class WorstController:
    """Finds the worst turns of the listed calls. ``go_to`` gets the chosen one; ``checks`` may run."""

    def __init__(
        self,
        host: AskingHost,
        calls: Callable[[], Sequence[CallOverview]],
        *,
        said: Callable[[str], None],
        go_to: Callable[[WorstTurn], None],
        checks: CheckController,
    ) -> None:
        self.running = False
        self._checks = checks
        self._host, self._calls, self._said, self._go_to = host, calls, said, go_to
        self._stopped = False
        self._order: Order = "response"

    @property
    def why_not(self) -> str:
        """Why a search is not possible now; empty if it is."""
        if self.running:
            return "a search for the worst turns is running; x stops it"
        measured = any(call.heard is not None for call in self._calls())
        return "" if measured else "no call of the list is measured yet; wait while they are, or m measures them"

    def start(self) -> None:
        """Start the search."""
        self.running, self._stopped = True, False
        self._host.start_thread(partial(self._look, tuple(self._calls())), "worst turns")

    def stop(self) -> None:
        """Stop the search."""
        self._stopped = True

    def _look(self, calls: Sequence[CallOverview], job: Job) -> None:
        def tell(done: int) -> None:
            if done % _TOLD == 0:
                job.report(
                    lambda: self._said(f"Looking through {done} of {len(calls)} calls · x stops it"), "worst"
                )

        found = worst_turns(calls, tell, lambda: self._stopped or job.cancelled)
        job.report(partial(self._end, found))

    def _end(self, found: Worst | None) -> None:
        self.running = False
        self._said("")
        if found is not None:
            self._host.start(partial(self._show, found), "worst shown")

    async def _show(self, found: Worst) -> None:
        dialog = WorstDialog(found, self._order, checking=self._checks.running)
        chosen = await self._host.ask(dialog)
        self._order = dialog.order
        if chosen is not None:
            self._go_to(chosen)
