"""Dialogs about changes: a plan, the differences of two version sets, and changes by others."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.table import Table
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from tui.dialogs.dialog import Dialog
from tui.dialogs.plan_dialog import PlanDialog
from tui.terminal_text import NAME_WIDTH, cell, content

if TYPE_CHECKING:
    from services.changes.differences import NewestVersions, ValueChange
    from services.changes.plan import Plan
    from services.client import Dialect
    from services.model import Service, VersionSet

_DOES = {"promote": "promotes", "upsert": "writes it", "delete": "deletes it", "rollback": "rolls back"}


def version_set_plan_dialog(plan: Plan, dialect: Dialect, aside: Sequence[str] = ()) -> PlanDialog:
    """Return the dialog of a change of a version set. ``aside``: further notes, such as that it changed."""
    from services.changes.fields import why_confirm

    return PlanDialog(
        headline(plan),
        plan,
        content(f"Nothing would change: {plan.target} holds this already.") if plan.nothing_to_do else _table(plan),
        plan.body(dialect),
        aside,
        name=plan.target if plan.needs_confirmation else "",
        why=f"{why_confirm(plan.target, plan.service)}." if plan.needs_confirmation else "",
        does=_DOES[plan.action],
    )


class MovedPlans(Dialog[bool]):
    """Shows the plan that the user agreed to and the present one. Returns ``True`` for the second."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "agree", "Go on", tooltip="Look at the new plan.")]
    keys = "enter goes on to what it would be now · esc cancels, nothing is sent"

    def __init__(self, reason: str, planned: Plan, now: Plan) -> None:
        super().__init__(reason)
        self._sides = (("What you agreed to", planned), ("What it would be now", now))

    def compose_body(self) -> ComposeResult:
        """Lay out the two plans, one above the other."""
        with VerticalScroll(classes="dialog-body"):
            for label, plan in self._sides:
                yield Static(content(label), classes="dialog-title")
                if plan.nothing_to_do:
                    yield Static(content(f"Nothing: {plan.target} holds this already."), classes="dialog-text")
                else:
                    yield Static(_table(plan), classes="dialog-text")

    def action_agree(self) -> None:
        """Agree."""
        self.dismiss(True)


def headline(plan: Plan) -> str:
    """Return a plan's headline."""
    match plan.action:
        case "promote":
            return f"Promote {plan.source} → {plan.target} · {plan.service.name}"
        case "upsert":
            return f"{'Make' if plan.before is None else 'Change'} {plan.target} · {plan.service.name}"
        case "delete":
            return f"Delete {plan.target} · {plan.service.name}"
        case _:
            return f"Roll {plan.target} back · {plan.service.name}"


class DiffDialog(Dialog[bool]):
    """Shows every difference between two version sets. Changes nothing."""

    keys = "esc closes"

    def __init__(self, service: Service, one: str, other: str, newest: NewestVersions) -> None:
        super().__init__(f"{one} ↔ {other} · {service.name}")
        self._names = (one, other)
        self._sets = (service.version_sets[one], service.version_sets[other])
        self._newest = newest

    def compose_body(self) -> ComposeResult:
        """Lay out the differences."""
        from services.changes.differences import differences

        changes = differences(*self._sets, self._newest)
        with VerticalScroll(classes="dialog-body"):
            if changes:
                before, after = self._sets
                heads = (self._names[0], self._names[1])
                yield Static(change_table(changes, self._newest, before=before, after=after, heads=heads))
            else:
                yield Static(content("They are the same: agent, context graph, models, behaviors and all else."))
        for owner in (self._newest.agent, self._newest.context_graph):
            if owner.unknown:
                yield Static(content(f"⚠ {owner.unknown}"), classes="dialog-warning")


class MovedFields(Dialog[bool]):
    """Asks whether typed values should replace what another user stored. Returns ``True`` for it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("o", "overwrite", "Overwrite", tooltip="Replace theirs.")]
    keys = "o overwrites theirs with yours · esc goes back, nothing is sent"

    def __init__(self, names: Sequence[str], before: Service, theirs: Service, mine: Service) -> None:
        super().__init__(f"{before.name} was changed elsewhere while you edited it")
        self._names = names
        self._sides = (before, theirs, mine)

    def compose_body(self) -> ComposeResult:
        """Lay out a line for every field that both changed."""
        table = Table.grid(padding=(0, 3, 0, 0))
        table.add_row(*(cell(label) for label in ("FIELD", "WHEN YOU BEGAN", "NOW, BY THEM", "YOURS")))
        for name in self._names:
            table.add_row(cell(name, "bold", width=NAME_WIDTH), *(cell(_shown(side, name)) for side in self._sides))
        with VerticalScroll(classes="dialog-body"):
            yield Static(table)

    def action_overwrite(self) -> None:
        """Agree to replace the other user's values."""
        self.dismiss(True)


def _shown(service: Service, name: str) -> str:
    value = getattr(service, name) if hasattr(service, name) else service.extra.get(name)
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else "—" if value is None else json.dumps(value, default=str)


def _table(plan: Plan) -> Table:
    return change_table(plan.changes, plan.newest, before=plan.before, after=plan.after)


def change_table(
    changes: Sequence[ValueChange],
    newest: NewestVersions,
    *,
    before: VersionSet | None,
    after: VersionSet | None,
    heads: tuple[str, str] = ("NOW", "AFTERWARDS"),
) -> Table:
    """Return a table of changes. A set that is ``None`` does not exist on that side."""
    from services.changes.differences import change_texts

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(cell("WHAT"), cell(heads[0]), "", cell(heads[1]))
    for change in changes:
        label, old, new = change_texts(change, newest, made=before is None, gone=after is None)
        table.add_row(cell(label, "bold"), cell(old), cell("→"), cell(new, "bold"))
    return table
