"""The Platform dialect's services and version sets."""

from __future__ import annotations

import sqlite3
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.embedded import rules, store
from services.embedded.answers import READ, WRITE, AsciiJson, page
from services.embedded.gate import IN_WORKSPACE, By, Db, PlatformRoute, Workspace
from services.embedded.platform.service_shapes import (
    CreateService,
    Listed,
    ServicePage,
    ServiceResponse,
    SetName,
    UpdateService,
    UpsertVersionSet,
)
from services.embedded.voice_shapes import answered

Json = dict[str, Any]
router = APIRouter(
    prefix="/v1/{workspace_id}/services", route_class=PlatformRoute, dependencies=IN_WORKSPACE, tags=["Services"]
)

# Plain functions: the framework runs them in a thread, where SQLite may block.


@router.post("", operation_id="create-service", status_code=201, response_model=ServiceResponse, responses=WRITE)
def create_service(db: Db, by: By, body: CreateService) -> Response:
    """Create a service with its ``edge`` and ``release``."""
    with db.write() as connection:
        return AsciiJson(_shown(rules.create_service(connection, by, body.given())), status_code=201)


@router.get("", operation_id="list-services", response_model=ServicePage, responses=READ)
def list_services(workspace: Workspace, db: Db, listed: Listed, is_active: bool | None = None) -> Response:
    """One page of services."""
    wanted = store.ServiceQuery(search=listed.search, is_active=is_active)
    with db.read() as connection:
        found, total = store.find_services(
            connection, workspace, wanted, ordering=listed.ordering, limit=listed.limit, offset=listed.offset
        )
    return page([_shown(service) for service in found], total, listed.offset)


@router.get("/{service_id}", operation_id="get-service", response_model=ServiceResponse, responses=READ)
def get_service(workspace: Workspace, db: Db, service_id: UUID) -> Response:
    """One service."""
    with db.read() as connection:
        return AsciiJson(_shown(_service(connection, workspace, service_id)))


@router.put("/{service_id}", operation_id="update-service", response_model=ServiceResponse, responses=WRITE)
def put_service(workspace: Workspace, db: Db, by: By, service_id: UUID, body: UpdateService) -> Response:
    """Change a service. ``voice_config`` is merged with the stored one."""
    with db.write() as connection:
        before = _service(connection, workspace, service_id)
        return AsciiJson(_shown(rules.update_service(connection, by, before, body.given())))


@router.delete("/{service_id}", operation_id="delete-service", status_code=204, responses=READ)
def delete_service(workspace: Workspace, db: Db, by: By, service_id: UUID) -> Response:
    """Delete a service. Its history stays."""
    with db.write() as connection:
        rules.delete_service(connection, by, _service(connection, workspace, service_id))
    return Response(status_code=204)


@router.put(
    "/{service_id}/version-sets/{name}",
    operation_id="upsert-service-version-set",
    status_code=204,
    responses=WRITE,
)
def put_version_set(
    workspace: Workspace, db: Db, by: By, service_id: UUID, name: SetName, body: UpsertVersionSet
) -> Response:
    """Create or replace a version set."""
    with db.write() as connection:
        before = _service(connection, workspace, service_id)
        rules.upsert_version_set(connection, by, before, name, body.version_set.stored())
    return Response(status_code=204)


def _service(connection: sqlite3.Connection, workspace_id: str, service_id: UUID) -> Json:
    service = store.find_service(connection, workspace_id, str(service_id))
    if service is None:
        raise HTTPException(404, "Service not found.")
    return service


def _shown(service: Json) -> Json:
    shown = {name: value for name, value in service.items() if name not in store.INTERNAL}
    return shown | {"voice_config": answered(service["voice_config"])}
