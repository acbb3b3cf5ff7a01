"""The Classic dialect's dynamic behavior sets."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.embedded import behaviors
from services.embedded.answers import AsciiJson
from services.embedded.classic.documented import refusals
from services.embedded.classic.organization_shapes import BehaviorSets
from services.embedded.classic.paging import ClassicId, Ids, Offset, SortBy, ordering, paged, tag_filter
from services.embedded.classic.translate import person
from services.embedded.gate import IN_ORGANIZATION, ClassicRoute, Db, Workspace

Json = dict[str, Any]
router = APIRouter(
    prefix="/v1/{organization}/dynamic_behavior_set",
    route_class=ClassicRoute,
    tags=["Dynamic Behavior Set"],
    dependencies=IN_ORGANIZATION,
)
_UNIQUE = {"uniqueItems": True}


@router.get(
    "/",
    operation_id="classic-get-dynamic-behavior-sets",
    response_model=BehaviorSets,
    responses=refusals("classic-get-dynamic-behavior-sets"),
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
        everything = behaviors.find_behavior_sets(
            connection, workspace, ordering=ordering(sort_by, {"updated_at": "updated_at"})
        )
    found = [
        one
        for one in everything
        if (not ids or one["classic_id"] in ids)
        and (is_active is None or one["is_active"] == is_active)
        and (not applied_to_service or set(one["applied_to_services"]) & set(applied_to_service))
        # nobody in particular made the demo workspace's sets
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
    nobody = person(organization_id, None)
    return {
        "id": found["classic_id"],
        "name": found["name"],
        "is_active": found["is_active"],
        "applied_to_services": found["applied_to_services"],
        "tags": found["tags"],
        "created_at": found["created_at"],
        "creator": nobody,
        "updated_at": found["updated_at"],
        "updated_by": nobody,
    }
