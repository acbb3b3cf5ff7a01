"""Which calls to pull: a service's newest, and those that were archived before."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Final

from presets.config import VoiceConfig
from services.calls.client import CallFilter, CallsClient
from services.calls.folders import CallFolders
from services.calls.model import CallSummary
from services.calls.overview import overviews
from services.client import PAGE_SIZE, ServicesClient
from services.errors import ServiceError
from services.model import Service
from services.paging import Pages

MOST: Final = 200
UNDER_WAY: Final = ("initiated", "ringing", "in-progress")
"""Statuses of a call that has not ended. Its data is incomplete; a later pull gets it."""

DAYS: Final = 14
_MOST_NAMED: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """Which calls to pull."""

    service: Service
    workspace: str
    since: date
    until: date | None = None
    most: int = MOST
    simulated: bool = False
    keep_audio: bool = True
    """Whether to keep audio, words and numbers, not only measurements."""
    inherited: VoiceConfig = field(default_factory=VoiceConfig)
    """The workspace's voice settings, which the service inherits."""


async def request_for(
    client: ServicesClient,
    service: Service,
    *,
    since: date,
    until: date | None = None,
    most: int = MOST,
    simulated: bool = False,
    keep_audio: bool = True,
) -> PullRequest:
    """Return the request, with the inherited voice settings if the platform provides them."""
    try:
        inherited = (await client.workspace_voice_settings()).voice_config
    except ServiceError:
        inherited = VoiceConfig()
    return PullRequest(
        service=service,
        workspace=service.workspace_id or client.label,
        since=since,
        until=until,
        most=most,
        simulated=simulated,
        keep_audio=keep_audio,
        inherited=inherited,
    )


def first_day(days: int = DAYS, today: date | None = None) -> date:
    """Return the first of the last ``days`` days, in UTC."""
    return (today or datetime.now(UTC).date()) - timedelta(days=days)


async def newest(client: CallsClient, request: PullRequest) -> tuple[list[CallSummary], bool]:
    """Return the newest ended calls, newest first, and whether there are more.

    If the platform lists the newest first, only the needed pages are fetched. Raises :class:`ServiceError`.
    """
    wanted = CallFilter(
        service_id=request.service.id,
        date_from=request.since,
        date_to=request.until,
        include_simulated=request.simulated,
    )
    pages = Pages(lambda at: client.list(wanted, limit=PAGE_SIZE, continuation=at))
    found: list[CallSummary] = []
    while not pages.complete:
        found += [call for call in await pages.more() if _is_wanted(call, request)]
        in_order = all(_start(a) >= _start(b) for a, b in pairwise(found))
        if in_order and len(found) > request.most:
            break
    found.sort(key=_start, reverse=True)
    return found[: request.most], len(found) > request.most or not pages.complete


async def services_with_calls(client: ServicesClient, since: date) -> tuple[str, ...]:
    """Return the services with the most of the newest calls, as far as one page of the listing shows.

    Empty if the platform does not say: the names only help to choose a service.
    """
    try:
        page = await client.calls.list(CallFilter(date_from=since), limit=PAGE_SIZE)
        counts = Counter(call.service_id for call in page.items if call.service_id is not None)
        return tuple([(await client.get_service(id)).name for id, _ in counts.most_common(_MOST_NAMED)])
    except ServiceError:
        return ()


def archived(folders: CallFolders, request: PullRequest, found: set[str]) -> list[CallSummary]:
    """Return the service's kept calls whose recordings were archived, of any age."""
    return [
        CallSummary(id=one.id, service_id=one.service_id, started_at=one.started_at)
        for one in overviews(folders, request.workspace)
        if one.audio_state == "archived" and one.service_id == request.service.id and one.id not in found
    ]


def _is_wanted(call: CallSummary, request: PullRequest) -> bool:
    # A platform may ignore a filter that it does not know.
    return call.service_id in (None, request.service.id) and call.status not in UNDER_WAY


def _start(call: CallSummary) -> float:
    return call.started_at.timestamp() if call.started_at else 0.0
