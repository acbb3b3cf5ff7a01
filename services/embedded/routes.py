"""The Platform dialect's paths that the services screen needs, as the contract describes them."""

from __future__ import annotations

import json
import secrets
import sqlite3
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.embedded import settings, store
from services.embedded.bodies import UpdateService, VoiceSettings
from services.embedded.database import Database
from services.embedded.updating import RefusedError, update_service

Json = dict[str, Any]


class AsciiJson(Response):
    """JSON with everything beyond ASCII escaped, so that any string that was stored can be sent."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Return the body's bytes."""
        return json.dumps(content, allow_nan=False).encode()


class Page:
    """Where a listing starts, how long it is, and in which order."""

    def __init__(
        self,
        search: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
        sort_by: str | None = None,
        limit: Annotated[int, Query(gt=0, le=100)] = 10,
        continuation_token: Annotated[int, Query(ge=0, le=2**53)] = 0,
    ) -> None:
        ordering = store.order(sort_by)
        if ordering is None:
            allowed = ", ".join(store.SORTABLE)
            raise RefusedError(f"must be one of {allowed}, with - in front for descending", "query", "sort_by")
        self.search = search
        self.ordering = ordering
        self.limit = limit
        self.offset = continuation_token

    def of(self, items: list[Json], total: int) -> AsciiJson:
        """Return the contract's page around ``items``."""
        end = self.offset + len(items)
        more = end < total
        return AsciiJson(
            {"items": items, "has_more": more, "continuation_token": end if more else None, "total": total}
        )


async def database(request: Request) -> Database:
    """Return the open workspace file."""
    found: Database = request.app.state.database
    return found


Db = Annotated[Database, Depends(database)]


def workspace(request: Request, db: Db) -> str:
    """Check the token, then the workspace, and return the workspace's id: 401 comes before 404 or 422."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    with db.read() as connection:
        known = connection.execute("SELECT id, token FROM workspaces").fetchall()
    given = token.strip().encode()
    allowed = {row["id"] for row in known if secrets.compare_digest(given, row["token"].encode())}
    if scheme.lower() != "bearer" or not allowed:
        raise HTTPException(401, "Missing or invalid API key.")
    try:
        workspace_id = str(UUID(request.path_params["workspace_id"]))
    except ValueError:
        raise RefusedError("must be a UUID", "path", "workspace_id") from None
    if workspace_id not in allowed:
        raise HTTPException(404, "Workspace not found.")
    return workspace_id


Workspace = Annotated[str, Depends(workspace)]
Listing = Annotated[Page, Depends()]
router = APIRouter(prefix="/v1/{workspace_id}")

# Plain functions, not coroutines: the framework runs them in a thread, where SQLite may block.


@router.get("/services")
def list_services(workspace: Workspace, db: Db, page: Listing, is_active: bool | None = None) -> Response:
    """One page of services."""
    with db.read() as connection:
        found = store.find_services(
            connection,
            workspace,
            search=page.search,
            is_active=is_active,
            ordering=page.ordering,
            limit=page.limit,
            offset=page.offset,
        )
    return page.of(*found)


@router.get("/services/{service_id}")
def get_service(workspace: Workspace, db: Db, service_id: UUID) -> Response:
    """One service."""
    with db.read() as connection:
        return AsciiJson(_service(connection, workspace, service_id))


@router.put("/services/{service_id}")
def put_service(workspace: Workspace, db: Db, service_id: UUID, body: UpdateService) -> Response:
    """Change a service; ``voice_config`` is merged with what is there."""
    try:
        with db.write() as connection:
            update_service(connection, _service(connection, workspace, service_id), body)
            return AsciiJson(_service(connection, workspace, service_id))
    except sqlite3.IntegrityError:
        raise HTTPException(409, "An active service already has this name.") from None


@router.get("/agents")
def list_agents(workspace: Workspace, db: Db, page: Listing) -> Response:
    """One page of agents."""
    return _owners(db, store.AGENTS, workspace, page)


@router.get("/agents/{agent_id}")
def get_agent(workspace: Workspace, db: Db, agent_id: UUID) -> Response:
    """One agent with its latest version."""
    return _owner(db, store.AGENTS, workspace, agent_id)


@router.get("/context-graphs")
def list_context_graphs(workspace: Workspace, db: Db, page: Listing) -> Response:
    """One page of context graphs."""
    return _owners(db, store.CONTEXT_GRAPHS, workspace, page)


@router.get("/context-graphs/{context_graph_id}")
def get_context_graph(workspace: Workspace, db: Db, context_graph_id: UUID) -> Response:
    """One context graph with its latest version."""
    return _owner(db, store.CONTEXT_GRAPHS, workspace, context_graph_id)


@router.get("/settings/voice")
def get_voice_settings(workspace: Workspace, db: Db) -> Response:
    """The voice settings every service inherits."""
    with db.read() as connection:
        return AsciiJson(settings.read(connection, workspace))


@router.put("/settings/voice")
def put_voice_settings(workspace: Workspace, db: Db, body: VoiceSettings) -> Response:
    """Change the fields that are given; ``null`` puts one back to its default."""
    with db.write() as connection:
        return AsciiJson(settings.update(connection, workspace, body))


def _service(connection: sqlite3.Connection, workspace_id: str, service_id: UUID) -> Json:
    service = store.find_service(connection, workspace_id, str(service_id))
    if service is None:
        raise HTTPException(404, "Service not found.")
    return service


def _owners(db: Database, owner: store.Owner, workspace_id: str, page: Page) -> Response:
    with db.read() as connection:
        found = store.find_owners(
            connection,
            owner,
            workspace_id,
            search=page.search,
            ordering=page.ordering,
            limit=page.limit,
            offset=page.offset,
        )
    return page.of(*found)


def _owner(db: Database, owner: store.Owner, workspace_id: str, owner_id: UUID) -> Response:
    with db.read() as connection:
        found = store.find_owner(connection, owner, workspace_id, str(owner_id))
    if found is None:
        raise HTTPException(404, "Not found.")
    return AsciiJson(found)
