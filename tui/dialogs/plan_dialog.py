"""The dialog that shows a planned change before it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol

from rich.table import Table
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from tui.dialogs.dialog import Dialog, NameToType, SentJson
from tui.terminal_text import NAME_WIDTH, cell, content

if TYPE_CHECKING:
    from pydantic import JsonValue
    from textual.visual import VisualType

    from services.changes.fields import FieldsPlan


class ShownPlan(Protocol):
    """The texts of a plan. They are not escaped."""

    @property
    def nothing_to_do(self) -> bool:
        """Whether the change is already stored."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """How the new content was made."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """The risks of the change."""
        ...


class PlanDialog(Dialog[bool]):
    """Shows a plan, and returns ``True`` to apply it.

    ``shown`` is the change, and ``body`` the JSON to send. ``aside``: further notes. ``found``: what the simulator
    found of the change. If callers get the change,
    only typing ``name`` agrees; ``why`` gives the reason. ``does`` is what agreeing does, in a word or two.

    Without ``enter_agrees`` only ``s`` agrees: enter may have been meant for the previous screen.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "agree_by_enter", "Do it", tooltip="Carry it out."),
        Binding("s", "agree", "Send", show=False, tooltip="Carry it out."),
        Binding("f2", "show_json", "JSON", tooltip="Show what is sent, as JSON."),
    ]

    def __init__(
        self,
        title: str,
        plan: ShownPlan,
        shown: VisualType,
        body: JsonValue,
        aside: Sequence[str] = (),
        found: str = "",
        *,
        name: str = "",
        why: str = "",
        does: str = "sends",
        enter_agrees: bool = True,
    ) -> None:
        super().__init__(title)
        self.plan = plan
        self.aside, self.found = aside, found
        self._shown, self._body = shown, body
        self._name, self._why = name, why
        self._enter_agrees = enter_agrees or bool(name)
        agrees = f"enter {does}" if self._enter_agrees else f"s {does}, enter does not: you went on meanwhile"
        self.keys = "esc closes" if plan.nothing_to_do else f"{agrees} · f2 JSON · esc cancels, nothing is sent"

    def compose_body(self) -> ComposeResult:
        """Lay out the change, the warnings and, if callers get it, the name to type."""
        for line in () if self.plan.nothing_to_do else self.aside:  # there is nothing to warn of
            yield Static(content(f"⚠ {line}"), classes="dialog-error")
        with VerticalScroll(classes="dialog-body"):
            yield Static(self._shown)
            if self.found:
                yield Static(content(self.found), classes="dialog-text")
            for note in self.plan.notes:
                yield Static(content(note), classes="dialog-text")
            for warning in () if self.plan.nothing_to_do else self.plan.warnings:
                yield Static(content(f"⚠ {warning}"), classes="dialog-warning")
            yield SentJson(self._body)
        if self._why:
            yield Static(content(self._why), classes="dialog-text")
        if self._name:
            yield NameToType(self._name)

    def on_input_submitted(self) -> None:
        """Agree."""
        self.action_agree()

    def action_agree_by_enter(self) -> None:
        """Agree, unless enter may have been meant for the previous screen."""
        if self._enter_agrees:
            self.action_agree()

    def action_agree(self) -> None:
        """Agree, if there is something to do and any required name is right."""
        if not self.plan.nothing_to_do and (not self._name or self.query_one(NameToType).right()):
            self.dismiss(True)

    def action_show_json(self) -> None:
        """Show or hide the JSON."""
        self.query_one(SentJson).switch()


def fields_plan_dialog(
    title: str,
    plan: FieldsPlan,
    aside: Sequence[str] = (),
    found: str = "",
    *,
    enter_agrees: bool = True,
    names: Mapping[str, str] | None = None,
) -> PlanDialog:
    """Return the dialog of a change of fields. ``names`` are the names of agents and context graphs, by id."""
    table = Table.grid(padding=(0, 3, 0, 0))
    table.add_row(*(cell(label) for label in ("FIELD", "NOW", "THEN")))
    for name, *values in plan.rows:
        sides = ((names or {}).get(value, value) for value in values)
        table.add_row(cell(name, "bold", width=NAME_WIDTH), *map(cell, sides))
    return PlanDialog(
        title,
        plan,
        content("Nothing would change: it is stored already.") if plan.nothing_to_do else table,
        plan.body,
        aside,
        found,
        name=plan.confirmation,
        why=f"{plan.why_confirm}." if plan.confirmation else "",
        enter_agrees=enter_agrees,
    )
