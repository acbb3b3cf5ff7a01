"""The Platform dialect: one workspace's services, agents and context graphs, under ``/v1/{workspace_id}``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, TypeVar
from urllib.parse import quote

import httpx
from pydantic import JsonValue

from presets.config import as_sent
from services.calls.platform import PlatformCalls
from services.client import PAGE_SIZE
from services.errors import BadResponseError, NotFoundError, RefusedError, UnsupportedError
from services.exchange import Query
from services.model import (
    Agent,
    BehaviorSet,
    ContextGraph,
    HistoryEntry,
    NewService,
    Page,
    Service,
    Tag,
    Version,
    VersionSet,
    WorkspaceVoiceSettings,
    deletable,
    writable,
)
from services.reading import (
    JsonObject,
    has_tags,
    read_agent,
    read_context_graph,
    read_history_entry,
    read_service,
    read_version,
    read_voice_settings,
)
from services.secrets import BearerKey
from services.traffic import Traffic
from services.transport import Transport
from services.writing import write_new_service, write_version_set


class PlatformOwners:
    """The requests of :class:`services.platform.PlatformClient` for agents and context graphs."""

    def __init__(self, transport: Transport, workspace_id: str) -> None:
        self._transport = transport
        self._workspace = f"/v1/{quote(workspace_id, safe='')}"

    async def list_agents(
        self, *, search: str | None = None, limit: int = PAGE_SIZE, continuation: int | None = None
    ) -> Page[Agent]:
        """Return one page of agents."""
        return await self._page("agents", read_agent, query=_paged(limit, continuation, search=search))

    async def get_agent(self, agent_id: str) -> Agent:
        """Return one agent with the number of its newest version."""
        return required(await self._get("agents", agent_id), read_agent, "an agent that has no id")

    async def list_agent_versions(
        self, agent_id: str, *, limit: int = PAGE_SIZE, continuation: int | None = None
    ) -> Page[Version]:
        """Return one page of an agent's versions, newest first."""
        return await self._versions("agents", agent_id, limit, continuation)

    async def get_agent_version(self, agent_id: str, version: int | Literal["latest"] = "latest") -> Version:
        """Return one version of an agent."""
        return await self._version("agents", agent_id, version)

    async def list_context_graphs(
        self, *, search: str | None = None, limit: int = PAGE_SIZE, continuation: int | None = None
    ) -> Page[ContextGraph]:
        """Return one page of context graphs."""
        query = _paged(limit, continuation, search=search)
        return await self._page("context-graphs", read_context_graph, query=query)

    async def get_context_graph(self, context_graph_id: str) -> ContextGraph:
        """Return one context graph with the number of its newest version."""
        body = await self._get("context-graphs", context_graph_id)
        return required(body, read_context_graph, "a context graph that has no id")

    async def list_context_graph_versions(
        self, context_graph_id: str, *, limit: int = PAGE_SIZE, continuation: int | None = None
    ) -> Page[Version]:
        """Return one page of a context graph's versions, newest first."""
        return await self._versions("context-graphs", context_graph_id, limit, continuation)

    async def get_context_graph_version(
        self, context_graph_id: str, version: int | Literal["latest"] = "latest"
    ) -> Version:
        """Return one version of a context graph."""
        return await self._version("context-graphs", context_graph_id, version)

    async def _page(
        self,
        path: str,
        read: Callable[[JsonObject], T | None],
        *,
        query: Query,
        leave_out: Callable[[T], str | None] = lambda _: None,
        kind: str = "",
    ) -> Page[T]:
        address = f"{self._workspace}/{path}"
        return await self._transport.page(
            address, "items", read, kind=kind or path, query=query, leave_out=leave_out
        )

    async def _get(self, owners: str, owner_id: str) -> JsonObject:
        path = f"{self._workspace}/{owners}/{quote(owner_id, safe='')}"
        return await self._transport.request("GET", path, kind=f"GET {owners.removesuffix('s')}")

    async def _versions(self, owners: str, owner_id: str, limit: int, continuation: int | None) -> Page[Version]:
        return await self._page(
            f"{owners}/{quote(owner_id, safe='')}/versions",
            lambda raw: read_version(owner_id, raw),
            query=_paged(limit, continuation, sort_by="-version"),
            kind=f"{owners} versions",
        )

    async def _version(self, owners: str, owner_id: str, version: int | Literal["latest"]) -> Version:
        path = f"{self._workspace}/{owners}/{quote(owner_id, safe='')}/versions/{quote(str(version), safe='')}"
        body = await self._transport.request("GET", path, kind=f"GET {owners} version")
        return required(body, lambda raw: read_version(owner_id, raw), "a version that has no number")


def _paged(limit: int, continuation: int | None, *, search: str | None = None, sort_by: str | None = None) -> Query:
    return {
        "search": search or None,
        "sort_by": sort_by,
        "limit": limit,
        "continuation_token": continuation,
    }


def required(body: JsonObject, read: Callable[[JsonObject], T | None], otherwise: str) -> T:
    """Return what ``read`` makes of a body.

    Raises :class:`services.errors.BadResponseError` if that is ``None``.
    """
    found = read(body)
    if found is None:
        raise BadResponseError(f"the platform answered with {otherwise}; try again")
    return found


T = TypeVar("T")

UNSUPPORTED: Final = {
    "list_behavior_sets": "the Platform API has no dynamic behavior sets; connect with the Classic API to see them",
    "service_history": "the Platform API tells no history; only what was changed from here is known",
}


class PlatformClient(PlatformOwners):
    """A :class:`services.client.ServicesClient` for the Platform API.

    The caller owns and closes ``http``, whose base URL is the platform's address. Raises :class:`ValueError` for a
    token that no HTTP header can carry. ``tells_history``: the platform is the embedded one, which has a history.
    """

    dialect: Final = "platform"

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        workspace_id: str,
        token: str,
        label: str = "",
        tells_history: bool = False,
    ) -> None:
        super().__init__(Transport(http, BearerKey(token)), workspace_id)
        supported = ("service_history",) if tells_history else ()
        self.unsupported: Mapping[str, str] = {
            name: why for name, why in UNSUPPORTED.items() if name not in supported
        }
        self.calls = PlatformCalls(self._transport, workspace_id)
        self._address = str(http.base_url).rstrip("/")
        self._workspace_id = workspace_id
        self.label = label or http.base_url.host

    @property
    def traffic(self) -> Traffic:
        """The rate limits that the platform reported."""
        return self._transport.traffic

    def service_address(self, service_id: str) -> str:
        """Return the URL of one service."""
        return self._address + self._service_path(service_id)

    async def whoami(self) -> str:
        """Return the workspace's id, because the API has no name for it."""
        page = await self.list_services(limit=1)
        count = "" if page.listed is None else f" with {page.listed} service{'s' * (page.listed != 1)}"
        return f"workspace {self._workspace_id}{count}"

    async def list_services(
        self,
        *,
        search: str | None = None,
        is_active: bool | None = None,
        tags: Sequence[Tag] = (),
        ids: Sequence[str] = (),
        sort_by: str | None = None,
        limit: int = PAGE_SIZE,
        continuation: int | None = None,
    ) -> Page[Service]:
        """Return one page. The API cannot filter by tags or ids: the client does."""
        query: Query = {
            "search": search or None,
            "is_active": is_active,
            "sort_by": sort_by,
            "limit": limit,
            "continuation_token": continuation,
        }

        def leave_out(service: Service) -> str | None:
            fits = has_tags(service, tags) and (not ids or service.id in ids)
            return None if fits else service.id

        return await self._page("services", read_service, query=query, leave_out=leave_out)

    async def get_service(self, service_id: str) -> Service:
        """Return one service. Raises :class:`services.errors.NotFoundError`."""
        return _service(await self._transport.request("GET", self._service_path(service_id), kind="GET service"))

    async def create_service(self, new: NewService) -> str:
        """Create a service and return its id."""
        path = f"{self._workspace}/services"
        made = await self._transport.request("POST", path, body=write_new_service(new), kind="POST service")
        return _changed(made).id

    async def update_service(self, service_id: str, changes: Mapping[str, JsonValue]) -> Service:
        """Change only the named fields and return the service after the change."""
        if "version_sets" in changes:
            raise RefusedError("version sets are not changed with a service: use the version set's own commands")
        if not changes:
            return await self.get_service(service_id)
        return await self._put_service(service_id, dict(changes))

    async def delete_service(self, service_id: str) -> None:
        """Delete a service."""
        await self._transport.send("DELETE", self._service_path(service_id), kind="DELETE service")

    async def update_voice_config(self, service_id: str, changes: Mapping[str, JsonValue]) -> Service:
        """Change only the named fields; see :meth:`services.client.ServicesClient.update_voice_config`."""
        if not changes:
            return await self.get_service(service_id)
        return await self._put_service(service_id, {"voice_config": as_sent(changes)})

    async def service_history(
        self, service_id: str, *, limit: int = PAGE_SIZE, continuation: int | None = None
    ) -> Page[HistoryEntry]:
        """Return one page of a service's history, newest first."""
        if "service_history" in self.unsupported:
            raise UnsupportedError(self.unsupported["service_history"])
        path = f"/turnlab/{quote(self._workspace_id, safe='')}/history"
        query: Query = {"subject_id": service_id, "limit": limit, "continuation_token": continuation}
        return await self._transport.page(path, "items", read_history_entry, kind="history", query=query)

    async def list_version_sets(self, service_id: str) -> Mapping[str, VersionSet]:
        """Return the version sets by name."""
        return (await self.get_service(service_id)).version_sets

    async def get_version_set(self, service_id: str, name: str) -> VersionSet:
        """Return one version set. The API returns it only inside its service."""
        return (await self.get_service(service_id)).version_set(name)

    async def upsert_version_set(self, service_id: str, name: str, version_set: VersionSet) -> None:
        """Create or replace a version set."""
        path = f"{self._service_path(service_id)}/version-sets/{quote(writable(name), safe='')}"
        body: JsonObject = {"version_set": write_version_set(version_set)}
        await self._transport.send("PUT", path, body=body, kind="PUT version set")

    async def delete_version_set(self, service_id: str, name: str) -> None:
        """Read the map of version sets and send it back without the name.

        The other sets stay exactly as they came.
        """
        deletable(name)
        stored = await self._transport.request("GET", self._service_path(service_id), kind="GET service")
        sets = stored.get("version_sets")
        if not isinstance(sets, dict):
            raise BadResponseError("the platform sent the service without its version sets; nothing was deleted")
        if name not in sets:
            raise NotFoundError(f"the service has no version set {name!r}; nothing was deleted")
        left: JsonObject = {other: body for other, body in sets.items() if other != name}
        after = await self._put_service(service_id, {"version_sets": left})
        if name in after.version_sets:
            raise BadResponseError(f"the platform answered, but {name!r} is still there; look before trying again")

    async def list_behavior_sets(
        self,
        *,
        service_id: str | None = None,  # noqa: ARG002  (the protocol's)
        limit: int = PAGE_SIZE,  # noqa: ARG002
        continuation: int | None = None,  # noqa: ARG002
    ) -> Page[BehaviorSet]:
        """Raise: the Platform API has no behavior sets."""
        raise UnsupportedError(UNSUPPORTED["list_behavior_sets"])

    async def workspace_voice_settings(self) -> WorkspaceVoiceSettings:
        """Return the voice settings that every service of the workspace inherits."""
        path = f"{self._workspace}/settings/voice"
        return read_voice_settings(await self._transport.request("GET", path, kind="GET voice settings"))

    async def update_workspace_voice_settings(self, changes: Mapping[str, JsonValue]) -> WorkspaceVoiceSettings:
        """Change only the named settings. ``None`` restores a default."""
        path = f"{self._workspace}/settings/voice"
        settings = await self._transport.request("PUT", path, body=dict(changes), kind="PUT voice settings")
        return read_voice_settings(settings)

    def _service_path(self, service_id: str) -> str:
        return f"{self._workspace}/services/{quote(service_id, safe='')}"

    async def _put_service(self, service_id: str, body: JsonObject) -> Service:
        path = self._service_path(service_id)
        return _changed(await self._transport.request("PUT", path, body=body, kind="PUT service"))


def _service(body: JsonObject) -> Service:
    return required(body, read_service, "a service that has no id")


def _changed(body: JsonObject) -> Service:
    """Read the answer to a change. An invalid answer does not mean that nothing was changed."""
    try:
        return _service(body)
    except BadResponseError as error:
        error.outcome_unknown = True
        raise
