"""The Platform dialect's workspace voice settings: what is stored over what applies when nothing is."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from services.embedded.answers import AsciiJson
from services.embedded.audit import Actor, Subject, record
from services.embedded.documented import SETTINGS
from services.embedded.gate import IN_WORKSPACE, By, Db, PlatformRoute, Workspace
from services.embedded.rules import RefusedError
from services.embedded.store import pack
from services.embedded.voice_shapes import LanguageProvider, Provider, SttProvider, VoiceSettings

DEFAULTS: dict[str, Any] = dict.fromkeys(VoiceSettings.model_fields) | {
    "language": "en",
    "keyterms": [],
    "sensitive_topics": [],
    "post_call_analysis_enabled": True,
    "transcript_correction_enabled": True,
}


def read(db: sqlite3.Connection, workspace_id: str) -> dict[str, Any]:
    """Return every setting of the workspace."""
    return DEFAULTS | _stored(db, workspace_id)


def update(db: sqlite3.Connection, by: Actor, body: VoiceSettings) -> dict[str, Any]:
    """Store the given fields and return every setting. Raises :class:`RefusedError` for NaN."""
    before = _stored(db, by.workspace_id)
    merged = before | body.model_dump(exclude_unset=True)
    kept = {name: value for name, value in merged.items() if value is not None}
    try:
        db.execute("UPDATE workspaces SET voice_settings = ? WHERE id = ?", (pack(kept), by.workspace_id))
        record(db, by, "update", Subject("voice_settings", by.workspace_id, "Voice settings"), before, kept)
    except ValueError:
        raise RefusedError("NaN and infinite numbers are not JSON", "body") from None
    return DEFAULTS | kept


def _stored(db: sqlite3.Connection, workspace_id: str) -> dict[str, Any]:
    row = db.execute("SELECT voice_settings FROM workspaces WHERE id = ?", (workspace_id,)).fetchone()
    stored: dict[str, Any] = json.loads(row["voice_settings"])
    return stored


router = APIRouter(
    prefix="/v1/{workspace_id}/settings", route_class=PlatformRoute, dependencies=IN_WORKSPACE, tags=["Settings"]
)


class VoiceSettingsResponse(BaseModel):
    """The voice settings as they are answered."""

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


@router.get("/voice", operation_id="get-voice-settings", response_model=VoiceSettingsResponse, responses=SETTINGS)
def get_voice_settings(workspace: Workspace, db: Db) -> Response:
    """The voice settings every service inherits."""
    with db.read() as connection:
        return AsciiJson(read(connection, workspace))


@router.put(
    "/voice", operation_id="update-voice-settings", response_model=VoiceSettingsResponse, responses=SETTINGS
)
def put_voice_settings(db: Db, by: By, body: VoiceSettings) -> Response:
    """Change the fields that are given; ``null`` puts one back to its default."""
    with db.write() as connection:
        return AsciiJson(update(connection, by, body))
