"""The right-hand side of the Services screen: one service, in tabs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import DataTable, Static, TabbedContent, TabPane, Tabs

from base.json_text import json_line
from tui.services.history import HistoryLine, ServiceHistoryTable
from tui.services.version_set_table import ServiceBehaviors, VersionSetTable
from tui.terminal_text import NAME_WIDTH, cell, content, cut, names, screen_text

if TYPE_CHECKING:
    from textual.theme import Theme

    from presets.fields import FieldSpec
    from services.model import Service, WorkspaceVoiceSettings
    from tui.services.facts import ServiceFacts


_COLUMNS = ("FIELD", "THIS SERVICE", "EFFECTIVE", "FROM")
_OWN_WIDTH, _IN_FORCE_WIDTH = 20, 13
"""In cells: with these, the table fits 80 columns."""
_UNKNOWN_FIELD = "unknown to this version of Turnlab; kept as it is, and not simulated"
_UNKNOWN_WORKSPACE = "What is inherited is not known until the workspace's voice settings are read; r tries again."
_LEGEND = "● set by this service   ○ inherited   ⚠ worth a look   * assumed by the simulator"
_ASSUMED = "* The vendor documents no default; the simulator assumes this one."


class ServiceOverview(Static):
    """Shows one service's facts as lines of label and value."""

    _service: Service | None = None

    def on_mount(self) -> None:
        """Draw it again after a change of theme."""
        self.app.theme_changed_signal.subscribe(self, self._show_again)

    def _show_again(self, _: Theme) -> None:
        if self._service is not None:
            self.show(self._service)

    def show(self, service: Service) -> None:
        """Show a service."""
        self._service = service
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True, style="dim")
        table.add_column(ratio=1, overflow="fold")
        for label, value in facts(service):
            table.add_row(label, cell(value))
        parts: list[RenderableType] = [table]
        if service.description.strip():
            parts = [Text(screen_text(service.description.strip(), lines=True)), Text(), table]
        colour = self.app.current_theme.warning or ""
        for warning in warnings(service):
            parts += [Text(), Text(screen_text(f"⚠ {warning}"), colour)]
        self.update(Group(*parts))


def facts(service: Service) -> list[tuple[str, str]]:
    """Return the lines of the overview. What the platform did not send is left out or a dash."""
    rows = [
        ("Status", "● active" if service.is_active else "○ inactive: takes no calls"),
        ("Channel", service.channel_type),
        ("Environment", service.environment),
        ("Agent", service.agent_name or service.agent_id or "—"),
        ("Context graph", service.context_graph_name or service.context_graph_id or "—"),
        ("Tags", names(service.tags, "  ") or "none"),
        ("Key terms", names(service.keyterms) or "none"),
        ("Version sets", names(service.version_sets) or "none"),
        ("Voice config", _own_fields(service)),
        ("Tool capacity", _count(service.tool_capacity)),
        ("Safety filters", {True: "on", False: "off", None: "—"}[service.safety_filters_enabled]),
        ("Updated", _moment(service.updated_at)),
        ("Created", _moment(service.created_at)),
        ("Id", service.id),
    ]
    if service.is_system:
        rows.insert(1, ("Made by", "the platform itself"))
    return rows


def _own_fields(service: Service) -> str:
    number = len(service.voice_config.set_values())
    return f"{number} field{'' if number == 1 else 's'} set, the rest inherited" if number else "all inherited"


def _count(capacity: int | None) -> str:
    return "—" if capacity is None else f"{capacity} at once"


def _moment(moment: datetime | None) -> str:
    """Return a time in local time."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M") if moment else "—"


@dataclass(frozen=True, slots=True)
class VoiceRow:
    """One line of the table. A heading has no cells."""

    field: str
    own: str = ""
    in_force: str = ""
    origin: str = ""
    note: str = ""
    """The note for the line under the cursor."""
    is_set: bool = False
    is_heading: bool = False


class ServiceVoiceTable(Vertical):
    """A read-only table of ``voice_config``, and below it a note on the line under the cursor."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[VoiceRow] = []

    def compose(self) -> ComposeResult:
        """Lay out the table above the note."""
        yield DataTable[Any](cursor_type="row", id="voice-rows")
        yield Static(id="voice-note", markup=False)

    def on_mount(self) -> None:
        """Set up the columns."""
        table = self.query_one(DataTable)
        for label in _COLUMNS:
            table.add_column(label, key=label)

    def show(self, service: Service, workspace: WorkspaceVoiceSettings | None) -> None:
        """Show a service over its workspace. ``None``: the workspace's settings are unknown."""
        table = self.query_one(DataTable)
        row_before = table.cursor_row
        table.clear()
        self._rows = list(voice_rows(service, workspace))
        for row in self._rows:
            table.add_row(
                cell(row.field, "bold" if row.is_heading else "", width=NAME_WIDTH),
                cell(cut(row.own, _OWN_WIDTH), "bold" if row.is_set else ""),
                cell(cut(row.in_force, _IN_FORCE_WIDTH)),
                cell(row.origin),
            )
        # The cursor stays on the same field from service to service.
        table.move_cursor(row=min(row_before, len(self._rows) - 1), animate=False)
        self._show_note(table.cursor_row)

    def on_data_table_row_highlighted(self, message: DataTable.RowHighlighted) -> None:
        """Show the line's note."""
        message.stop()
        self._show_note(message.cursor_row)

    def _show_note(self, row: int) -> None:
        note = self._rows[row].note if 0 <= row < len(self._rows) else ""
        self.query_one("#voice-note", Static).update(content(note, lines=True))


def voice_rows(service: Service, workspace: WorkspaceVoiceSettings | None) -> Iterator[VoiceRow]:
    """Yield the lines of the table: known fields by group, then unknown ones."""
    from presets.fields import FIELDS
    from presets.layers import BUILT_IN, Layer, resolve

    layers = [Layer("service", service.voice_config)]
    if workspace is not None:
        layers.append(Layer("workspace", workspace.voice_config))
    origins = resolve(*layers).origins
    by_name = {layer.name: layer.config for layer in layers}
    wrong = {problem.field: problem.message for problem in service.voice_problems}
    group = ""
    for spec in FIELDS:
        if spec.group != group:
            group = spec.group
            yield VoiceRow(group.upper(), is_heading=True, note=_LEGEND)
        origin = origins[spec.name]
        own = getattr(service.voice_config, spec.name)
        value = spec.default if origin == BUILT_IN else getattr(by_name[origin], spec.name)
        mark = "⚠ " if spec.name in wrong else "● " if own is not None else "○ "
        known = workspace is not None or origin == "service"
        assumed = known and origin == BUILT_IN and not spec.documented_default
        notes = [f"⚠ {wrong[spec.name]}" if spec.name in wrong else "", spec.notices, _ASSUMED if assumed else ""]
        if own is not None and len(show_value(spec, own)) > _IN_FORCE_WIDTH:
            notes.insert(1, f"{spec.name} = {show_value(spec, own)}")
        yield VoiceRow(
            spec.name,
            mark + ("inherit" if own is None else show_value(spec, own)),
            _in_force(spec, value) if known else "?",
            (f"{origin} *" if assumed else origin) if known else "?",
            note="\n".join(filter(None, notes)) if known else _UNKNOWN_WORKSPACE,
            is_set=own is not None,
        )
    unknown = service.voice_config.unknown_fields()
    if unknown:
        yield VoiceRow("UNKNOWN TO TURNLAB", is_heading=True)
    for name in unknown:
        text = json_line(service.voice_config.set_values().get(name))
        note = f"⚠ {_UNKNOWN_FIELD}\n{name} = {text}"
        yield VoiceRow(name, f"⚠ {text}", "?", "service", note=note, is_set=True)


def warnings(service: Service) -> list[str]:
    """Return all warnings about a service's ``voice_config``."""
    found = [str(problem) for problem in service.voice_problems]
    return found + [f"{cut(name, NAME_WIDTH)}: {_UNKNOWN_FIELD}" for name in service.voice_config.unknown_fields()]


def show_value(spec: FieldSpec, value: object) -> str:
    """Return a value in words; objects as JSON."""
    return json_line(value) if isinstance(value, dict) else spec.show(value)


def _in_force(spec: FieldSpec, value: object) -> str:
    # "Inherit" does not say which value applies in the end.
    return "—" if value is None and spec.unset_label == "inherit" else show_value(spec, value)


OVERVIEW, VERSION_SETS, VOICE_CONFIG = "overview", "version-sets", "voice-config"
BEHAVIORS, HISTORY = "behaviors", "history"
TABS = (OVERVIEW, VERSION_SETS, VOICE_CONFIG, BEHAVIORS, HISTORY)


class ServiceDetail(Vertical):
    """Shows one service. Only the visible tab is filled."""

    class TabShown(Message):
        """Another tab is visible, and may need more data."""

    facts: reactive[ServiceFacts | None] = reactive(None, init=False)
    """What is known about the present service. ``None``: there is none."""

    def compose(self) -> ComposeResult:
        """Lay out the tabs."""
        with TabbedContent(initial=OVERVIEW):
            with TabPane("Overview", id=OVERVIEW), VerticalScroll():
                yield ServiceOverview(markup=False)
            with TabPane("Version sets", id=VERSION_SETS):
                yield VersionSetTable()
            with TabPane("Voice config", id=VOICE_CONFIG):
                yield ServiceVoiceTable()
            with TabPane("Behaviors", id=BEHAVIORS):
                yield ServiceBehaviors()
            with TabPane("History", id=HISTORY):
                yield ServiceHistoryTable()

    def on_mount(self) -> None:
        """Hide until there is a service."""
        self._fill()

    @property
    def tab(self) -> str:
        """The visible tab."""
        return self.query_one(TabbedContent).active

    @property
    def version_set(self) -> str | None:
        """The highlighted version set. ``None`` while version sets are not visible or not focused."""
        in_view = self.is_mounted and self.facts is not None and self.tab == VERSION_SETS
        table = self.query_one(VersionSetTable) if in_view else None
        return table.highlighted if table is not None and table.has_focus_within else None

    @property
    def change(self) -> HistoryLine | None:
        """The highlighted change of the history. ``None`` while the history is not visible."""
        in_view = self.is_mounted and self.facts is not None and self.tab == HISTORY
        return self.query_one(ServiceHistoryTable).highlighted if in_view else None

    def watch_facts(self) -> None:
        """Show what is known now."""
        if self.is_mounted:
            self._fill()

    def turn(self, step: int) -> None:
        """Show and focus the next or previous tab."""
        tabs = self.query_one(TabbedContent)
        self._open(TABS[(TABS.index(tabs.active) + step) % len(TABS)])

    def open_version_sets(self) -> None:
        """Show the version sets, focused for a choice."""
        self._open(VERSION_SETS)

    def _open(self, tab: str) -> None:
        """Show a tab. Focus its table, or else its scrollable content."""
        tabs = self.query_one(TabbedContent)
        tabs.active = tab
        self._fill()
        inside = tabs.get_pane(tab).query("DataTable, VerticalScroll")
        found = [one for one in inside if one.display]
        self.screen.set_focus(found[0] if found else tabs.query_one(Tabs))

    def on_tabbed_content_tab_activated(self) -> None:
        """Fill the visible tab."""
        self._fill()
        self.post_message(self.TabShown())

    def _fill(self) -> None:
        if not (found := self.query(TabbedContent)):
            # The dashboard quit meanwhile.
            return
        tabs = found.first(TabbedContent)
        tabs.display = self.facts is not None
        if self.facts is None:
            return
        match tabs.active:
            case "version-sets":
                self.query_one(VersionSetTable).show(self.facts)
            case "voice-config":
                self.query_one(ServiceVoiceTable).show(self.facts.service, self.facts.workspace)
            case "behaviors":
                self.query_one(ServiceBehaviors).show(self.facts)
            case "history":
                self.query_one(ServiceHistoryTable).show(self.facts)
            case _:
                self.query_one(ServiceOverview).show(self.facts.service)
