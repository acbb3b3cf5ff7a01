"""Shows what a change of a version set would do, and asks whether to do it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from tui.dialogs.dialog import Dialog, NameToType
from tui.services.change_table import change_table
from tui.terminal_text import content

if TYPE_CHECKING:
    from services.changes.plan import Plan

_DOES = {"promote": "promotes", "upsert": "writes it", "delete": "deletes it", "rollback": "rolls back"}


class PlanDialog(Dialog[bool]):
    """True if the plan should be carried out. ``aside``: what else there is to know, such as that it moved."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "agree", "Do it", tooltip="Carry it out.")]

    def __init__(self, plan: Plan, aside: Sequence[str] = ()) -> None:
        super().__init__(headline(plan))
        self._plan = plan
        self._aside = aside
        self.keys = f"enter {_DOES[plan.action]} · esc cancels, nothing is sent"
        if plan.nothing_to_do:
            self.keys = "esc closes"

    def compose_body(self) -> ComposeResult:
        """Lay out what changes, what to beware of and, for what callers get, the name to type."""
        plan = self._plan
        for line in self._aside:
            yield Static(content(f"⚠ {line}"), classes="dialog-error")
        with VerticalScroll(classes="dialog-body"):
            if plan.nothing_to_do:
                yield Static(content(f"Nothing would change: {plan.target} holds this already."))
            else:
                yield Static(change_table(plan.changes, plan.newest, before=plan.before, after=plan.after))
            for note in plan.notes:
                yield Static(content(note), classes="dialog-text")
            for warning in plan.warnings:
                yield Static(content(f"⚠ {warning}"), classes="dialog-warning")
        if plan.needs_confirmation:
            yield NameToType(plan.target)

    def on_input_submitted(self) -> None:
        """Agree by enter in the line."""
        self.action_agree()

    def action_agree(self) -> None:
        """Agree, if there is something to do and the name is right where one is asked for."""
        plan = self._plan
        if not plan.nothing_to_do and (not plan.needs_confirmation or self.query_one(NameToType).right()):
            self.dismiss(True)


class MovedPlans(Dialog[bool]):
    """Both plans, the one that was agreed to and what it would be now; true to go on to the second."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "agree", "Go on", tooltip="Look at the new plan.")]
    keys = "enter goes on to what it would be now · esc cancels, nothing is sent"

    def __init__(self, reason: str, planned: Plan, now: Plan) -> None:
        super().__init__(reason)
        self._sides = (("What you agreed to", planned), ("What it would be now", now))

    def compose_body(self) -> ComposeResult:
        """Lay out the two, one under the other."""
        with VerticalScroll(classes="dialog-body"):
            for label, plan in self._sides:
                yield Static(content(label), classes="dialog-title")
                if plan.nothing_to_do:
                    yield Static(content(f"Nothing: {plan.target} holds this already."), classes="dialog-text")
                else:
                    table = change_table(plan.changes, plan.newest, before=plan.before, after=plan.after)
                    yield Static(table, classes="dialog-text")

    def action_agree(self) -> None:
        """Go on."""
        self.dismiss(True)


def headline(plan: Plan) -> str:
    """Return what a plan is, in words."""
    match plan.action:
        case "promote":
            return f"Promote {plan.source} → {plan.target} · {plan.service.name}"
        case "upsert":
            return f"{'Make' if plan.before is None else 'Change'} {plan.target} · {plan.service.name}"
        case "delete":
            return f"Delete {plan.target} · {plan.service.name}"
        case _:
            return f"Roll {plan.target} back · {plan.service.name}"
