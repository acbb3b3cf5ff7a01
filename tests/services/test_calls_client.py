"""A platform's calls through the client, over a socket: the demo's own, and unusual answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.calls.client import CallFilter
from services.calls.embedded.sounds import LINK_S, CallSounds
from services.calls.model import CallSummary
from services.calls.reading import (
    read_call,
    read_call_summary,
    read_recording_metadata,
    read_timeline,
    restore_time,
)
from services.embedded.seed import demo_id
from services.errors import ArchivedError, LinkExpiredError, NotFoundError, ServiceError
from services.paging import Pages
from services.platform import PlatformClient
from tests.services.faulty_proxy import FaultyProxy, answer, reset_in_body
from tests.services.serving import Served, served

TRIAGE, REFILL, HOURS = (
    demo_id("service", name) for name in ("Nurse Triage", "Prescription Refill", "After Hours")
)

pytestmark = pytest.mark.usefixtures("no_waiting")


def make(_: Mapping[str, Any], duration_ms: int) -> tuple[bytes, bytes]:
    """Return audio that is quick to make and whose every position is recognisable."""
    return bytes(n % 251 for n in range(duration_ms)) * 8, bytes(n % 241 for n in range(duration_ms)) * 32


class Clock:
    """A clock that a test sets."""

    ahead_s = 0.0

    def __call__(self) -> float:
        return datetime.now(UTC).timestamp() + self.ahead_s


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def platform_server(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("calls") / "workspace.db", sounds=CallSounds(make, clock)) as there:
        yield there


class Kept:
    """A sink in memory."""

    def __init__(self) -> None:
        self.content = b""
        self.restarts = 0

    @property
    def position(self) -> int:
        return len(self.content)

    def restart(self) -> None:
        self.content = b""
        self.restarts += 1

    def write(self, piece: bytes) -> None:
        self.content += piece


async def _all(platform: PlatformClient, **wanted: Any) -> list[CallSummary]:
    pages = Pages(lambda at: platform.calls.list(CallFilter(**wanted), limit=7, continuation=at))
    found: list[CallSummary] = []
    while not pages.complete:
        found += await pages.more()
    return found


async def test_the_demo_has_calls_of_every_kind(platform: PlatformClient) -> None:
    calls = await _all(platform)
    assert len(calls) >= 40
    assert len({call.service_id for call in calls}) == 4
    starts = [call.started_at for call in calls]
    assert None not in starts
    assert starts == sorted(starts, key=str, reverse=True)
    assert timedelta(days=12) < max(filter(None, starts)) - min(filter(None, starts)) < timedelta(days=14)
    assert all(call.made_by_turnlab and not call.simulated for call in calls)
    assert [call.has_recording for call in calls].count(False) == 1
    simulated = await _all(platform, include_simulated=True)
    assert {call.simulated for call in simulated} == {True, False}
    assert {call.id for call in simulated if not call.simulated} == {call.id for call in calls}
    details = [await platform.calls.get(call.id) for call in calls]
    turns = [turn for call in details for turn in call.turns]
    assert any(turn.tool_calls and turn.latencies_ms["tool_ms"] > 0 for turn in turns)
    assert any(turn.interrupted for turn in turns)
    assert sum(bool(call.operators) for call in details) == 1
    assert not any("+1555" in repr(call) or "clinic" in repr(call) for call in details)


async def test_a_filter_holds(platform: PlatformClient) -> None:
    everything = await _all(platform)
    day = everything[20].started_at
    assert day is not None
    picked = await _all(platform, date_from=day.date(), date_to=day.date(), service_id=everything[20].service_id)
    assert everything[20].id in {call.id for call in picked}
    assert {(call.started_at or day).date() for call in picked} == {day.date()}
    long = await _all(platform, min_duration_s=80)
    assert 0 < len(long) < len(everything)
    assert min(call.duration_s or 0 for call in long) >= 80
    assert await _all(platform, status="failed") == []
    assert await _all(platform, direction="outbound") == []
    assert await _all(platform, date_to=date(2020, 1, 1)) == []


async def test_a_timeline_and_the_judge(platform: PlatformClient) -> None:
    (call,) = [one for one in await _all(platform, service_id=TRIAGE) if one.duration_s and one.duration_s > 100]
    timeline = await platform.calls.timeline(call.id)
    assert timeline == (await platform.calls.get(call.call_sid or "")).timeline
    assert {"agent", "caller", "operator"} <= {segment.lane for segment in timeline.segments}
    assert any("e2e_ttfb_ms" in segment.latencies_ms for segment in timeline.segments)
    judged = await platform.calls.judged(TRIAGE, limit=5)
    assert len(judged) == 5
    assert all(one.overall is not None for one in judged)
    with pytest.raises(NotFoundError):
        await platform.calls.get("nothing")


async def test_a_download_resumes_after_breaks(platform: PlatformClient, proxy: FaultyProxy) -> None:
    call = (await _all(platform, service_id=TRIAGE))[0]
    assert call.call_sid is not None
    urls = await platform.calls.recording_urls(call.call_sid)
    known = await platform.calls.recording_metadata(call.call_sid)
    assert (known.inbound_format, known.inbound_rate_hz, known.outbound_rate_hz) == ("mulaw", 8000, 16000)
    assert urls.inbound is not None
    assert urls.outbound is not None
    kept = Kept()
    proxy.faults = [reset_in_body(0.3), reset_in_body(0.5)]
    await platform.calls.download(urls.inbound, kept)
    assert len(kept.content) == known.inbound_bytes
    assert kept.restarts == 0
    whole, after = Kept(), Kept()
    await platform.calls.download(urls.inbound, whole)
    assert whole.content == kept.content
    # a platform without range support starts from the beginning
    after.content = b"what was there"
    proxy.faults = [answer("200 OK", whole.content)]
    await platform.calls.download(urls.inbound, after)
    assert (after.content, after.restarts) == (whole.content, 1)
    outbound = Kept()
    await platform.calls.download(urls.outbound, outbound)
    assert len(outbound.content) == known.outbound_bytes


async def test_links_expire(platform: PlatformClient, clock: Clock) -> None:
    call = (await _all(platform, service_id=HOURS))[0]
    urls = await platform.calls.recording_urls(call.call_sid or "")
    clock.ahead_s = LINK_S + 1
    try:
        with pytest.raises(LinkExpiredError):
            await platform.calls.download(urls.inbound or "", Kept())
        again = await platform.calls.recording_urls(call.call_sid or "")
        await platform.calls.download(again.inbound or "", Kept())
    finally:
        clock.ahead_s = 0.0
    with pytest.raises(LinkExpiredError):
        await platform.calls.download((urls.inbound or "").replace("signature=", "signature=0"), Kept())


async def test_an_archived_recording_says_when_it_is_back(platform: PlatformClient) -> None:
    call = (await _all(platform, service_id=REFILL))[-1]
    for ask in (platform.calls.recording_urls, platform.calls.recording_metadata):
        with pytest.raises(ArchivedError, match="expected by 20") as caught:
            await ask(call.call_sid or "")
        assert caught.value.restore_at is not None
        assert timedelta(hours=2.9) < caught.value.restore_at - datetime.now(UTC) < timedelta(hours=3.1)
    (gone,) = [one for one in await _all(platform, service_id=HOURS) if not one.has_recording]
    with pytest.raises(NotFoundError):
        await platform.calls.recording_urls(gone.call_sid or "")


async def test_a_file_on_another_server_is_requested_without_the_key(
    platform: PlatformClient, proxy: FaultyProxy, platform_server: Served
) -> None:
    heads: list[bytes] = []

    async def storage(exchange: Any) -> bytes:
        heads.append(exchange.head)
        return b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc"

    async with FaultyProxy.before(platform_server.url) as elsewhere:
        elsewhere.faults = [storage, storage]
        kept, led = Kept(), Kept()
        await platform.calls.download(f"{elsewhere.url}/bucket/a.ulaw?X-Signature=1", kept)
        proxy.faults = [answer("307 Temporary Redirect", {}, f"Location: {elsewhere.url}/bucket/b")]
        await platform.calls.download("/v1/w/recordings/x/download/b", led)
    assert (kept.content, led.content) == (b"abc", b"abc")
    assert heads[0].startswith(b"GET /bucket/a.ulaw?X-Signature=1 ")
    assert not any(b"authorization" in head.lower() for head in heads)
    with pytest.raises(ServiceError, match="without https"):
        await platform.calls.download("http://storage.example/a", Kept())


@pytest.mark.parametrize("body", [b"", b"{}", b'{"restore_at": "soon"}', b"restoring", b"[1]"])
async def test_every_form_of_202_is_understood(platform: PlatformClient, proxy: FaultyProxy, body: bytes) -> None:
    proxy.faults = [answer("202 Accepted", body, "Retry-After: 600")] * 2
    with pytest.raises(ArchivedError) as caught:
        await platform.calls.recording_urls("CA1")
    assert caught.value.restore_at is not None
    with pytest.raises(ArchivedError):
        await platform.calls.download("/v1/w/recordings/CA1/download/a", Kept())


NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "hours"),
    [
        ({"restore_time": "2026-11-30T15:00:00Z"}, 3),
        ({"detail": {"estimated_restore_hours": 3}}, 3),
        ({"available_in_minutes": 180}, 3),
        ({"status": "restoring", "retry_after_seconds": 10800}, 3),
        ({"ready_at": NOW.timestamp() + 10800}, 3),
        ({"eta": (NOW.timestamp() + 10800) * 1000}, 3),
        ({"restore": {"expected_at": "2026-11-30T16:00:00+01:00"}}, 3),
    ],
)
def test_a_restore_time_in_any_form(body: dict[str, Any], hours: int) -> None:
    odd: dict[str, Any] = {
        "expected_bytes": 1e18,
        "ready": "9999-12-31T23:59:59-01:00",
        "expected": "0001-01-01T00:00:00+01:00",
    }
    assert restore_time({**odd, **body}, None, NOW) == NOW + timedelta(hours=hours)


def test_invalid_fields_of_a_call_are_left_out() -> None:
    nonsense: list[Any] = [None, True, 5, -16000, -1e308, "x", [], {}, [None, {"type": 5}], 10**400]
    detail = {"id": "c1", "turns": [{"tool_ms": 90, "tool_name": "find"}, {"nav_ms": True}, 7]}
    for value in nonsense:
        raw = {**detail, "timeline": value, "participants": value, "call_start_time": value, "escalation": value}
        call = read_call(raw)
        assert call is not None
        assert [len(turn.tool_calls) for turn in call.turns] == [1, 0]
        names = ("segments", "timebase", "duration_seconds")
        assert read_timeline(dict.fromkeys(names, value)).origin == "media_start"
        read_call_summary(dict.fromkeys(("entity_id", "started_at", "quality_score", "service_id"), value))
        names = ("media_start_epoch_ms", "inbound_size_bytes", "inbound_sample_rate")
        assert read_recording_metadata(dict.fromkeys(names, value)).inbound_rate_hz is None
    assert read_call({"turns": []}) is None
    summary = read_call_summary(json.loads('{"entity_id": "e", "caller_id": "+15550100", "new_field": [1]}'))
    assert summary is not None
    assert summary.extra == {"new_field": [1]}
    assert "0100" not in repr(summary)
