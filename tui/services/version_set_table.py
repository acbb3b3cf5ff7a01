"""The Version sets and Behaviors tabs: what each named deployment of a service uses."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import DataTable, Static

from tui.screens import with_keys
from tui.services.commands import VERSION_SETS
from tui.terminal_text import LONGEST, NAME_WIDTH, cell, content, cut, fit_last, names
from tui.widgets.key_line import KeyLine

if TYPE_CHECKING:
    from services.changes.differences import NewestVersions
    from services.model import Service, VersionSet
    from tui.services.facts import ServiceFacts

EDGE_NOTE = (
    "🔒 edge always runs the latest versions, so it cannot be pinned, changed or deleted. Promote it to pin them."
)
_RELEASE_NOTE = "release is what callers get. It can be changed, not deleted."
_EMPTY_NOTE = "This service has no version sets."
_COUNTED = ("model", "behavior")
APPLIED = "●"
_NO_BEHAVIORS = "No version set of this service applies a dynamic behavior."
_BEHAVIOR = (
    "A dynamic behavior changes what the agent does while its condition holds in a call. A version set says which "
    "apply: Version sets, {services.upsert}, changes them.\n"
)
_UNTOLD = "The platform does not say which dynamic behaviors the version sets apply."
_COLUMNS = ("NAME", "AGENT", "CONTEXT GRAPH", "BEHAVIORS", "MODELS")


class VersionSetTable(Vertical):
    """A table of version sets, a note on the highlighted one, and its keys."""

    def __init__(self) -> None:
        super().__init__()
        self._facts: ServiceFacts | None = None
        self._names: list[str] = []

    def compose(self) -> ComposeResult:
        """Lay out the table above the note and the keys."""
        yield DataTable[Any](cursor_type="row", zebra_stripes=False, id="version-set-rows")
        with Vertical(id="version-set-foot"):
            yield Static(id="version-set-note", markup=False)
            yield KeyLine(only=tuple(command.id for command in VERSION_SETS), id="version-set-keys")

    def on_mount(self) -> None:
        """Set up the columns."""
        table = self.query_one(DataTable)
        for label in _COLUMNS:
            table.add_column(label, key=label)

    @property
    def highlighted(self) -> str | None:
        """The name of the version set under the cursor."""
        row = self.query_one(DataTable).cursor_row
        return self._names[row] if 0 <= row < len(self._names) else None

    def show(self, facts: ServiceFacts) -> None:
        """Show a service's version sets, the platform's two first. The cursor stays."""
        before = self.highlighted if self._facts and self._facts.service.id == facts.service.id else None
        self._facts = facts
        sets = ordered(facts.service)
        self._names = [name for name, _ in sets]
        table = self.query_one(DataTable)
        table.clear()
        rows = [_cells(name, version_set, facts.background.newest) for name, version_set in sets]
        fit_last(rows, _COLUMNS, self.size.width or LONGEST)
        for row in rows:
            table.add_row(*row)
        table.display = bool(sets)
        table.move_cursor(row=self._names.index(before) if before in self._names else 0, animate=False)
        self._show_note()

    def on_resize(self) -> None:
        """Fit the lines to the new width."""
        if self._facts is not None:
            self.show(self._facts)

    def on_data_table_row_highlighted(self) -> None:
        """Show the line's note."""
        self._show_note()

    def _show_note(self) -> None:
        if self._facts is not None:
            note = note_on(self.highlighted, self._facts)
            self.query_one("#version-set-note", Static).update(content(note, lines=True))


def ordered(service: Service) -> list[tuple[str, VersionSet]]:
    """Return the version sets with ``edge`` and ``release`` first, the others in the platform's order."""
    first = ("edge", "release")
    named = service.version_sets
    return [(name, named[name]) for name in first if name in named] + [
        (name, version_set) for name, version_set in named.items() if name not in first
    ]


def note_on(name: str | None, facts: ServiceFacts) -> str:
    """Return a note on a version set: why it is locked, and how it differs from what callers get."""
    service, newest = facts.service, facts.background.newest
    if name is None:
        return _EMPTY_NOTE
    lines = [EDGE_NOTE] if name == "edge" else [_RELEASE_NOTE] if name == "release" else []
    release = service.version_sets.get("release")
    if release is not None and name != "release":
        lines.append(_against_release(release, service.version_sets[name], newest))
    version_set = service.version_sets[name]
    if models := version_set.models():
        lines.append("Models: " + ", ".join(f"{use} {model}" for use, model in models.items()))
    if version_set.turn_runtime not in (None, "native"):
        lines.append(f"Turns run on {version_set.turn_runtime}.")
    if version_set.extra:
        lines.append(f"⚠ unknown to this version of Turnlab, kept as it is: {names(version_set.extra)}")
    for owner, what in ((newest and newest.agent, "agent"), (newest and newest.context_graph, "context graph")):
        if owner and owner.unknown:
            lines.append(f"⚠ the newest {what} is not known: {owner.unknown}")
    return "\n".join(lines)


def _against_release(release: VersionSet, other: VersionSet, newest: NewestVersions | None) -> str:
    from services.changes.differences import differences

    changes = differences(release, other, newest)
    if not changes:
        return "The same as release."
    parts = Counter(change.part for change in changes)
    counted = [f"{number} {part}{'s' * (number != 1)}" for part, number in parts.items() if part in _COUNTED]
    named = [part for part in parts if part not in _COUNTED] + counted
    return f"Differs from release in {', '.join(named)}."


def _cells(name: str, version_set: VersionSet, newest: NewestVersions | None) -> tuple[Text, ...]:
    models = version_set.models()
    behaviors = version_set.applied_behavior_ids
    return (
        cell(f"{name} 🔒" if name == "edge" else name, "bold", width=NAME_WIDTH),
        _pinned(version_set.agent_version_number, newest.agent.number if newest else None),
        _pinned(version_set.context_graph_version_number, newest.context_graph.number if newest else None),
        cell("—") if behaviors is None else cell(str(len(behaviors)) if behaviors else "none"),
        cell(", ".join(f"{use} {model}" for use, model in models.items()) or "—"),
    )


def _pinned(version: int | None, newest: int | None) -> Text:
    if version is not None:
        return cell(f"v{version}")
    return cell("latest" if newest is None else f"latest ({newest})")


class ServiceBehaviors(Vertical):
    """A table with a line for every behavior and a column for every version set."""

    def compose(self) -> ComposeResult:
        """Lay out the table above the note."""
        yield DataTable[Any](cursor_type="row", id="behavior-rows")
        yield Static(id="behavior-note", markup=False)

    def show(self, facts: ServiceFacts) -> None:
        """Show the behaviors of a service."""
        sets = ordered(facts.service)
        names = facts.background.behavior_names or {}
        ids = list(dict.fromkeys(one for _, each in sets for one in each.applied_behavior_ids or ()))
        table = self.query_one(DataTable)
        table.clear(columns=True)
        table.add_columns("BEHAVIOR", *(cell(name, width=NAME_WIDTH) for name, _ in sets))
        for one in ids:
            marks = [APPLIED if one in (each.applied_behavior_ids or ()) else "" for _, each in sets]
            table.add_row(cell(cut(names.get(one) or one, NAME_WIDTH)), *map(cell, marks))
        table.display = bool(ids)
        self.query_one("#behavior-note", Static).update(content(self._note(facts, bool(ids)), lines=True))

    def _note(self, facts: ServiceFacts, any_applied: bool) -> str:
        sets = facts.service.version_sets.values()
        if not any_applied:
            untold = bool(sets) and all(each.applied_behavior_ids is None for each in sets)
            return _UNTOLD if untold else _NO_BEHAVIORS
        missing = facts.background.behaviors_unknown
        return with_keys(_BEHAVIOR) + f"{APPLIED} applied" + (f"\nShown by id: {missing}." if missing else "")
