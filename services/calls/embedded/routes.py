"""The Platform dialect's calls, recordings and voice judge."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.calls.embedded import shapes, store
from services.calls.embedded.sounds import CallSounds, file_names, sizes
from services.calls.embedded.store import CallQuery
from services.embedded.answers import READ, AsciiJson, Responses, page
from services.embedded.gate import IN_WORKSPACE, AppState, Db, PlatformRoute, Workspace
from services.embedded.platform.owner_shapes import TurnPolicy
from services.embedded.voice_shapes import ServiceVoiceConfig

Json = dict[str, Any]
router = APIRouter(prefix="/v1/{workspace_id}", route_class=PlatformRoute, dependencies=IN_WORKSPACE)

RECORDING: Responses = {
    **READ,
    503: {"description": "Call recording not configured"},
}

CallId = Annotated[str, Path(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
Limit = Annotated[int, Query(ge=1, le=100)]
Offset = Annotated[int, Query(ge=0)]

LARGEST = 2**53
"""SQLite's limit. The contract sets none."""


async def sounds(request: Request) -> CallSounds:
    """Return the source of recordings. Raises 503 if there is none."""
    state: AppState = request.app.state.platform
    if not state.sounds.available:
        raise HTTPException(503, "Call recording not configured")
    return state.sounds


Sounds = Annotated[CallSounds, Depends(sounds)]


def _query(
    date_from: Annotated[date | None, Query()] = None,
    date_to: Annotated[date | None, Query()] = None,
    status: str | None = None,
    direction: str | None = None,
    min_duration: int | None = None,
    max_duration: int | None = None,
    service_id: str | None = None,
    include_simulated: bool = False,
) -> CallQuery:
    shortest, longest = (
        None if given is None else max(-LARGEST, min(given, LARGEST)) for given in (min_duration, max_duration)
    )
    return CallQuery(date_from, date_to, status, direction, shortest, longest, service_id, include_simulated)


@router.get("/calls", operation_id="list-calls", tags=["Calls"], response_model=shapes.CallPage, responses=READ)
def list_calls(
    workspace: Workspace,
    db: Db,
    query: Annotated[CallQuery, Depends(_query)],
    limit: Limit = 20,
    offset: Offset = 0,
    continuation_token: int | None = None,
) -> Response:
    """One page of calls, newest first."""
    start = max(0, min(offset if continuation_token is None else continuation_token, LARGEST))
    with db.read() as connection:
        found, total = store.find_calls(connection, workspace, query, limit=limit, offset=start)
    return page(found, total, start)


@router.get(
    "/calls/{call_id}",
    operation_id="get-call-detail",
    tags=["Calls"],
    response_model=shapes.CallDetail,
    responses=READ,
)
def get_call(workspace: Workspace, db: Db, call_id: str) -> Response:
    """One call."""
    return AsciiJson(_call(db, workspace, call_id))


@router.get(
    "/calls/{call_id}/timeline",
    operation_id="get-call-timeline",
    tags=["Calls"],
    response_model=shapes.PlaybackTimeline,
    responses=READ,
)
def get_timeline(workspace: Workspace, db: Db, call_id: CallId) -> Response:
    """One call's timeline."""
    return AsciiJson(_call(db, workspace, call_id)["timeline"])


@router.get(
    "/recordings/{call_sid}/urls",
    operation_id="get-recording-urls",
    tags=["Recordings"],
    response_model=shapes.RecordingUrls,
    responses=RECORDING,
)
def get_urls(workspace: Workspace, db: Db, made: Sounds, call_sid: str) -> Response:
    """The addresses of a recording's files, valid for an hour."""
    _, recording, waiting = _recording(db, workspace, call_sid)
    if waiting is not None:
        return waiting
    base = f"/v1/{workspace}/recordings/{call_sid}"
    inbound, outbound = (made.signed(f"{base}/download/{name}") for name in file_names(recording))
    return AsciiJson(
        {
            "call_sid": call_sid,
            "status": "available",
            "inbound_url": inbound,
            "outbound_url": outbound,
            "metadata_url": f"{base}/metadata",
        }
    )


@router.get(
    "/recordings/{call_sid}/metadata",
    operation_id="get-recording-metadata",
    tags=["Recordings"],
    response_model=shapes.RecordingMetadata,
    responses=RECORDING,
)
def get_metadata(workspace: Workspace, db: Db, made: Sounds, call_sid: str) -> Response:  # noqa: ARG001  (503)
    """The format and timing of a recording's files."""
    call, recording, waiting = _recording(db, workspace, call_sid)
    if waiting is not None:
        return waiting
    caller, agent = sizes(recording)
    media = datetime.fromisoformat(call["media_start_time"])
    return AsciiJson(
        {
            "call_sid": call_sid,
            "workspace_id": workspace,
            "service_id": call["service_id"],
            "direction": "inbound",
            "duration_seconds": recording["duration_ms"] / 1000,
            "inbound_format": "mulaw",
            "inbound_sample_rate": 8000,
            "outbound_format": "pcm_s16le",
            "outbound_sample_rate": 16000,
            "tts_provider": "cartesia",
            "call_start_iso": call["call_start_time"],
            "call_end_iso": call["call_end_time"],
            "inbound_size_bytes": caller,
            "outbound_size_bytes": agent,
            "media_start_epoch_ms": round(media.timestamp() * 1000),
        }
    )


@router.get(
    "/recordings/{call_sid}/download/{filename}",
    operation_id="download-recording-file",
    tags=["Recordings"],
    responses={**RECORDING, 400: {"description": "Invalid filename"}},
)
def download(
    request: Request, workspace: Workspace, db: Db, made: Sounds, call_sid: str, filename: str
) -> Response:
    """A recording's file, from a given byte on."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", filename):
        return AsciiJson({"detail": "Invalid filename"}, status_code=400)
    _, recording, waiting = _recording(db, workspace, call_sid)
    if waiting is not None:
        return waiting
    given = request.query_params
    if not made.allows(request.url.path, given.get("expires", ""), given.get("signature", "")):
        raise HTTPException(403, "The link has expired; ask for the recording's urls again.")
    content = made.file(call_sid, filename, recording)
    if content is None:
        raise HTTPException(404, "Recording file not found")
    return _part(content, request.headers.get("range", ""))


@router.get(
    "/services/{service_id}/voice-judge/recent",
    operation_id="list-voice-judge-recent",
    tags=["Voice Judge"],
    response_model=shapes.JudgedPage,
    responses=READ,
)
def list_judged(workspace: Workspace, db: Db, service_id: UUID, limit: Limit = 20, offset: Offset = 0) -> Response:
    """The newest results of the voice judge for a service."""
    query = CallQuery(service_id=str(service_id))
    with db.read() as connection:
        found, _ = store.find_calls(connection, workspace, query, limit=limit, offset=min(offset, LARGEST))
    items = [shapes.judged(call) for call in found]
    return AsciiJson({"service_id": str(service_id), "count": len(items), "items": items})


class ConfigQuestion(BaseModel):
    """A voice configuration whose turn policy is asked for."""

    config: ServiceVoiceConfig


@router.post(
    "/simulations/config-to-policy",
    operation_id="config-to-policy",
    tags=["Simulations"],
    response_model=TurnPolicy,
    responses=READ,
)
def config_to_policy(body: ConfigQuestion) -> Response:
    """The turn policy that follows from a voice configuration. What the platform decides is ``null``."""
    return AsciiJson(shapes.turn_policy(body.config.model_dump()))


def _call(db: Db, workspace: str, call_id: str) -> Json:
    with db.read() as connection:
        call = store.find_call(connection, workspace, call_id)
    if call is None:
        raise HTTPException(404, "Call not found")
    return call


def _recording(db: Db, workspace: str, call_sid: str) -> tuple[Json, Json, Response | None]:
    """Return a call, its recording, and the answer if the recording is archived. Raises 404."""
    now = datetime.now(UTC)
    with db.read() as connection:
        found = store.find_recording(connection, workspace, call_sid)
    if found is None:
        raise HTTPException(404, "Recording not found")
    call, recording = found
    if not recording["archived"]:
        return call, recording, None
    with db.write() as connection:
        restored = store.ask_for_restoring(connection, call_sid, recording, now)
    if restored is None:
        return call, recording, None
    body = {"call_sid": call_sid, "status": "restoring", "estimated_available_at": restored.isoformat()}
    wait = str(max(1, round((restored - now).total_seconds())))
    answer = AsciiJson(body, status_code=202)
    answer.headers["Retry-After"] = wait
    return call, recording, answer


def _part(content: bytes, wanted: str) -> Response:
    """Return a file, or the part that a ``Range`` with one open end names (RFC 9110, 14)."""
    headers = {"Accept-Ranges": "bytes"}
    found = re.fullmatch(r"bytes=(\d{1,18})-", wanted)
    if found is None:
        return Response(content, media_type="application/octet-stream", headers=headers)
    start, size = int(found[1]), len(content)
    if start >= size:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
    return Response(content[start:], 206, media_type="application/octet-stream", headers=headers)
