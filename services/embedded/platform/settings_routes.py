"""The Platform dialect's workspace voice settings."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from services.embedded import settings
from services.embedded.answers import AsciiJson
from services.embedded.gate import IN_WORKSPACE, By, Db, PlatformRoute, Workspace
from services.embedded.platform.documented import SETTINGS
from services.embedded.voice_shapes import LanguageProvider, Provider, SttProvider, VoiceSettings

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
        return AsciiJson(settings.read(connection, workspace))


@router.put(
    "/voice", operation_id="update-voice-settings", response_model=VoiceSettingsResponse, responses=SETTINGS
)
def put_voice_settings(db: Db, by: By, body: VoiceSettings) -> Response:
    """Change the fields that are given; ``null`` puts one back to its default."""
    with db.write() as connection:
        return AsciiJson(settings.update(connection, by, body))
