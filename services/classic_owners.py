"""Requests to one organization of the Classic API: its agents, state machines and behavior sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar
from urllib.parse import quote

from services.classic_shapes import MACHINE, read_behavior_set
from services.client import PAGE_SIZE
from services.errors import BadResponseError, NotFoundError
from services.exchange import Query
from services.model import Agent, BehaviorSet, ContextGraph, Page, Service, Version
from services.reading import JsonObject, read_agent, read_context_graph, read_version
from services.transport import Transport

T = TypeVar("T", Service, Agent, ContextGraph, Version, BehaviorSet)

AGENTS_AT_ONCE, VERSIONS_AT_ONCE, OTHERS_AT_ONCE = 20, 10, 50
"""The most entries that one page may have, by the vendor's OpenAPI document."""


class ClassicOwners:
    """The part of :class:`services.classic.ClassicClient` that asks for what services are made of."""

    def __init__(self, transport: Transport, organization: str) -> None:
        self._transport = transport
        self._organization = f"/v1/{quote(organization, safe='')}"

    async def list_agents(
        self, *, search: str | None = None, limit: int = PAGE_SIZE, continuation: int | None = None
    ) -> Page[Agent]:
        """Return one page of agents; the search is applied here."""
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
        """Return one page of state machines; the search is applied here."""
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
    """Return the entry that was asked for by its id."""
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
