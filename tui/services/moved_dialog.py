"""Somebody else changed the same meanwhile: both values side by side, and the question what to do."""

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
from tui.terminal_text import cell

if TYPE_CHECKING:
    from services.model import Service


class MovedFields(Dialog[bool]):
    """True if what is typed should replace what somebody else stored meanwhile."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("o", "overwrite", "Overwrite", tooltip="Replace theirs.")]
    keys = "o overwrites theirs with yours · esc goes back, nothing is sent"

    def __init__(self, names: Sequence[str], before: Service, theirs: Service, mine: Service) -> None:
        super().__init__(f"{before.name} was changed by somebody else while you edited it")
        self._names = names
        self._sides = (before, theirs, mine)

    def compose_body(self) -> ComposeResult:
        """Lay out a line for every field both changed."""
        table = Table.grid(padding=(0, 3, 0, 0))
        table.add_row(*(cell(label, "dim") for label in ("FIELD", "WHEN YOU BEGAN", "NOW, BY THEM", "YOURS")))
        for name in self._names:
            table.add_row(cell(name, "bold"), *(cell(_shown(side, name)) for side in self._sides))
        with VerticalScroll(classes="dialog-body"):
            yield Static(table)

    def action_overwrite(self) -> None:
        """Agree to replace theirs."""
        self.dismiss(True)


def _shown(service: Service, name: str) -> str:
    value = getattr(service, name) if hasattr(service, name) else service.extra.get(name)
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else "—" if value is None else json.dumps(value, default=str)
