"""Which readouts to show, each with what it means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import SelectionList, Static
from textual.widgets.selection_list import Selection

from simulator.measures.readout_table import BY_NAME
from tui.dialogs.dialog import Dialog
from tui.terminal_text import content


class PickRows(Dialog[frozenset[str]]):
    """Picks lines of the readout table by their keys; gives those to show."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "done", "Show these", tooltip="Show the lines that are marked.", priority=True)
    ]
    keys = "space marks · enter shows what is marked · esc cancels"

    def __init__(self, rows: Mapping[str, str], shown: frozenset[str]) -> None:
        super().__init__("Which readouts to show?")
        self._rows = dict(rows)
        self._shown = shown

    def compose_body(self) -> ComposeResult:
        """Lay out the lines and what the highlighted one means."""
        yield SelectionList[str](
            *(Selection(content(label), key, key in self._shown) for key, label in self._rows.items()), compact=True
        )
        yield Static(id="row-meaning", classes="dialog-text")

    def on_selection_list_selection_highlighted(self, event: SelectionList.SelectionHighlighted[str]) -> None:
        """Say what the readout means."""
        name = event.selection.value.partition(" ")[0]
        self.query_one("#row-meaning", Static).update(content(BY_NAME[name].meaning))

    def action_done(self) -> None:
        """Give what is marked, if anything is."""
        picked = frozenset(self.query_one(SelectionList).selected)
        if picked:
            self.dismiss(picked)
        else:
            self.notify("Mark at least one readout with space.", severity="warning", markup=False)
