"""The dialog that shows a change of a service's fields before it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.table import Table
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from tui.dialogs.dialog import Dialog, NameToType, SentJson
from tui.terminal_text import NAME_WIDTH, cell, content

if TYPE_CHECKING:
    from services.changes.fields import FieldsPlan


class FieldsPlanDialog(Dialog[bool]):
    """Shows a change of fields, and returns ``True`` to apply it. ``aside``: further notes.

    ``names`` are the names of agents and context graphs, by id.

    Without ``enter_agrees`` only ``s`` agrees: enter may have been meant for the previous screen. If callers get
    the change, only typing the name agrees.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "agree_by_enter", "Do it", tooltip="Carry it out."),
        Binding("s", "agree", "Send", show=False, tooltip="Carry it out."),
        Binding("f2", "show_json", "JSON", tooltip="Show what is sent, as JSON."),
    ]

    def __init__(
        self,
        title: str,
        plan: FieldsPlan,
        aside: Sequence[str] = (),
        *,
        enter_agrees: bool = True,
        names: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(title)
        self.plan = plan
        self._names = names or {}
        self.aside = aside
        self._enter_agrees = enter_agrees or bool(plan.confirmation)
        agrees = "enter sends" if self._enter_agrees else "s sends, enter does not: you went on meanwhile"
        self.keys = "esc closes" if plan.nothing_to_do else f"{agrees} · f2 JSON · esc cancels, nothing is sent"

    def compose_body(self) -> ComposeResult:
        """Lay out each field, the warnings and, if callers get the change, the name to type."""
        plan = self.plan
        for line in self.aside:
            yield Static(content(f"⚠ {line}"), classes="dialog-error")
        table = Table.grid(padding=(0, 3, 0, 0))
        table.add_row(*(cell(label, "dim") for label in ("FIELD", "NOW", "THEN")))
        for name, *values in plan.rows:
            sides = (self._names.get(value, value) for value in values)
            table.add_row(cell(name, "bold", width=NAME_WIDTH), *map(cell, sides))
        with VerticalScroll(classes="dialog-body"):
            yield Static(content("Nothing would change: it is stored already.") if plan.nothing_to_do else table)
            for note in plan.notes:
                yield Static(content(note), classes="dialog-text")
            for warning in plan.warnings:
                yield Static(content(f"⚠ {warning}"), classes="dialog-warning")
            yield SentJson(plan.body)
        if plan.confirmation:
            yield Static(content(f"{plan.why_confirm}."), classes="dialog-text")
            yield NameToType(plan.confirmation)

    def on_input_submitted(self) -> None:
        """Agree."""
        self.action_agree()

    def action_agree_by_enter(self) -> None:
        """Agree, unless enter may have been meant for the previous screen."""
        if self._enter_agrees:
            self.action_agree()

    def action_agree(self) -> None:
        """Agree, if there is something to do and any required name is right."""
        plan = self.plan
        if not plan.nothing_to_do and (not plan.confirmation or self.query_one(NameToType).right()):
            self.dismiss(True)

    def action_show_json(self) -> None:
        """Show or hide the JSON."""
        self.query_one(SentJson).switch()
