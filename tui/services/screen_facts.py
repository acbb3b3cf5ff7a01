"""The details of the highlighted service: what the tab in view needs is asked for when it comes into view."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on, work

from tui.services.screen_listing import ListingScreen
from tui.services.screen_messages import Learned, SettingsFetched
from tui.services.service_facts import Background, Facts
from tui.services.service_list import ServiceList
from tui.terminal_text import content

if TYPE_CHECKING:
    from services.changes.ledger import Backups
    from services.client import ServicesClient
    from services.model import HistoryEntry, Service, WorkspaceVoiceSettings
    from tui.services.service_detail import ServiceDetail

SCROLLING_PAUSE = 0.1
"""Seconds on one service before it is asked about, so that scrolling past it costs no request."""


_ASKING = ("version-sets", "behaviors", "history")
"""The tabs that show what is not in the list."""


class FactsScreen(ListingScreen):
    """Fills the details from the list, the workspace's settings and what was asked for the tab in view."""

    def __init__(self) -> None:
        super().__init__()
        self.detail: ServiceDetail | None = None
        self._settings: WorkspaceVoiceSettings | None = None
        self._settings_wanted = False
        self._backgrounds: dict[str, Background] = {}
        self._backups: Backups | None = None

    @property
    def backups(self) -> Backups:
        """Where the changes that were made from here are kept."""
        if self._backups is None:
            from services.changes.ledger import Backups

            self._backups = Backups()
        return self._backups

    def connected(self, client: ServicesClient | None) -> None:
        """Forget what was known through another connection."""
        self._settings, self._settings_wanted = None, client is not None
        self._backgrounds.clear()
        super().connected(client)

    def want_settings(self) -> None:
        """Have the workspace's settings read with the next listing."""
        self._settings_wanted = True

    def rows_shown(self) -> None:
        """Ask for the settings after the list, because only a tab in the background needs them."""
        if self._settings_wanted and self.client is not None:
            self._settings_wanted = False
            self._fetch_settings(self.client)

    @work(exclusive=True, group="settings")
    async def _fetch_settings(self, client: ServicesClient) -> None:
        from services.errors import ServiceError

        try:
            settings = await client.workspace_voice_settings()
        except ServiceError:
            # The Voice config tab says what is not known; the list has its own, louder way to fail.
            return
        self.post_message(SettingsFetched(settings))

    @on(SettingsFetched)
    async def _settings_fetched(self, message: SettingsFetched) -> None:
        self._settings = message.settings
        await self.show_detail(self.highlighted)

    @on(ServiceList.Highlighted)
    async def _highlighted(self, message: ServiceList.Highlighted) -> None:
        await self.show_detail(message.service)
        self.refresh_bindings()
        self.learn()

    async def show_detail(self, service: Service | None) -> None:
        """Show a service as far as it is known."""
        pane = self.query_one("#service-pane")
        if self.detail is None:
            # The tabs and tables are imported and mounted only when there is something to show in them.
            from tui.services.service_detail import ServiceDetail

            self.detail = ServiceDetail()
            await pane.mount(self.detail)
        pane.border_title = content(service.name or "(no name)") if service else ""
        self.detail.show(self._facts(service) if service else None)

    def _facts(self, service: Service) -> Facts:
        background = self._backgrounds.get(service.id, Background())
        return Facts(service=service, workspace=self._settings, background=background)

    def on_service_detail_tab_shown(self) -> None:
        """Ask for what the tab needs."""
        self.refresh_bindings()
        self.learn()

    def learn(self) -> None:
        """Ask for what the tab in view needs to know about the highlighted service."""
        service, detail = self.highlighted, self.detail
        if self.client is None or service is None or detail is None or not detail.is_mounted:
            return
        if detail.tab in _ASKING:
            self._learn(self.client, service, detail.tab)

    @work(exclusive=True, group="facts")
    async def _learn(self, client: ServicesClient, service: Service, tab: str) -> None:
        await asyncio.sleep(SCROLLING_PAUSE)
        known = self._backgrounds.get(service.id, Background())
        match tab:
            case "version-sets":
                from services.changes.differences import newest_versions

                known = replace(known, newest=await newest_versions(client, service))
            case "behaviors":
                known = await _with_behaviors(client, service, known)
            case _:
                known = await _with_history(client, service, known, self.backups)
        self.post_message(Learned(service.id, known))

    @on(Learned)
    async def _learned(self, message: Learned) -> None:
        self._backgrounds[message.service_id] = message.background
        if self.highlighted is not None and self.highlighted.id == message.service_id:
            await self.show_detail(self.highlighted)


async def _with_behaviors(client: ServicesClient, service: Service, known: Background) -> Background:
    from services.errors import ServiceError

    if why := client.unsupported.get("list_behavior_sets"):
        return replace(known, behavior_names={}, behaviors_unknown=why)
    names: dict[str, str] = {}
    continuation: int | None = None
    try:
        while True:
            page = await client.list_behavior_sets(service_id=service.id, continuation=continuation)
            names |= {one.id: one.name for one in page.items}
            if page.continuation is None:
                return replace(known, behavior_names=names, behaviors_unknown="")
            continuation = page.continuation
    except ServiceError as error:
        return replace(known, behavior_names=names, behaviors_unknown=str(error))


async def _with_history(
    client: ServicesClient, service: Service, known: Background, backups: Backups
) -> Background:
    from services.changes.kept import Scope
    from services.errors import ServiceError
    from tui.services.service_history import history_lines

    unknown: list[str] = []
    remembered: tuple[HistoryEntry, ...] = ()
    try:
        if why := client.unsupported.get("service_history"):
            unknown.append(why)
        else:
            page = await client.service_history(service.id)
            remembered = page.items
            if page.continuation is not None:
                unknown.append(f"only the newest {len(remembered)} of {page.listed} changes are shown")
    except ServiceError as error:
        unknown.append(str(error))
    try:
        kept = await backups.entries(Scope.of(client.label, service))
    except ServiceError as error:
        kept = ()
        unknown.append(str(error))
    return replace(known, history=history_lines(remembered, kept), history_unknown="; ".join(unknown))
