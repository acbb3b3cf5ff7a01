"""The calls API of a platform, as Turnlab uses it. No method changes anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

from pydantic import JsonValue

from services.calls.model import (
    CallDetail,
    CallSummary,
    JudgedCall,
    PlaybackTimeline,
    RecordingMetadata,
    RecordingUrls,
)
from services.model import Page

if TYPE_CHECKING:
    from services.exchange import Sink


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    """Filter of a call listing. Every condition must hold; ``None`` is no condition."""

    service_id: str | None = None
    date_from: date | None = None
    """The first day, UTC."""
    date_to: date | None = None
    """The last day, UTC."""
    status: str | None = None
    direction: str | None = None
    min_duration_s: int | None = None
    max_duration_s: int | None = None
    include_simulated: bool = False


class CallsClient(Protocol):
    """The calls of one workspace.

    Every method raises :class:`services.errors.ServiceError`, as :class:`services.client.ServicesClient` does.
    """

    async def list(
        self, wanted: CallFilter, *, limit: int = 100, continuation: int | None = None
    ) -> Page[CallSummary]:
        """Return one page of at most ``limit`` (1 to 100) calls, in the platform's order."""
        ...

    async def get(self, call_id: str) -> CallDetail:
        """Return one call. Raises :class:`services.errors.NotFoundError`."""
        ...

    async def timeline(self, call_id: str) -> PlaybackTimeline:
        """Return one call's timeline. Raises :class:`services.errors.NotFoundError`."""
        ...

    async def recording_urls(self, call_sid: str) -> RecordingUrls:
        """Return the addresses of a recording's files.

        Raises :class:`services.errors.NotFoundError`, and :class:`services.errors.ArchivedError` while the platform
        restores the recording.
        """
        ...

    async def recording_metadata(self, call_sid: str) -> RecordingMetadata:
        """Return the format and timing of a recording's files. Raises as :meth:`recording_urls` does."""
        ...

    async def download(self, url: str, sink: Sink) -> None:
        """Download a recording's file to ``sink``, starting at the sink's position.

        Raises what :meth:`recording_urls` raises, :class:`services.errors.LinkExpiredError`, and what the sink
        raises.
        """
        ...

    async def judged(self, service_id: str, *, limit: int = 100) -> Sequence[JudgedCall]:
        """Return the newest results of the platform's voice judge for a service."""
        ...

    async def turn_policy(self, config: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
        """Return the turn policy that the platform derives from a ``voice_config``, in its undocumented form.

        Many platforms do not support this request.
        """
        ...
