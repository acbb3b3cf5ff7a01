"""The right-hand side of the Services screen: one service, in tabs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static, TabbedContent, TabPane, Tabs

from tui.services.history import HistoryLine, ServiceHistoryTable
from tui.services.version_set_table import ServiceBehaviors, VersionSetTable
from tui.services.voice_table import ServiceVoiceTable, warnings
from tui.terminal_text import cell, names, screen_text

if TYPE_CHECKING:
    from services.model import Service
    from tui.services.facts import Facts


class ServiceOverview(Static):
    """Shows one service's facts as lines of label and value."""

    def show(self, service: Service) -> None:
        """Show a service."""
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
    """Return the lines of the overview; what the platform did not say is left out or a dash."""
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
    """Return a time as the clock on the wall shows it."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M") if moment else "—"


OVERVIEW, VERSION_SETS, VOICE_CONFIG = "overview", "version-sets", "voice-config"
BEHAVIORS, HISTORY = "behaviors", "history"
TABS = (OVERVIEW, VERSION_SETS, VOICE_CONFIG, BEHAVIORS, HISTORY)


class ServiceDetail(Vertical):
    """Shows one service; only the tab in view is filled."""

    class TabShown(Message):
        """Another tab came into view, and may need more data."""

    facts: reactive[Facts | None] = reactive(None, init=False)
    """What is known about the service in view; ``None``: there is none."""

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
        """Stay hidden until there is a service."""
        self._fill()

    @property
    def tab(self) -> str:
        """Which tab is in view."""
        return self.query_one(TabbedContent).active

    @property
    def version_set(self) -> str | None:
        """The highlighted version set; ``None`` while they are not in view."""
        in_view = self.is_mounted and self.facts is not None and self.tab == VERSION_SETS
        return self.query_one(VersionSetTable).highlighted if in_view else None

    @property
    def change(self) -> HistoryLine | None:
        """The change that is highlighted in the history; ``None`` while that is not in view."""
        in_view = self.is_mounted and self.facts is not None and self.tab == HISTORY
        return self.query_one(ServiceHistoryTable).highlighted if in_view else None

    def watch_facts(self) -> None:
        """Show what is known now."""
        if self.is_mounted:
            self._fill()

    def turn(self, step: int) -> None:
        """Show the next tab, or the one before, with the focus in it."""
        tabs = self.query_one(TabbedContent)
        self._open(TABS[(TABS.index(tabs.active) + step) % len(TABS)])

    def open_version_sets(self) -> None:
        """Show the version sets, ready for one to be chosen."""
        self._open(VERSION_SETS)

    def _open(self, tab: str) -> None:
        """Show a tab; what is under the eye there has the focus: its table, or else what can be scrolled."""
        tabs = self.query_one(TabbedContent)
        tabs.active = tab
        self._fill()
        inside = tabs.get_pane(tab).query("DataTable, VerticalScroll")
        found = [one for one in inside if one.display]
        self.screen.set_focus(found[0] if found else tabs.query_one(Tabs))

    def on_tabbed_content_tab_activated(self) -> None:
        """Fill the tab that came into view."""
        self._fill()
        self.post_message(self.TabShown())

    def _fill(self) -> None:
        if not (found := self.query(TabbedContent)):
            # The dashboard is being left while this was still on its way.
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
