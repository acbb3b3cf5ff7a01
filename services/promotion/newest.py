"""What "latest" means today: the newest versions of a service's agent and context graph."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from services.client import ServicesClient
from services.errors import ServiceError
from services.model import Agent, ContextGraph, Service, VersionSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """The newest version of an agent or a context graph."""

    number: int | None = None
    """``None``: there is none, or it is not known (``unknown`` then says why)."""
    name: str = ""
    """What a person calls the agent or the context graph."""
    unknown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewestVersions:
    """What a version set that pins nothing points at today."""

    agent: Newest
    context_graph: Newest

    def resolved(self, version_set: VersionSet) -> VersionSet:
        """Return the version set with what it points at today pinned, as far as that is known."""
        agent, graph = version_set.agent_version_number, version_set.context_graph_version_number
        return replace(
            version_set,
            agent_version_number=self.agent.number if agent is None else agent,
            context_graph_version_number=self.context_graph.number if graph is None else graph,
        )


async def newest_versions(client: ServicesClient, service: Service) -> NewestVersions:
    """Ask for the newest versions. What cannot be known is said in the answer, not raised."""
    return NewestVersions(
        agent=await _newest(client.get_agent, service.agent_id, service.agent_name, "agent"),
        context_graph=await _newest(
            client.get_context_graph, service.context_graph_id, service.context_graph_name, "context graph"
        ),
    )


async def _newest(
    get: Callable[[str], Awaitable[Agent | ContextGraph]], owner_id: str | None, name: str | None, what: str
) -> Newest:
    if owner_id is None:
        return Newest(name=name or "", unknown=f"the platform does not say which {what} the service has")
    try:
        owner = await get(owner_id)
    except ServiceError as error:
        return Newest(name=name or owner_id, unknown=str(error))
    named = owner.name or name or owner_id
    return Newest(
        number=owner.latest_version, name=named, unknown="" if owner.latest_version else "it has none yet"
    )
