"""Routes of the workspace as a whole: its voice settings, and its history, which the contract lacks."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import Response

from services.embedded import audit
from services.embedded.answers import READ, SETTINGS, AsciiJson, page
from services.embedded.audit import Actor, Subject, record
from services.embedded.gate import IN_WORKSPACE, By, Db, PlatformRoute, Workspace
from services.embedded.platform.service_shapes import Limit, Offset
from services.embedded.rules import RuleBrokenError
from services.embedded.store import pack
from services.embedded.voice_shapes import LanguageProvider, Provider, SttProvider, VoiceSettings

settings_router = APIRouter(
    prefix="/v1/{workspace_id}/settings", route_class=PlatformRoute, dependencies=IN_WORKSPACE, tags=["Settings"]
)
history_router = APIRouter(
    prefix="/turnlab/{workspace_id}", route_class=PlatformRoute, dependencies=IN_WORKSPACE, tags=["Turnlab"]
)

DEFAULTS: dict[str, Any] = dict.fromkeys(VoiceSettings.model_fields) | {
    "language": "en",
    "keyterms": [],
    "sensitive_topics": [],
    "post_call_analysis_enabled": True,
    "transcript_correction_enabled": True,
}


def _settings(db: sqlite3.Connection, workspace_id: str) -> dict[str, Any]:
    """Return every setting of the workspace."""
    return DEFAULTS | _stored(db, workspace_id)


def _update_settings(db: sqlite3.Connection, by: Actor, body: VoiceSettings) -> dict[str, Any]:
    """Store the given fields and return every setting. Raises :class:`RuleBrokenError` for NaN."""
    before = _stored(db, by.workspace_id)
    merged = before | body.model_dump(exclude_unset=True)
    kept = {name: value for name, value in merged.items() if value is not None}
    try:
        db.execute("UPDATE workspaces SET voice_settings = ? WHERE id = ?", (pack(kept), by.workspace_id))
        record(db, by, "update", Subject("voice_settings", by.workspace_id, "Voice settings"), before, kept)
    except ValueError:
        raise RuleBrokenError("NaN and infinite numbers are not JSON", "body") from None
    return DEFAULTS | kept


def _stored(db: sqlite3.Connection, workspace_id: str) -> dict[str, Any]:
    row = db.execute("SELECT voice_settings FROM workspaces WHERE id = ?", (workspace_id,)).fetchone()
    stored: dict[str, Any] = json.loads(row["voice_settings"])
    return stored


class VoiceSettingsResponse(BaseModel):
    """The voice settings in an answer."""

    voice_id: str | None
    tone: str | None
    speed: float | None
    volume: float | None
    language: str
    keyterms: list[str]
    pronunciation_dict_id: str | None
    sensitive_topics: list[str]
    post_call_analysis_enabled: bool
    transcript_correction_enabled: bool
    stt_provider: SttProvider | None
    tts_provider: Provider | None
    tts_config: dict[str, Any] | None
    language_providers: dict[str, LanguageProvider] | None


@settings_router.get(
    "/voice", operation_id="get-voice-settings", response_model=VoiceSettingsResponse, responses=SETTINGS
)
def get_voice_settings(workspace: Workspace, db: Db) -> Response:
    """The voice settings every service inherits."""
    with db.read() as connection:
        return AsciiJson(_settings(connection, workspace))


@settings_router.put(
    "/voice", operation_id="update-voice-settings", response_model=VoiceSettingsResponse, responses=SETTINGS
)
def put_voice_settings(db: Db, by: By, body: VoiceSettings) -> Response:
    """Change the given fields. ``null`` restores a default."""
    with db.write() as connection:
        return AsciiJson(_update_settings(connection, by, body))


class ChangeEntry(BaseModel):
    """One change: who, when, what, and in which request."""

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
    """Each ``{"path": [...], "before": …, "after": …}``. An added value has no ``before``, a removed one no
    ``after``."""


class ChangeListing(BaseModel):
    """One page of changes, newest first."""

    items: list[ChangeEntry]
    has_more: bool
    continuation_token: int | None
    total: int


@history_router.get("/history", operation_id="turnlab-history", response_model=ChangeListing, responses=READ)
def list_history(
    workspace: Workspace,
    db: Db,
    subject_id: Annotated[UUID | None, Query(description="Only what happened to this one.")] = None,
    limit: Limit = 20,
    continuation_token: Offset = 0,
) -> Response:
    """The history, newest first. Deleted objects keep theirs."""
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
