"""The Classic dialect: one organization under ``/v1/{organization}``, with a token from signing in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, Literal, NoReturn, TypeVar
from urllib.parse import quote

import httpx
from pydantic import JsonValue

from services.classic_shapes import (
    MACHINE,
    read_behavior_set,
    read_classic_service,
    read_classic_version_set,
    write_classic_changes,
    write_classic_service,
    write_classic_version_set,
)
from services.client import PAGE_SIZE
from services.errors import BadResponseError, NotFoundError, ServiceError, UnsupportedError
from services.exchange import Query
from services.model import (
    Agent,
    BehaviorSet,
    ContextGraph,
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
from services.reading import JsonObject, as_text, has_text, read_agent, read_context_graph, read_version
from services.sign_in import ClassicKey, SignInCredentials
from services.traffic import Traffic
from services.transport import Transport

T = TypeVar("T", Service, Agent, ContextGraph, Version, BehaviorSet)

AGENTS_AT_ONCE, VERSIONS_AT_ONCE, OTHERS_AT_ONCE = 20, 10, 50
"""The largest pages, according to the vendor's OpenAPI document."""


class ClassicOwners:
    """The requests of :class:`services.classic.ClassicClient` for agents, state machines and behavior sets."""

    def __init__(self, transport: Transport, organization: str) -> None:
        self._transport = transport
        self._organization = f"/v1/{quote(organization, safe='')}"

    async def list_agents(
        self, *, search: str | None = None, limit: int = PAGE_SIZE, continuation: int | None = None
    ) -> Page[Agent]:
        """Return one page of agents; the client filters it by ``search``."""
        query = _paged(min(limit, AGENTS_AT_ONCE), continuation)
        return await self._page("/organization/agent", "agents", read_agent, query, _by_name(search))

    async def get_agent(self, agent_id: str) -> Agent:
        """Return one agent with the number of its newest version."""
        query: Query = {"id": [agent_id]}
        return only(await self._page("/organization/agent", "agents", read_agent, query), agent_id, "agent")

    async def list_agent_versions(
        self, agent_id: str, *, limit: int = PAGE_SIZE, continuation: int | None = None
    ) -> Page[Version]:
        """Return one page of an agent's versions, newest first."""
        return await self._versions("agent", "agent_versions", agent_id, _newest_first(limit, continuation))

    async def get_agent_version(self, agent_id: str, version: int | Literal["latest"] = "latest") -> Version:
        """Return one version of an agent."""
        query: Query = {"version": str(version)}
        return _one_version(await self._versions("agent", "agent_versions", agent_id, query), version)

    async def list_context_graphs(
        self, *, search: str | None = None, limit: int = PAGE_SIZE, continuation: int | None = None
    ) -> Page[ContextGraph]:
        """Return one page of state machines; the client filters it by ``search``."""
        query = _paged(min(limit, OTHERS_AT_ONCE), continuation)
        return await self._page(
            f"/organization/{MACHINE}", f"{MACHINE}s", read_context_graph, query, _by_name(search)
        )

    async def get_context_graph(self, context_graph_id: str) -> ContextGraph:
        """Return one state machine with the number of its newest version."""
        query: Query = {"id": [context_graph_id]}
        page = await self._page(f"/organization/{MACHINE}", f"{MACHINE}s", read_context_graph, query)
        return only(page, context_graph_id, "context graph")

    async def list_context_graph_versions(
        self, context_graph_id: str, *, limit: int = PAGE_SIZE, continuation: int | None = None
    ) -> Page[Version]:
        """Return one page of a state machine's versions, newest first."""
        query = _newest_first(limit, continuation)
        return await self._versions(MACHINE, "state_machine_versions", context_graph_id, query)

    async def get_context_graph_version(
        self, context_graph_id: str, version: int | Literal["latest"] = "latest"
    ) -> Version:
        """Return one version of a state machine."""
        query: Query = {"version": str(version)}
        page = await self._versions(MACHINE, "state_machine_versions", context_graph_id, query)
        return _one_version(page, version)

    async def list_behavior_sets(
        self, *, service_id: str | None = None, limit: int = PAGE_SIZE, continuation: int | None = None
    ) -> Page[BehaviorSet]:
        """Return one page of dynamic behavior sets, of one service or of all."""
        query = {
            **_paged(min(limit, OTHERS_AT_ONCE), continuation),
            "applied_to_service": [service_id] if service_id else [],
        }
        return await self._page("/dynamic_behavior_set/", "dynamic_behavior_sets", read_behavior_set, query)

    async def _page(
        self,
        path: str,
        key: str,
        read: Callable[[JsonObject], T | None],
        query: Query,
        leave_out: Callable[[T], str | None] = lambda _: None,
    ) -> Page[T]:
        kind = key.replace("_", " ")
        address = f"{self._organization}{path}"
        return await self._transport.page(address, key, read, kind=kind, query=query, leave_out=leave_out)

    async def _versions(self, owners: str, key: str, owner_id: str, query: Query) -> Page[Version]:
        path = f"/organization/{owners}/{quote(owner_id, safe='')}/version"
        return await self._page(path, key, lambda raw: read_version(owner_id, raw), query)


def _paged(limit: int, continuation: int | None) -> dict[str, str | int | bool | list[str] | None]:
    return {"limit": limit, "continuation_token": continuation}


def _newest_first(limit: int, continuation: int | None) -> Query:
    return {**_paged(min(limit, VERSIONS_AT_ONCE), continuation), "sort_by": ["-version"]}


def _by_name(search: str | None) -> Callable[[Agent | ContextGraph], str | None]:
    wanted = (search or "").casefold()
    return lambda found: None if wanted in found.name.casefold() else found.id


def only(page: Page[T], wanted: str, what: str) -> T:
    """Return the entry with the requested id.

    Raises :class:`services.errors.NotFoundError`, and :class:`services.errors.BadResponseError` for another entry.
    """
    for item in page.items:
        if getattr(item, "id", None) == wanted:
            return item
    if page.items:
        raise BadResponseError(f"the platform answered with another {what} than was asked for; try again")
    raise NotFoundError(f"there is no {what} {wanted!r} that this key may see; refresh the list")


def _one_version(page: Page[Version], wanted: int | Literal["latest"]) -> Version:
    for version in page.items:
        if wanted in ("latest", version.number):
            return version
    raise NotFoundError(f"there is no version {wanted}; list the versions to see which there are")


UNSUPPORTED: Final = {
    "delete_service": "the Classic API cannot delete a service; deactivate it instead",
    "update_voice_config": "the Classic API knows no voice_config; connect with the Platform API to change it",
    "service_history": "the Classic API tells no history; only what was changed from here is known",
    "calls": "the Classic API tells of no calls; connect with the Platform API to pull them",
    "workspace_voice_settings": "the Classic API knows no voice settings; connect with the Platform API",
    "update_workspace_voice_settings": "the Classic API knows no voice settings; connect with the Platform API",
}

SERVICES_AT_ONCE = 20
"""The largest page of services, according to the vendor's OpenAPI document."""


class ClassicClient(ClassicOwners):
    """A :class:`services.client.ServicesClient` for the Classic API.

    The caller owns ``http``: its base URL is the platform's address, and the caller closes it. ``clock`` is
    in seconds since 1970; ``sleep`` waits for rate limits.
    """

    dialect: Final = "classic"
    unsupported: Mapping[str, str] = UNSUPPORTED

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        organization: str,
        key: ClassicKey,
        label: str = "",
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.traffic = Traffic(clock)
        signed_in = SignInCredentials(http, organization, key, traffic=self.traffic, clock=clock)
        transport = Transport(http, signed_in, traffic=self.traffic, clock=clock, sleep=sleep)
        super().__init__(transport, organization)
        self._organization_id = organization
        self._user_id = key.user_id
        self.label = label or http.base_url.host
        self._address = str(http.base_url).rstrip("/")

    @property
    def calls(self) -> NoReturn:
        """Raise: the Classic API has no calls."""
        raise UnsupportedError(UNSUPPORTED["calls"])

    def service_address(self, service_id: str) -> str:
        """Return the URL of one service: the listing, filtered by id."""
        return f"{self._address}{self._organization}/service/?id={quote(service_id, safe='')}"

    async def whoami(self) -> str:
        """Return the organization and the user of this connection, in words."""
        await self.list_services(limit=1)
        return f"organization {self._organization_id} as user {self._user_id}"

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
        """Return one page of at most 20 services. The API has no search: the client filters."""
        query: Query = {
            "id": list(ids),
            "is_active": is_active,
            "tags": [f"{tag.key}:{'*' if tag.value is None else tag.value}" for tag in tags],
            "sort_by": _sorting(sort_by),
            "limit": min(limit, SERVICES_AT_ONCE),
            "continuation_token": continuation,
        }

        def leave_out(service: Service) -> str | None:
            return None if not search or has_text(service, search) else service.id

        return await self._page("/service/", "services", read_classic_service, query, leave_out)

    async def get_service(self, service_id: str) -> Service:
        """Return one service, from the listing filtered by id."""
        return only(await self.list_services(ids=[service_id]), service_id, "service")

    async def create_service(self, new: NewService) -> str:
        """Create a service and return its id."""
        body = write_classic_service(new)
        made = await self._transport.request(
            "POST", f"{self._organization}/service/", body=body, kind="POST service"
        )
        service_id = as_text(made.get("id"))
        if not service_id:
            unsaid = BadResponseError("the platform made a service and did not say its id; refresh the list")
            unsaid.outcome_unknown = True
            raise unsaid
        return service_id

    async def update_service(self, service_id: str, changes: Mapping[str, JsonValue]) -> Service:
        """Change only the named fields and return the service after the change."""
        if changes:
            body: JsonObject = write_classic_changes(changes)
            path = f"{self._service_path(service_id)}/"
            await self._transport.send("POST", path, body=body, kind="POST service update")
        try:
            return await self.get_service(service_id)
        except ServiceError as error:
            if not changes:
                raise
            failure = type(error)(f"the change was saved, but reading it back failed: {error.message}")
            failure.status, failure.request_id = error.status, error.request_id
            # so that the stored value is read before the outcome is reported
            failure.outcome_unknown = True
        raise failure

    async def delete_service(self, service_id: str) -> NoReturn:  # noqa: ARG002  (the protocol's)
        """Raise: the Classic API cannot."""
        raise UnsupportedError(UNSUPPORTED["delete_service"])

    async def update_voice_config(
        self,
        service_id: str,  # noqa: ARG002  (the protocol's)
        changes: Mapping[str, JsonValue],  # noqa: ARG002
    ) -> NoReturn:
        """Raise: the Classic API cannot."""
        raise UnsupportedError(UNSUPPORTED["update_voice_config"])

    async def service_history(
        self,
        service_id: str,  # noqa: ARG002  (the protocol's)
        *,
        limit: int = PAGE_SIZE,  # noqa: ARG002
        continuation: int | None = None,  # noqa: ARG002
    ) -> NoReturn:
        """Raise: the Classic API cannot."""
        raise UnsupportedError(UNSUPPORTED["service_history"])

    async def list_version_sets(self, service_id: str) -> Mapping[str, VersionSet]:
        """Return the version sets by name."""
        return (await self.get_service(service_id)).version_sets

    async def get_version_set(self, service_id: str, name: str) -> VersionSet:
        """Return one version set, from the documented request or else from the service's listing."""
        path = self._version_set_path(service_id, name)
        try:
            return read_classic_version_set(await self._transport.request("GET", path, kind="GET version set"))
        except ServiceError as error:
            # The vendor's OpenAPI document lacks this request. A platform without it may answer 404 or 405.
            if error.status not in (404, 405):
                raise
        return (await self.get_service(service_id)).version_set(name)

    async def upsert_version_set(self, service_id: str, name: str, version_set: VersionSet) -> None:
        """Create or replace a version set."""
        path = self._version_set_path(service_id, writable(name))
        body: JsonObject = write_classic_version_set(version_set)
        await self._transport.send("PUT", path, body=body, kind="PUT version set")

    async def delete_version_set(self, service_id: str, name: str) -> None:
        """Delete one version set."""
        path = self._version_set_path(service_id, deletable(name))
        await self._transport.send("DELETE", path, kind="DELETE version set")

    async def workspace_voice_settings(self) -> WorkspaceVoiceSettings:
        """Raise: the Classic API has no workspace voice settings."""
        raise UnsupportedError(UNSUPPORTED["workspace_voice_settings"])

    async def update_workspace_voice_settings(
        self,
        changes: Mapping[str, JsonValue],  # noqa: ARG002  (the protocol's)
    ) -> WorkspaceVoiceSettings:
        """Raise: the Classic API has no workspace voice settings."""
        raise UnsupportedError(UNSUPPORTED["update_workspace_voice_settings"])

    def _service_path(self, service_id: str) -> str:
        return f"{self._organization}/service/{quote(service_id, safe='')}"

    def _version_set_path(self, service_id: str, name: str) -> str:
        return f"{self._service_path(service_id)}/version_sets/{quote(name, safe='')}/"


def _sorting(sort_by: str | None) -> list[str]:
    """Return the API's form of a sort order, which marks ascending order too."""
    if sort_by is None:
        return []
    field = sort_by.removeprefix("-")
    if field not in ("name", "is_active"):
        raise UnsupportedError(f"the Classic API sorts services by name or is_active, not by {field}")
    return [sort_by if sort_by.startswith("-") else f"+{sort_by}"]
