"""Requests to one workspace of the Platform API, and its agents and context graphs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar
from urllib.parse import quote

from services.client import PAGE_SIZE
from services.errors import BadResponseError
from services.exchange import Query
from services.model import Agent, ContextGraph, Page, Version
from services.reading import JsonObject, read_agent, read_context_graph, read_version
from services.transport import Transport

T = TypeVar("T")


class PlatformOwners:
    """The part of :class:`services.platform.PlatformClient` that asks for agents and context graphs."""

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
    """Return what is read, or raise :class:`services.errors.BadResponseError` if it cannot be made sense of."""
    found = read(body)
    if found is None:
        raise BadResponseError(f"the platform answered with {otherwise}; try again")
    return found
