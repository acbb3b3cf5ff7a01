"""Which turns got worse? A list, the worst first, from which one goes to the turn on the timeline."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import DataTable, Static

from simulator.measures.readout_table import BY_NAME
from tui.dialogs.dialog import Dialog
from tui.figures import difference, figure
from tui.terminal_text import cell, cut
from tui.tune.worst_turns import WorseTurn

_WORDS = 24


class WorstTurns(Dialog[WorseTurn]):
    """Lists turns; gives the one to go to."""

    keys = "enter goes to the turn · ↑ ↓ move · esc closes"

    def __init__(self, turns: Sequence[WorseTurn], over: str, arm_a: str, arm_b: str) -> None:
        several = (
            f"{len(turns)} turn{'s' * (len(turns) != 1)} got worse in A ({arm_a}) than in B ({arm_b}), over {over}"
        )
        super().__init__(several if turns else f"No turn got worse in A ({arm_a}) than in B ({arm_b}), over {over}")
        self._turns = list(turns)
        if not turns:
            self.keys = "esc closes"

    def compose_body(self) -> ComposeResult:
        """Lay out the list."""
        if self._turns:
            yield DataTable(cursor_type="row", id="worst-turns")
        else:
            yield Static(
                "No response or first sound is later, no turn is cut in on or without an answer.", markup=False
            )

    def on_mount(self) -> None:
        """Fill the list."""
        if not self._turns:
            return
        table = self.query_one(DataTable)
        table.add_columns("recording", "turn", "what", "A", "B", "A − B ms", "words")
        for turn in self._turns:
            mine, theirs = (figure("response_ms", value, unit=False) for value in turn.values_ms)
            table.add_row(
                cell(cut(turn.recording, 16)),
                Text(str(turn.number), justify="right"),
                cell(turn.why or BY_NAME[turn.readout].short),
                Text(mine, justify="right"),
                Text(theirs, justify="right"),
                Text(difference("response_ms", turn.delta_ms), justify="right"),
                cell(cut(turn.words, _WORDS)),
            )
        table.focus()

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Go to the turn."""
        event.stop()
        self.dismiss(self._turns[event.cursor_row])
