"""What differs between two version sets of a service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from tui.dialogs.dialog import Dialog
from tui.services.change_table import change_table
from tui.terminal_text import content

if TYPE_CHECKING:
    from services.changes.differences import NewestVersions
    from services.model import Service


class DiffDialog(Dialog[bool]):
    """Shows every difference between two version sets; changes nothing."""

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
