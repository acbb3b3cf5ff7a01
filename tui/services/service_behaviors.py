"""The Behaviors tab: which dynamic behaviors are at work in which version set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import DataTable, Static

from tui.services.version_set_table import ordered
from tui.terminal_text import cell, content, cut

if TYPE_CHECKING:
    from tui.services.service_facts import Facts

APPLIED = "●"
_NAME_WIDTH = 40
_NONE = "No version set of this service applies a dynamic behavior."
_UNTOLD = "The platform does not say which dynamic behaviors the version sets apply."


class ServiceBehaviors(Vertical):
    """A table with a line for every behavior and a column for every version set."""

    def compose(self) -> ComposeResult:
        """Lay out the table over the note."""
        yield DataTable[Any](cursor_type="row", id="behavior-rows")
        yield Static(id="behavior-note", markup=False)

    def show(self, facts: Facts) -> None:
        """Show the behaviors of a service."""
        sets = ordered(facts.service)
        names = facts.background.behavior_names or {}
        ids = list(dict.fromkeys(one for _, each in sets for one in each.applied_behavior_ids or ()))
        table = self.query_one(DataTable)
        table.clear(columns=True)
        table.add_columns("BEHAVIOR", *(cell(name) for name, _ in sets))
        for one in ids:
            marks = [APPLIED if one in (each.applied_behavior_ids or ()) else "" for _, each in sets]
            table.add_row(cell(cut(names.get(one) or one, _NAME_WIDTH)), *map(cell, marks))
        table.display = bool(ids)
        self.query_one("#behavior-note", Static).update(content(self._note(facts, bool(ids)), lines=True))

    def _note(self, facts: Facts, any_applied: bool) -> str:
        sets = facts.service.version_sets.values()
        if not any_applied:
            untold = bool(sets) and all(each.applied_behavior_ids is None for each in sets)
            return _UNTOLD if untold else _NONE
        missing = facts.background.behaviors_unknown
        return f"{APPLIED} applied" + (f"\nShown by id: {missing}." if missing else "")
