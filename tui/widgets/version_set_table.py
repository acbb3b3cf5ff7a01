"""The Version sets tab: what each named deployment of a service runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import DataTable, Static

from tui.terminal_text import cell

if TYPE_CHECKING:
    from services.model import Service, VersionSet

_EDGE_NOTE = (
    "🔒 edge always runs the latest versions, so it cannot be pinned, changed or deleted."
    " release is what callers get."
)
_EMPTY_NOTE = "This service has no version sets."
_COLUMNS = ("NAME", "AGENT", "CONTEXT GRAPH", "BEHAVIORS", "MODELS")


class VersionSetTable(Vertical):
    """A table of version sets with a line about the locked one."""

    def compose(self) -> ComposeResult:
        """Lay out the table over the note."""
        yield DataTable[Any](cursor_type="row", zebra_stripes=False, id="version-set-rows")
        yield Static(_EDGE_NOTE, id="version-set-note", markup=False)

    def on_mount(self) -> None:
        """Set up the columns."""
        table = self.query_one(DataTable)
        for label in _COLUMNS:
            table.add_column(label, key=label)

    def show(self, service: Service) -> None:
        """Show a service's version sets, the platform's own two first."""
        table = self.query_one(DataTable)
        table.clear()
        for name, version_set in ordered(service):
            cells = _cells(name, version_set)
            table.add_row(*cells, height=max(1, cells[-1].plain.count("\n") + 1))
        table.display = bool(service.version_sets)
        self.query_one(Static).update(_EDGE_NOTE if service.version_sets else _EMPTY_NOTE)


def ordered(service: Service) -> list[tuple[str, VersionSet]]:
    """Return the version sets with ``edge`` and ``release`` first, the others as the platform gave them."""
    first = ("edge", "release")
    named = service.version_sets
    return [(name, named[name]) for name in first if name in named] + [
        (name, version_set) for name, version_set in named.items() if name not in first
    ]


def _cells(name: str, version_set: VersionSet) -> tuple[Text, ...]:
    models = version_set.models()
    behaviors = version_set.applied_behavior_ids
    return (
        cell(f"{name} 🔒" if name == "edge" else name, "bold"),
        _pinned(version_set.agent_version_number),
        _pinned(version_set.context_graph_version_number),
        cell("—", "dim") if behaviors is None else cell(str(len(behaviors)) if behaviors else "none"),
        cell("\n".join(f"{use}: {model}" for use, model in models.items()) or "—", lines=True),
    )


def _pinned(version: int | None) -> Text:
    return cell("latest", "dim") if version is None else cell(f"v{version}")
