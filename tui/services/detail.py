"""The right-hand side of the Services screen: one service, in tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import DataTable, TabbedContent, TabPane

from tui.services.history import ServiceHistoryTable
from tui.services.overview import ServiceOverview
from tui.services.version_set_table import ServiceBehaviors, VersionSetTable
from tui.services.voice_table import ServiceVoiceTable

if TYPE_CHECKING:
    from tui.services.facts import Facts

OVERVIEW, VERSION_SETS, VOICE_CONFIG = "overview", "version-sets", "voice-config"
BEHAVIORS, HISTORY = "behaviors", "history"
TABS = (OVERVIEW, VERSION_SETS, VOICE_CONFIG, BEHAVIORS, HISTORY)


class ServiceDetail(Vertical):
    """Shows one service; only the tab in view is filled."""

    class TabShown(Message):
        """Another tab came into view, and may want to be told more."""

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
    def restorable(self) -> int | None:
        """The change of ``voice_config`` that is highlighted in the history; ``None`` while none is."""
        in_view = self.is_mounted and self.facts is not None and self.tab == HISTORY
        line = self.query_one(ServiceHistoryTable).highlighted if in_view else None
        return None if line is None else line.restores

    def watch_facts(self) -> None:
        """Show what is known now."""
        if self.is_mounted:
            self._fill()

    def turn(self, step: int) -> None:
        """Show the next tab, or the one before."""
        tabs = self.query_one(TabbedContent)
        tabs.active = TABS[(TABS.index(tabs.active) + step) % len(TABS)]

    def open_version_sets(self) -> None:
        """Show the version sets, ready for one to be chosen."""
        self.query_one(TabbedContent).active = VERSION_SETS
        self.query_one("#version-set-rows", DataTable).focus()

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
