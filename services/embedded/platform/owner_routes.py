"""The Platform dialect's agents and context graphs with their versions. Both have the same operations."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.embedded import owners
from services.embedded.answers import READ, WRITE, AsciiJson, page
from services.embedded.audit import Actor, Subject, record
from services.embedded.database import Database
from services.embedded.gate import IN_WORKSPACE, By, Db, PlatformRoute, Workspace
from services.embedded.platform import owner_shapes as shapes
from services.embedded.platform.owner_shapes import next_states
from services.embedded.platform.service_shapes import Listed, Listing, VersionListing, VersionsListed
from services.embedded.rules import RuleBrokenError, naming

Json = dict[str, Any]
router = APIRouter(prefix="/v1/{workspace_id}", route_class=PlatformRoute, dependencies=IN_WORKSPACE)


@dataclass(frozen=True, slots=True)
class _Owners:
    """The operations on one kind of owner."""

    owner: owners.Owner

    @property
    def kind(self) -> str:
        return owners.KIND[self.owner]

    def create(self, db: Database, by: Actor, body: shapes.CreateOwner) -> Response:
        with db.write() as connection:
            with naming("Name already taken."):
                owner_id = owners.add_owner(connection, self.owner, by.workspace_id, body.name, body.description)
            record(connection, by, "create", Subject(self.kind, owner_id, body.name), None, body.model_dump())
            return AsciiJson(self._shown(self._find(connection, by.workspace_id, owner_id)), status_code=201)

    def list(self, db: Database, workspace_id: str, listed: Listing) -> Response:
        with db.read() as connection:
            found, total = owners.find_owners(
                connection,
                self.owner,
                workspace_id,
                owners.OwnerFilter(search=listed.search),
                ordering=listed.ordering,
                limit=listed.limit,
                offset=listed.offset,
            )
        return page([self._shown(one) for one in found], total, listed.offset)

    def get(self, db: Database, workspace_id: str, owner_id: UUID) -> Response:
        with db.read() as connection:
            return AsciiJson(self._shown(self._find(connection, workspace_id, str(owner_id))))

    def update(self, db: Database, by: Actor, owner_id: UUID, body: shapes.UpdateOwner) -> Response:
        with db.write() as connection:
            before = self._find(connection, by.workspace_id, str(owner_id))
            given = {name: value for name, value in body.model_dump().items() if value is not None}
            after = {"name": before["name"], "description": before["description"]} | given
            with naming("Name already taken."):
                owners.change_owner(connection, self.owner, before["id"], **after)
            subject = Subject(self.kind, before["id"], after["name"])
            record(connection, by, "update", subject, {name: before[name] for name in after}, after)
            return AsciiJson(self._shown(self._find(connection, by.workspace_id, before["id"])))

    def delete(self, db: Database, by: Actor, owner_id: UUID) -> Response:
        with db.write() as connection:
            before = self._find(connection, by.workspace_id, str(owner_id))
            owners.remove_owner(connection, self.owner, before["id"])
            kept = {"name": before["name"], "description": before["description"]}
            record(connection, by, "delete", Subject(self.kind, before["id"], before["name"]), kept, None)
        return Response(status_code=204)

    def add_version(self, db: Database, by: Actor, owner_id: UUID, content: Json) -> Response:
        with db.write() as connection:
            found = self._find(connection, by.workspace_id, str(owner_id))
            try:
                version = owners.add_version(connection, self.owner, found["id"], content, by.user_id)
            except ValueError:
                raise RuleBrokenError("NaN and infinite numbers are not JSON", "body") from None
            subject = Subject(f"{self.kind}_version", found["id"], found["name"])
            record(connection, by, "create", subject, None, {"version": version["version"]})
            return AsciiJson(self._version(found, version), status_code=201)

    def list_versions(self, db: Database, workspace_id: str, owner_id: UUID, listed: VersionListing) -> Response:
        with db.read() as connection:
            found = self._find(connection, workspace_id, str(owner_id))
            wanted = owners.VersionRange(descending=listed.descending)
            versions, total = owners.find_versions(
                connection, self.owner, found["id"], wanted, limit=listed.limit, offset=listed.offset
            )
        return page([self._version(found, version) for version in versions], total, listed.offset)

    def get_version(self, db: Database, workspace_id: str, owner_id: UUID, version: int | str) -> Response:
        with db.read() as connection:
            found = self._find(connection, workspace_id, str(owner_id))
            number = found["latest_version"] or 0 if version == "latest" else _number(version)
            wanted = owners.VersionRange(number, number)
            versions, _ = owners.find_versions(connection, self.owner, found["id"], wanted, limit=1, offset=0)
            if not versions:
                newest = (
                    f"the newest is {found['latest_version']}" if found["latest_version"] else "there is none yet"
                )
                raise HTTPException(404, f"Version {version} does not exist; {newest}.")
            return AsciiJson(self._version(found, versions[0]))

    def _find(self, connection: sqlite3.Connection, workspace_id: str, owner_id: str) -> Json:
        found = owners.find_owner(connection, self.owner, workspace_id, owner_id)
        if found is None:
            raise HTTPException(404, "Not found.")
        return found

    def _shown(self, found: Json) -> Json:
        shape = shapes.AgentResponse if self.owner == owners.AGENTS else shapes.ContextGraphResponse
        shown = {name: found[name] for name in shape.model_fields}
        return {name: 0 if name in _COUNTS and value is None else value for name, value in shown.items()}

    def _version(self, found: Json, version: Json) -> Json:
        own = {"workspace_id": found["workspace_id"], f"{self.kind}_id": found["id"]}
        return {**{name: value for name, value in version.items() if name != "created_by"}, **own}


def _number(version: int | str) -> int:
    """Return the version's number. A number beyond the file's range becomes one that no version has."""
    text = str(version)
    if not text.removeprefix("-").isdecimal():
        raise RuleBrokenError("must be a version's number, or latest", "path", "version")
    return int(text) if len(text) <= 15 else 0


_COUNTS = ("latest_version", "state_count")
_AGENTS = _Owners(owners.AGENTS)
_GRAPHS = _Owners(owners.CONTEXT_GRAPHS)


def _checked(body: shapes.CreateContextGraphVersion) -> Json:
    """Return the content to store. Every state that is named must exist, and only once."""
    names = [state.name for state in body.states]
    for name in names:
        if names.count(name) > 1:
            raise RuleBrokenError(f"two states are called '{name}'", "body", "states")
    for place in ("new_user_initial_state", "returning_user_initial_state", "terminal_state"):
        if getattr(body, place) not in names:
            raise RuleBrokenError(f"there is no state '{getattr(body, place)}'", "body", place)
    for state in body.states:
        for following in next_states(state):
            if following not in names:
                raise RuleBrokenError(
                    f"'{state.name}' leads to '{following}', which is not a state", "body", "states"
                )
    return body.model_dump()


@router.post(
    "/agents", operation_id="create-agent", status_code=201, response_model=shapes.AgentResponse, responses=WRITE
)
def create_agent(db: Db, by: By, body: shapes.CreateOwner) -> Response:
    """Create an agent without a version."""
    return _AGENTS.create(db, by, body)


@router.get("/agents", operation_id="list-agents", response_model=shapes.AgentPage, responses=READ)
def list_agents(workspace: Workspace, db: Db, listed: Listed) -> Response:
    """One page of agents."""
    return _AGENTS.list(db, workspace, listed)


@router.get("/agents/{agent_id}", operation_id="get-agent", response_model=shapes.AgentResponse, responses=READ)
def get_agent(workspace: Workspace, db: Db, agent_id: UUID) -> Response:
    """One agent with the number of its latest version."""
    return _AGENTS.get(db, workspace, agent_id)


@router.put("/agents/{agent_id}", operation_id="update-agent", response_model=shapes.AgentResponse, responses=WRITE)
def update_agent(db: Db, by: By, agent_id: UUID, body: shapes.UpdateOwner) -> Response:
    """Change the name or description of an agent."""
    return _AGENTS.update(db, by, agent_id, body)


@router.delete("/agents/{agent_id}", operation_id="delete-agent", status_code=204, responses=READ)
def delete_agent(db: Db, by: By, agent_id: UUID) -> Response:
    """Delete an agent. Its versions stay for the services that run them."""
    return _AGENTS.delete(db, by, agent_id)


@router.post(
    "/agents/{agent_id}/versions",
    operation_id="create-agent-version",
    status_code=201,
    response_model=shapes.AgentVersionResponse,
    responses=WRITE,
)
def create_agent_version(db: Db, by: By, agent_id: UUID, body: shapes.CreateAgentVersion) -> Response:
    """Add a version with the next number."""
    return _AGENTS.add_version(db, by, agent_id, body.model_dump())


@router.get(
    "/agents/{agent_id}/versions",
    operation_id="list-agent-versions",
    response_model=shapes.AgentVersionPage,
    responses=READ,
)
def list_agent_versions(workspace: Workspace, db: Db, agent_id: UUID, listed: VersionsListed) -> Response:
    """One page of an agent's versions."""
    return _AGENTS.list_versions(db, workspace, agent_id, listed)


@router.get(
    "/agents/{agent_id}/versions/{version}",
    operation_id="get-agent-version",
    response_model=shapes.AgentVersionResponse,
    responses=READ,
)
def get_agent_version(workspace: Workspace, db: Db, agent_id: UUID, version: int | str) -> Response:
    """One version by its number, or ``latest``."""
    return _AGENTS.get_version(db, workspace, agent_id, version)


@router.post(
    "/context-graphs",
    operation_id="create-context_graph",
    status_code=201,
    response_model=shapes.ContextGraphResponse,
    responses=WRITE,
)
def create_context_graph(db: Db, by: By, body: shapes.CreateOwner) -> Response:
    """Create a context graph without a version."""
    return _GRAPHS.create(db, by, body)


@router.get(
    "/context-graphs", operation_id="list-context_graphs", response_model=shapes.ContextGraphPage, responses=READ
)
def list_context_graphs(workspace: Workspace, db: Db, listed: Listed) -> Response:
    """One page of context graphs."""
    return _GRAPHS.list(db, workspace, listed)


@router.get(
    "/context-graphs/{context_graph_id}",
    operation_id="get-context_graph",
    response_model=shapes.ContextGraphResponse,
    responses=READ,
)
def get_context_graph(workspace: Workspace, db: Db, context_graph_id: UUID) -> Response:
    """One context graph with the number of its latest version."""
    return _GRAPHS.get(db, workspace, context_graph_id)


@router.put(
    "/context-graphs/{context_graph_id}",
    operation_id="update-context_graph",
    response_model=shapes.ContextGraphResponse,
    responses=WRITE,
)
def update_context_graph(db: Db, by: By, context_graph_id: UUID, body: shapes.UpdateOwner) -> Response:
    """Change the name or description of a context graph."""
    return _GRAPHS.update(db, by, context_graph_id, body)


@router.delete(
    "/context-graphs/{context_graph_id}", operation_id="delete-context_graph", status_code=204, responses=READ
)
def delete_context_graph(db: Db, by: By, context_graph_id: UUID) -> Response:
    """Delete a context graph. Its versions stay for the services that run them."""
    return _GRAPHS.delete(db, by, context_graph_id)


@router.post(
    "/context-graphs/{context_graph_id}/versions",
    operation_id="create-context_graph-version",
    status_code=201,
    response_model=shapes.ContextGraphVersionResponse,
    responses=WRITE,
)
def create_context_graph_version(
    db: Db, by: By, context_graph_id: UUID, body: shapes.CreateContextGraphVersion
) -> Response:
    """Add a version with the next number."""
    return _GRAPHS.add_version(db, by, context_graph_id, _checked(body))


@router.get(
    "/context-graphs/{context_graph_id}/versions",
    operation_id="list-context_graph-versions",
    response_model=shapes.ContextGraphVersionPage,
    responses=READ,
)
def list_context_graph_versions(
    workspace: Workspace, db: Db, context_graph_id: UUID, listed: VersionsListed
) -> Response:
    """One page of a context graph's versions."""
    return _GRAPHS.list_versions(db, workspace, context_graph_id, listed)


@router.get(
    "/context-graphs/{context_graph_id}/versions/{version}",
    operation_id="get-context_graph-version",
    response_model=shapes.ContextGraphVersionResponse,
    responses=READ,
)
def get_context_graph_version(workspace: Workspace, db: Db, context_graph_id: UUID, version: int | str) -> Response:
    """One version by its number, or ``latest``."""
    return _GRAPHS.get_version(db, workspace, context_graph_id, version)
