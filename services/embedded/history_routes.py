"""The history of a workspace: this platform's own operation, on a path of its own that no contract has."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from services.embedded import audit
from services.embedded.answers import page
from services.embedded.documented import READ
from services.embedded.gate import IN_WORKSPACE, Db, PlatformRoute, Workspace
from services.embedded.platform.paging import Limit, Offset

router = APIRouter(
    prefix="/turnlab/{workspace_id}", route_class=PlatformRoute, dependencies=IN_WORKSPACE, tags=["Turnlab"]
)


class Entry(BaseModel):
    """One change: who, when, what, in which request."""

    id: int
    at: datetime
    user_id: str
    user_name: str | None
    request_id: str
    action: str
    kind: str
    subject_id: UUID
    subject_name: str
    changes: list[dict[str, Any]]
    """Each ``{"path": [...], "before": …, "after": …}``; what was not there or is gone has no side."""


class History(BaseModel):
    """One page of changes, newest first."""

    items: list[Entry]
    has_more: bool
    continuation_token: int | None
    total: int


@router.get("/history", operation_id="turnlab-history", response_model=History, responses=READ)
def list_history(
    workspace: Workspace,
    db: Db,
    subject_id: Annotated[UUID | None, Query(description="Only what happened to this one.")] = None,
    limit: Limit = 20,
    continuation_token: Offset = 0,
) -> Response:
    """Who changed what, when, newest first; what was deleted keeps its history."""
    with db.read() as connection:
        found, total = audit.find_entries(
            connection,
            workspace,
            None if subject_id is None else str(subject_id),
            limit=limit,
            offset=continuation_token,
        )
    shown = [{name: value for name, value in entry.items() if name != "workspace_id"} for entry in found]
    return page(shown, total, continuation_token)
