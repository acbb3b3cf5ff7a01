"""The Platform dialect's calls and recordings, under ``/v1/{workspace_id}``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from pydantic import JsonValue

from services.calls.client import CallFilter
from services.calls.model import (
    CallDetail,
    CallSummary,
    JudgedCall,
    PlaybackTimeline,
    RecordingMetadata,
    RecordingUrls,
)
from services.calls.reading import (
    read_call,
    read_call_summary,
    read_judged_call,
    read_recording_metadata,
    read_recording_urls,
    read_timeline,
    restore_time,
)
from services.client import PAGE_SIZE
from services.errors import (
    ArchivedError,
    BadResponseError,
    LinkExpiredError,
    ServiceError,
)
from services.exchange import Query, Sink
from services.model import Page
from services.reading import JsonObject, as_objects
from services.traffic import retry_after
from services.transport import Reply, Transport

_EXPIRED = (401, 403, 404, 410)
"""How a server answers an expired link."""


class PlatformCalls:
    """A :class:`services.calls.client.CallsClient` for the Platform API."""

    def __init__(self, transport: Transport, workspace_id: str) -> None:
        self._transport = transport
        self._workspace = f"/v1/{quote(workspace_id, safe='')}"

    async def list(
        self, wanted: CallFilter, *, limit: int = PAGE_SIZE, continuation: int | None = None
    ) -> Page[CallSummary]:
        """Return one page of calls. Applies the parts of the filter that the platform ignores."""
        query: Query = {
            "service_id": wanted.service_id,
            "date_from": wanted.date_from.isoformat() if wanted.date_from else None,
            "date_to": wanted.date_to.isoformat() if wanted.date_to else None,
            "status": wanted.status,
            "direction": wanted.direction,
            "min_duration": wanted.min_duration_s,
            "max_duration": wanted.max_duration_s,
            "include_simulated": wanted.include_simulated,
            "limit": limit,
            "continuation_token": continuation,
        }

        def leave_out(call: CallSummary) -> str | None:
            return call.id if call.simulated and not wanted.include_simulated else None

        return await self._transport.page(
            f"{self._workspace}/calls", "items", read_call_summary, kind="calls", query=query, leave_out=leave_out
        )

    async def get(self, call_id: str) -> CallDetail:
        """Return one call."""
        path = f"{self._workspace}/calls/{quote(call_id, safe='')}"
        found = read_call(await self._transport.request("GET", path, kind="GET call"))
        if found is None:
            raise BadResponseError("the platform answered with a call that has no id; try again")
        return found

    async def timeline(self, call_id: str) -> PlaybackTimeline:
        """Return one call's timeline."""
        path = f"{self._workspace}/calls/{quote(call_id, safe='')}/timeline"
        return read_timeline(await self._transport.request("GET", path, kind="GET call timeline"))

    async def recording_urls(self, call_sid: str) -> RecordingUrls:
        """Return where a recording's files are."""
        return read_recording_urls(await self._recording(call_sid, "urls"))

    async def recording_metadata(self, call_sid: str) -> RecordingMetadata:
        """Return the format and timing of a recording's files."""
        return read_recording_metadata(await self._recording(call_sid, "metadata"))

    async def download(self, url: str, sink: Sink) -> None:
        """Write a recording's file to ``sink``."""
        try:
            reply = await self._transport.download(url, sink, kind="GET recording file")
        except ServiceError as error:
            if error.status in _EXPIRED:
                raise LinkExpiredError(
                    "the link to a recording no longer works; pull again", status=error.status
                ) from None
            raise
        if reply.status == 202:
            raise _archived(reply)

    async def judged(self, service_id: str, *, limit: int = PAGE_SIZE) -> Sequence[JudgedCall]:
        """Return the newest results of the voice judge."""
        path = f"{self._workspace}/services/{quote(service_id, safe='')}/voice-judge/recent"
        body = await self._transport.request("GET", path, query={"limit": limit}, kind="GET voice judge")
        rows = [read_judged_call(one) for one in as_objects(body.get("items"))]
        return tuple(one for one in rows if one is not None)

    async def turn_policy(self, config: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
        """Return the turn policy that the platform derives from a ``voice_config``."""
        path = f"{self._workspace}/simulations/config-to-policy"
        body: JsonValue = {"config": dict(config)}
        return await self._transport.request("POST", path, body=body, kind="POST config-to-policy")

    async def _recording(self, call_sid: str, part: str) -> JsonObject:
        path = f"{self._workspace}/recordings/{quote(call_sid, safe='')}/{part}"
        reply = await self._transport.reply("GET", path, kind=f"GET recording {part}")
        if reply.status == 202:
            raise _archived(reply)
        return reply.body


def _archived(reply: Reply) -> ArchivedError:
    now = datetime.now(UTC)
    wait_s = retry_after(reply.headers.get("retry-after"), now.timestamp())
    restored = restore_time(reply.body, wait_s, now)
    when = "in some hours" if restored is None else f"by {restored:%Y-%m-%d %H:%M} UTC"
    error = ArchivedError(f"the recording is archived; it is expected {when}: pull again then", status=202)
    error.restore_at = restored
    return error
