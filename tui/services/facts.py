"""The data of a service's details: the service, and what a tab loads when it becomes visible."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from services.changes.differences import NewestVersions
    from services.client import ServicesClient
    from services.model import HistoryEntry, Service, WorkspaceVoiceSettings
    from tui.host import AskingHost
    from tui.services.history import HistoryLine

SCROLLING_PAUSE = 0.1
"""Seconds on one service before its data is loaded, so that scrolling past it costs no request."""

_ASKING = ("version-sets", "behaviors", "history")
"""Tabs whose data is not in the list."""


class Background(NamedTuple):
    """What a tab loads when it becomes visible. ``None`` until an answer arrived."""

    newest: NewestVersions | None = None
    behavior_names: Mapping[str, str] | None = None
    behaviors_unknown: str = ""
    """Why the names of behaviors are unknown."""
    history: tuple[HistoryLine, ...] | None = None
    history_unknown: str = ""
    """Why the history is incomplete."""


class ServiceFacts(NamedTuple):
    """Everything known about the highlighted service."""

    service: Service
    workspace: WorkspaceVoiceSettings | None = None
    """``None``: the workspace's settings are unknown."""
    background: Background = Background()


class FactsController:
    """The known data of the highlighted service. ``show`` is called when it changes."""

    def __init__(self, host: AskingHost, show: Callable[[ServiceFacts | None], None]) -> None:
        self.client: ServicesClient | None = None
        self._host = host
        self._show = show
        self._service: Service | None = None
        self._settings: WorkspaceVoiceSettings | None = None
        self._settings_wanted = False
        self._backgrounds: dict[str, Background] = {}

    def connect(self, client: ServicesClient | None) -> None:
        """Forget the data of another connection."""
        self.client = client
        self._settings, self._settings_wanted = None, client is not None
        self._backgrounds.clear()

    def want_settings(self) -> None:
        """Load the workspace's settings with the next listing."""
        self._settings_wanted = True

    def list_came(self) -> None:
        """Load the settings after the list, because only a background tab needs them."""
        if self._settings_wanted and self.client is not None:
            self._settings_wanted = False
            self._host.start(partial(self._fetch_settings, self.client), "settings", exclusive=True)

    def highlight(self, service: Service | None) -> None:
        """Show what is known of a service."""
        self._service = service
        self._show_known()

    def learn(self, tab: str) -> None:
        """Load a tab's data for the highlighted service."""
        if self.client is not None and self._service is not None and tab in _ASKING:
            self._host.start(partial(self._learn, self.client, self._service, tab), "facts", exclusive=True)

    def _show_known(self) -> None:
        service = self._service
        if service is None:
            self._show(None)
        else:
            background = self._backgrounds.get(service.id, Background())
            self._show(ServiceFacts(service=service, workspace=self._settings, background=background))

    async def _fetch_settings(self, client: ServicesClient) -> None:
        from services.errors import ServiceError

        try:
            self._settings = await client.workspace_voice_settings()
        except ServiceError:
            # The Voice config tab reports what is unknown. A failure of the list is more visible.
            return
        self._show_known()

    async def _learn(self, client: ServicesClient, service: Service, tab: str) -> None:
        await asyncio.sleep(SCROLLING_PAUSE)
        known = self._backgrounds.get(service.id, Background())
        match tab:
            case "version-sets":
                from services.changes.differences import newest_versions

                known = known._replace(newest=await newest_versions(client, service))
            case "behaviors":
                known = await _with_behaviors(client, known)
            case _:
                known = await _with_history(client, service, known)
        self._backgrounds[service.id] = known
        if self._service is not None and self._service.id == service.id:
            self._show_known()


async def _with_behaviors(client: ServicesClient, known: Background) -> Background:
    from services.changes.differences import behavior_names

    names, unknown = await behavior_names(client)
    return known._replace(behavior_names=names, behaviors_unknown=unknown)


async def _with_history(client: ServicesClient, service: Service, known: Background) -> Background:
    from services.changes.change_record import Scope
    from services.changes.fields import fields_history
    from services.changes.ledger import Backups
    from services.errors import ServiceError
    from tui.services.history import history_lines

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
        backups, scope = Backups(), Scope.of(client.label, service)
        kept = await backups.entries(scope)
        fields = [
            *await fields_history(client, service, "voice_config", backups),
            *await fields_history(client, service, "service", backups),
        ]
    except ServiceError as error:
        kept, fields = (), []
        unknown.append(str(error))
    lines = history_lines(remembered, kept, fields)
    return known._replace(history=lines, history_unknown="; ".join(unknown))
