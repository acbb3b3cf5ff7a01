"""The Classic dialect's services, version sets and dynamic behavior sets."""

from __future__ import annotations

import sqlite3
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.embedded import owners, rules, store
from services.embedded.answers import AsciiJson, classic_refusals
from services.embedded.classic import service_shapes as shapes
from services.embedded.classic.organization_shapes import BehaviorSets
from services.embedded.classic.service_shapes import (
    ID_PATTERN,
    ClassicId,
    Ids,
    Offset,
    SortBy,
    ordering,
    paged,
    tag_filter,
)
from services.embedded.classic.translate import (
    STATE_MACHINE,
    classic_ids_of,
    find_behavior_sets,
    person,
    shown_pins,
    shown_service,
    stored_tags,
    stored_version_set,
    uuids_of,
)
from services.embedded.gate import IN_ORGANIZATION, By, ClassicRoute, Db, Workspace
from services.embedded.platform.service_shapes import SetName
from services.embedded.rules import RuleBrokenError

Json = dict[str, Any]
router = APIRouter(
    prefix="/v1/{organization}/service", route_class=ClassicRoute, tags=["Service"], dependencies=IN_ORGANIZATION
)
ServiceId = Annotated[str, Path(pattern=ID_PATTERN)]
SORTABLE = {"name": "name COLLATE NOCASE", "is_active": "is_active"}


@router.get(
    "/",
    operation_id="classic-get-services",
    response_model=shapes.Services,
    responses=classic_refusals("classic-get-services"),
)
def get_services(
    organization: str,
    workspace: Workspace,
    db: Db,
    ids: Ids = [],  # noqa: B006  the framework copies it
    is_active: bool | None = None,
    sort_by: SortBy = [],  # noqa: B006
    tags: SortBy = [],  # noqa: B006
    limit: Annotated[int, Query(gt=0, le=20)] = 10,
    continuation_token: Offset = 0,
) -> Response:
    """One page of services."""
    wanted = store.ServiceQuery(is_active=is_active, classic_ids=tuple(ids), tags=tag_filter(tags, "tags"))
    with db.read() as connection:
        found, total = store.find_services(
            connection,
            workspace,
            wanted,
            ordering=ordering(sort_by or ["name"], SORTABLE),
            limit=limit,
            offset=continuation_token,
        )
        names = classic_ids_of(connection, workspace)
        filters = None if continuation_token else {"tags": store.tag_keys(connection, workspace)}
    shown = [shown_service(service, organization, names) for service in found]
    return AsciiJson({**paged("services", shown, total, continuation_token), "filter_values": filters})


@router.post(
    "/",
    operation_id="classic-create-service",
    status_code=201,
    response_model=shapes.Created,
    responses=classic_refusals("classic-create-service", 400, 409),
)
def create_service(db: Db, by: By, body: shapes.CreateService) -> Response:
    """Create a service with its ``edge`` and ``release``."""
    with db.write() as connection:
        given: Json = {
            "name": body.name,
            "description": body.description,
            "is_active": body.is_active,
            "agent_id": _owner_id(connection, by.workspace_id, owners.AGENTS, body.agent_id),
            "context_graph_id": _owner_id(
                connection, by.workspace_id, owners.CONTEXT_GRAPHS, body.service_hierarchical_state_machine_id
            ),
            "keyterms": body.keyterms,
            "tags": stored_tags(body.tags),
        }
        if body.release_version_set is not None:
            release = _stored(connection, by.workspace_id, body.release_version_set, None)
            given["version_sets"] = {"release": release}
        created = rules.create_service(connection, by, given)
    return AsciiJson({"id": created["classic_id"]}, status_code=201)


@router.post(
    "/{service_id}/",
    operation_id="classic-update-service",
    responses=classic_refusals("classic-update-service", 400, 409),
)
def update_service(db: Db, by: By, service_id: ServiceId, body: shapes.UpdateService) -> Response:
    """Change the given fields."""
    given = {name: value for name, value in body.model_dump().items() if value is not None}
    with db.write() as connection:
        before = _service(connection, by.workspace_id, service_id)
        for sent, place, owner in (
            ("agent_id", "agent_id", owners.AGENTS),
            (f"{STATE_MACHINE}_id", "context_graph_id", owners.CONTEXT_GRAPHS),
        ):
            if (classic_id := given.pop(sent, None)) is not None:
                # contract: an unknown agent is 400 here, and 404 only on creation
                given[place] = _known_owner(connection, by.workspace_id, owner, classic_id, sent)["id"]
        if "tags" in given:
            given["tags"] = stored_tags(given["tags"])
        if given.get("is_active") and not before["is_active"]:
            _check_runnable(connection, before | given)
        rules.update_service(connection, by, before, given)
    return AsciiJson({})


@router.get(
    "/{service_id}/version_sets/{version_set_name}/",
    operation_id="classic-get-service-version-set",
    response_model=shapes.PinnedVersions,
    responses=classic_refusals("classic-get-service-version-set"),
)
def get_version_set(workspace: Workspace, db: Db, service_id: ServiceId, version_set_name: str) -> Response:
    """One version set. The documentation has this request; the OpenAPI document does not."""
    with db.read() as connection:
        service = _service(connection, workspace, service_id)
        if version_set_name not in service["version_sets"]:
            raise HTTPException(404, "The specified version set does not exist.")
        return AsciiJson(shown_pins(version_set_name, service, classic_ids_of(connection, workspace)))


@router.put(
    "/{service_id}/version_sets/{version_set_name}/",
    operation_id="classic-upsert-service-version-set",
    status_code=204,
    responses=classic_refusals("classic-upsert-service-version-set", 400),
)
def put_version_set(
    db: Db,
    by: By,
    service_id: ServiceId,
    version_set_name: SetName,
    body: shapes.UpsertVersionSet,
) -> Response:
    """Create a version set, or replace its versions and models."""
    with db.write() as connection:
        service = _service(connection, by.workspace_id, service_id)
        _check_same(service["agent_classic_id"], body.agent_id, "agent")
        _check_same(
            service["context_graph_classic_id"], body.service_hierarchical_state_machine_id, "state machine"
        )
        before = service["version_sets"].get(version_set_name)
        version_set = _stored(connection, by.workspace_id, body.wanted(), before, flat=body.flat)
        rules.upsert_version_set(connection, by, service, version_set_name, version_set)
    return Response(status_code=204)


@router.delete(
    "/{service_id}/version_sets/{version_set_name}/",
    operation_id="classic-delete-service-version-set",
    status_code=204,
    responses=classic_refusals("classic-delete-service-version-set", 400),
)
def delete_version_set(db: Db, by: By, service_id: ServiceId, version_set_name: str) -> Response:
    """Delete a version set."""
    with db.write() as connection:
        service = _service(connection, by.workspace_id, service_id)
        if version_set_name not in service["version_sets"]:
            raise HTTPException(404, "The specified version set does not exist.")
        rules.delete_version_set(connection, by, service, version_set_name)
    return Response(status_code=204)


def _service(connection: sqlite3.Connection, workspace_id: str, service_id: str) -> Json:
    service = store.find_service(connection, workspace_id, service_id)
    if service is None:
        raise HTTPException(404, "The specified service does not exist.")
    return service


def _owner_id(connection: sqlite3.Connection, workspace_id: str, owner: owners.Owner, classic_id: str) -> str:
    """Return the UUID of the agent or graph for a new service. It must have a version.

    Raises 404, :class:`RuleBrokenError`.
    """
    found = owners.find_owner(connection, owner, workspace_id, classic_id)
    what = _WHAT[owner]
    if found is None:
        raise HTTPException(404, f"The specified {what} does not exist.")
    if found["latest_version"] is None:
        raise RuleBrokenError(f"the {what} '{found['name']}' has no version yet", "body", f"{what}_id")
    return str(found["id"])


def _known_owner(
    connection: sqlite3.Connection, workspace_id: str, owner: owners.Owner, classic_id: str, place: str
) -> Json:
    found = owners.find_owner(connection, owner, workspace_id, classic_id)
    if found is None:
        raise RuleBrokenError(f"there is no {_WHAT[owner]} {classic_id}", "body", place)
    return found


_WHAT: dict[owners.Owner, str] = {owners.AGENTS: "agent", owners.CONTEXT_GRAPHS: "state machine"}


def _check_runnable(connection: sqlite3.Connection, service: Json) -> None:
    """Refuse to activate a service whose agent or state machine was deleted or has no version."""
    for owner, place in ((owners.AGENTS, "agent_id"), (owners.CONTEXT_GRAPHS, "context_graph_id")):
        found = owners.find_owner(connection, owner, service["workspace_id"], service[place], deleted=True)
        if found is None or found["deleted_at"] is not None or found["latest_version"] is None:
            raise RuleBrokenError(f"its {_WHAT[owner]} is deprecated or has no version", "body", "is_active")


def _check_same(own: str, sent: str | None, what: str) -> None:
    if sent is not None and sent != own:
        raise RuleBrokenError(f"the {what} {sent} is not the one of this service, {own}", "body", what)


def _stored(
    connection: sqlite3.Connection,
    workspace_id: str,
    sent: shapes.VersionSet,
    before: Json | None,
    *,
    flat: bool = False,
) -> Json:
    stored = stored_version_set(sent, before, flat=flat)
    applied = stored["applied_behavior_ids"] or []
    return stored | {"applied_behavior_ids": uuids_of(connection, workspace_id, applied)}


behavior_router = APIRouter(
    prefix="/v1/{organization}/dynamic_behavior_set",
    route_class=ClassicRoute,
    tags=["Dynamic Behavior Set"],
    dependencies=IN_ORGANIZATION,
)
_UNIQUE = {"uniqueItems": True}


@behavior_router.get(
    "/",
    operation_id="classic-get-dynamic-behavior-sets",
    response_model=BehaviorSets,
    responses=classic_refusals("classic-get-dynamic-behavior-sets"),
)
def get_behavior_sets(
    workspace: Workspace,
    db: Db,
    organization: str,
    ids: Ids = [],  # noqa: B006  the framework copies it
    limit: Annotated[int, Query(ge=0, le=50)] = 50,
    continuation_token: Offset = 0,
    is_active: bool | None = None,
    applied_to_service: Annotated[list[ClassicId], Query(json_schema_extra=_UNIQUE)] = [],  # noqa: B006
    creator: Annotated[list[str], Query(json_schema_extra=_UNIQUE)] = [],  # noqa: B006
    tag: SortBy = [],  # noqa: B006
    sort_by: SortBy = [],  # noqa: B006
) -> Response:
    """One page of behavior sets."""
    tags = tag_filter(tag, "tag")
    with db.read() as connection:
        everything = find_behavior_sets(
            connection, workspace, ordering=ordering(sort_by, {"updated_at": "updated_at"})
        )
    found = [
        one
        for one in everything
        if (not ids or one["classic_id"] in ids)
        and (is_active is None or one["is_active"] == is_active)
        and (not applied_to_service or set(one["applied_to_services"]) & set(applied_to_service))
        # the demo workspace's sets have no author
        and (not creator or "" in creator)
        and all(_has(one["tags"], key, value) for key, value in tags)
    ]
    shown = [_shown(one, organization) for one in found[continuation_token : continuation_token + limit]]
    filters = {
        "applied_to_services_ids": sorted({service for one in found for service in one["applied_to_services"]}),
        "creators": [person(organization, None)] if found else [],
        "tags": sorted({key for one in found for key in one["tags"]}),
    }
    page = paged("dynamic_behavior_sets", shown, len(found), continuation_token)
    return AsciiJson({**page, "filter_values": None if continuation_token else filters})


def _has(tags: Json, key: str, value: str | None) -> bool:
    return key in tags and (value == "*" or tags[key] == value)


def _shown(found: Json, organization_id: str) -> Json:
    unknown = person(organization_id, None)
    return {
        "id": found["classic_id"],
        "name": found["name"],
        "is_active": found["is_active"],
        "applied_to_services": found["applied_to_services"],
        "tags": found["tags"],
        "created_at": found["created_at"],
        "creator": unknown,
        "updated_at": found["updated_at"],
        "updated_by": unknown,
    }
