"""Rate limits: read from headers, shown, and waited for before the platform refuses."""

from __future__ import annotations

import asyncio
import time as wall
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.classic import ClassicClient
from services.embedded.rate_limits import LIMITS, RateLimits
from services.errors import RateLimitedError
from services.traffic import RateLimit, Traffic, Waiting, rate_limit, retry_after
from tests.services.faulty_proxy import FaultyProxy, answer
from tests.services.serving import Served, classic_client, served

NOW = 1_800_000_000.0


class Time:
    """A clock shared by client and platform. Sleeping only advances it. It starts now, as tokens do."""

    def __init__(self) -> None:
        self.now = self.start = wall.time()
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def limited(tmp_path: Path, time: Time) -> Iterator[Served]:
    """The platform with the vendor's limits."""
    with served(tmp_path / "workspace.db", limits=RateLimits(clock=time)) as there:
        yield there


@pytest.fixture
async def between(limited: Served) -> AsyncIterator[FaultyProxy]:
    async with FaultyProxy.before(limited.url) as proxy:
        yield proxy


@pytest.fixture
async def patient(limited: Served, between: FaultyProxy, time: Time) -> AsyncIterator[ClassicClient]:
    async with httpx.AsyncClient(base_url=between.url, trust_env=False) as http:
        yield classic_client(limited, http, clock=time, sleep=time.sleep)


async def test_a_limit_is_waited_for_and_never_broken(
    patient: ClassicClient, between: FaultyProxy, time: Time
) -> None:
    most, waits = LIMITS["classic-get-services"], _waits(patient)
    for _ in range(2 * most + 5):
        await patient.list_services(limit=1)
    assert between.statuses == [200] * (2 * most + 5 + 1)
    assert 60 <= time.now - time.start <= 180
    assert waits[0].why == f"the limit of {most} requests is used up"
    assert patient.traffic.waiting is None
    kind, limit = patient.traffic.tightest or ("", RateLimit(0, 0))
    assert (kind, limit.limit) == ("GET services", most)


async def test_requests_under_way_together_do_not_all_take_the_last_one(
    patient: ClassicClient, between: FaultyProxy
) -> None:
    most = LIMITS["classic-get-services"]
    for _ in range(most - 3):
        await patient.list_services(limit=1)
    await asyncio.gather(*(patient.list_services(limit=1) for _ in range(6)))
    assert 429 not in between.statuses


@pytest.mark.slow
async def test_in_a_window_that_slides_they_go_one_by_one(
    patient: ClassicClient, between: FaultyProxy, time: Time
) -> None:
    for _ in range(LIMITS["classic-get-services"]):
        await patient.list_services(limit=1)
        time.now += 1
    await asyncio.gather(*(patient.list_services(limit=1) for _ in range(4)))
    assert 429 not in between.statuses
    assert len(time.slept) == 4


@pytest.mark.slow
async def test_other_kinds_of_request_do_not_wait(patient: ClassicClient, between: FaultyProxy, time: Time) -> None:
    for _ in range(LIMITS["classic-get-services"]):
        await patient.list_services(limit=1)
    await patient.list_agents()
    assert time.slept == []
    assert 429 not in between.statuses


async def test_a_long_wait_for_a_limit_is_reported_and_nothing_is_sent(
    patient: ClassicClient, between: FaultyProxy, time: Time
) -> None:
    used_up = ("X-RateLimit-Limit: 50", "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 3600")
    page = {"services": [], "has_more": False, "continuation_token": None}
    await patient.list_agents()
    between.faults = [answer("200 OK", page, *used_up)]
    await patient.list_services()
    sent = len(between.requests)
    with pytest.raises(RateLimitedError, match="nothing was sent: try again in 3600 s"):
        await patient.list_services()
    assert len(between.requests) == sent
    time.now += 3601
    await patient.list_services()


def _waits(client: ClassicClient) -> list[Waiting]:
    waits: list[Waiting] = []

    def note(traffic: Traffic) -> None:
        if traffic.waiting is not None and traffic.waiting not in waits:
            waits.append(traffic.waiting)

    client.traffic.watch(note)
    return waits


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0", 0.0), ("-3", 0.0), ("1.5", 1.5), ("soon", None), ("nan", None), ("inf", None), (None, None)],
)
def test_a_wait_in_seconds(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, NOW) == seconds


@pytest.mark.parametrize(("later", "seconds"), [(90, 90.0), (-90, 0.0)])
def test_a_wait_until_a_date(later: int, seconds: float) -> None:
    date = format_datetime(datetime.fromtimestamp(NOW + later, UTC), usegmt=True)
    assert retry_after(date, NOW) == seconds


@pytest.mark.parametrize(
    ("reset", "resets_at"),
    [("30", NOW + 30), (str(int(NOW) + 30), NOW + 30), ("0", NOW), ("soon", None), ("-1", None), (None, None)],
)
def test_a_reset_in_seconds_or_as_a_moment(reset: str | None, resets_at: float | None) -> None:
    headers = {"x-ratelimit-limit": "50", "x-ratelimit-remaining": "3"}
    given = headers if reset is None else {**headers, "x-ratelimit-reset": reset}
    assert rate_limit(given, NOW) == RateLimit(50, 3, resets_at)


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_no_header_breaks_the_reading(limit: str, remaining: str, reset: str) -> None:
    headers = {"x-ratelimit-limit": limit, "x-ratelimit-remaining": remaining, "x-ratelimit-reset": reset}
    found = rate_limit(headers, NOW)
    assert found is None or (found.limit >= 0 and found.remaining >= 0)
    wait = retry_after(reset, NOW)
    assert wait is None or wait >= 0


def test_the_tightest_limit_is_shown() -> None:
    traffic = Traffic()
    assert traffic.tightest is None
    traffic.note_limit("GET services", RateLimit(50, 40))
    traffic.note_limit("PUT version set", RateLimit(30, 6))
    assert traffic.tightest == ("PUT version set", RateLimit(30, 6))
