"""The right-hand side of the Services screen: one service, in tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import TabbedContent, TabPane

from tui.widgets.service_overview import ServiceOverview
from tui.widgets.service_voice_table import ServiceVoiceTable
from tui.widgets.version_set_table import VersionSetTable

if TYPE_CHECKING:
    from services.model import Service, WorkspaceVoiceSettings

OVERVIEW, VERSION_SETS, VOICE_CONFIG = "overview", "version-sets", "voice-config"
TABS = (OVERVIEW, VERSION_SETS, VOICE_CONFIG)


class ServiceDetail(Vertical):
    """Shows one service; only the tab in view is filled."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._service: Service | None = None
        self._workspace: WorkspaceVoiceSettings | None = None

    def compose(self) -> ComposeResult:
        """Lay out the tabs."""
        with TabbedContent(initial=OVERVIEW):
            with TabPane("Overview", id=OVERVIEW), VerticalScroll():
                yield ServiceOverview(markup=False)
            with TabPane("Version sets", id=VERSION_SETS):
                yield VersionSetTable()
            with TabPane("Voice config", id=VOICE_CONFIG):
                yield ServiceVoiceTable()

    def on_mount(self) -> None:
        """Stay hidden until there is a service."""
        self._fill()

    def show(self, service: Service | None, workspace: WorkspaceVoiceSettings | None) -> None:
        """Show a service (or none), and the settings it inherits as far as they are known."""
        self._service, self._workspace = service, workspace
        if self.is_mounted:
            self._fill()

    def turn(self, step: int) -> None:
        """Show the next tab, or the one before."""
        tabs = self.query_one(TabbedContent)
        tabs.active = TABS[(TABS.index(tabs.active) + step) % len(TABS)]

    def on_tabbed_content_tab_activated(self) -> None:
        """Fill the tab that came into view."""
        self._fill()

    def _fill(self) -> None:
        tabs = self.query_one(TabbedContent)
        tabs.display = self._service is not None
        if self._service is None:
            return
        match tabs.active:
            case "version-sets":
                self.query_one(VersionSetTable).show(self._service)
            case "voice-config":
                self.query_one(ServiceVoiceTable).show(self._service, self._workspace)
            case _:
                self.query_one(ServiceOverview).show(self._service)
