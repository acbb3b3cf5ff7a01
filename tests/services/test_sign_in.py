"""The Classic dialect's token: shared by many requests, renewed in time and once after a 401, never shown."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from services.changes.fields import apply_fields, plan_fields
from services.changes.ledger import Backups
from services.errors import BadResponseError, RateLimitedError, ServiceError, UnauthorizedError, UnreachableError
from services.sign_in import REFRESH_BEFORE_S, ClassicKey
from tests.services.faulty_proxy import FaultyProxy, answer, reset
from tests.services.serving import Served, classic_client, crash_screen

pytestmark = pytest.mark.usefixtures("no_waiting")

SIGN_IN = "POST /v1/riverside-family-clinic/user/signin_with_api_key"
START = 1_800_000_000.0
TOKENS = ("first-token-8bd1", "second-token-77aa", "third-token-0c2e")


class Clock:
    """Seconds since 1970, advanced only by tests."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


def token(number: int, *, lasts: float = 3600.0, at: float = START) -> dict[str, str]:
    expires = datetime.fromtimestamp(at + lasts, UTC).isoformat()
    return {"id_token": TOKENS[number], "expires_at": expires}


EMPTY = answer("200 OK", {"services": [], "has_more": False, "continuation_token": None, "filter_values": None})
REFUSED = answer("401 Unauthorized", {"detail": "Invalid authorization credentials."})


async def test_one_sign_in_serves_many_requests_at_once(
    platform_server: Served, proxy: FaultyProxy, http: httpx.AsyncClient
) -> None:
    classic = classic_client(platform_server, http)
    await asyncio.gather(*(classic.list_services() for _ in range(8)))
    assert proxy.count(SIGN_IN) == 1


async def test_a_token_is_renewed_five_minutes_before_it_expires(
    platform_server: Served, proxy: FaultyProxy, http: httpx.AsyncClient
) -> None:
    clock = Clock()
    classic = classic_client(platform_server, http, clock=clock)
    proxy.faults = [answer("200 OK", token(0)), EMPTY]
    await classic.list_services()
    clock.now = START + 3600 - REFRESH_BEFORE_S - 1
    proxy.faults = [EMPTY]
    await classic.list_services()
    assert proxy.count(SIGN_IN) == 1
    clock.now += 1
    proxy.faults = [answer("200 OK", token(1, at=clock.now)), EMPTY]
    await classic.list_services()
    assert proxy.count(SIGN_IN) == 2


async def test_a_token_that_is_refused_is_renewed_once(
    platform_server: Served, proxy: FaultyProxy, http: httpx.AsyncClient
) -> None:
    classic = classic_client(platform_server, http, clock=Clock())
    proxy.faults = [answer("200 OK", token(0)), REFUSED, answer("200 OK", token(1)), EMPTY]
    await classic.list_services()
    assert proxy.count(SIGN_IN) == 2
    proxy.faults = [REFUSED, answer("200 OK", token(2)), REFUSED]
    with pytest.raises(UnauthorizedError, match="check the key"):
        await classic.list_services()
    assert proxy.count(SIGN_IN) == 3


async def test_requests_that_are_refused_together_renew_the_token_once(
    platform_server: Served, proxy: FaultyProxy, http: httpx.AsyncClient
) -> None:
    classic = classic_client(platform_server, http)
    await classic.list_services()
    with platform_server.database.write() as db:
        db.execute("DELETE FROM sessions")
    await asyncio.gather(*(classic.list_services() for _ in range(6)))
    assert proxy.count(SIGN_IN) == 2


async def test_a_change_is_not_lost_to_an_old_token(
    platform_server: Served, proxy: FaultyProxy, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    classic = classic_client(platform_server, http)
    service = (await classic.list_services(ids=[], search="billing")).items[0]
    plan = plan_fields(service, "service", {"description": "seen"})
    proxy.write_faults = [answer("401 Unauthorized", {})]
    applied = await apply_fields(classic, plan, Backups(tmp_path), who="dana")
    assert applied.stored.description == "seen"
    assert proxy.count(SIGN_IN) == 2
    assert proxy.count(f"POST /v1/riverside-family-clinic/service/{service.id}/") == 2


async def test_a_wrong_key_is_reported_as_such(
    platform_server: Served, proxy: FaultyProxy, http: httpx.AsyncClient
) -> None:
    classic = classic_client(platform_server, http)
    proxy.faults = [answer("401 Unauthorized", {"detail": "API key not found."})]
    with pytest.raises(UnauthorizedError, match="API key not found"):
        await classic.list_services()
    assert proxy.requests == [SIGN_IN]


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"id_token": TOKENS[0]},
        {"id_token": TOKENS[0], "expires_at": "soon"},
        {"id_token": "two words", "expires_at": "2030-01-01T00:00:00Z"},
        {"id_token": 5, "expires_at": "2030-01-01T00:00:00Z"},
    ],
    ids=["empty", "no end", "odd end", "unusable", "no text"],
)
async def test_a_sign_in_that_gives_no_token(
    platform_server: Served, proxy: FaultyProxy, http: httpx.AsyncClient, odd: dict[str, object]
) -> None:
    classic = classic_client(platform_server, http)
    proxy.faults = [answer("200 OK", odd)]
    with pytest.raises(BadResponseError, match="gave no token") as caught:
        await classic.list_services()
    _nowhere(caught.value, platform_server.access.token)


async def test_signing_in_waits_where_the_platform_says_how_long(
    platform_server: Served, proxy: FaultyProxy, http: httpx.AsyncClient
) -> None:
    classic = classic_client(platform_server, http)
    proxy.faults = [answer("429 Too Many Requests", {}, "Retry-After: 5")]
    assert (await classic.list_services()).items
    other = classic_client(platform_server, http)
    proxy.faults = [answer("429 Too Many Requests", {})]
    with pytest.raises(RateLimitedError):
        await other.list_services()
    assert proxy.count(SIGN_IN) == 3


async def test_a_sign_in_that_breaks_off_may_just_be_tried_again(
    platform_server: Served, proxy: FaultyProxy, http: httpx.AsyncClient
) -> None:
    classic = classic_client(platform_server, http)
    proxy.faults = [reset()]
    with pytest.raises(UnreachableError) as caught:
        await classic.update_service("x", {"description": "y"})
    assert "may have worked" not in str(caught.value)
    assert proxy.requests == [SIGN_IN]


async def test_no_error_or_frame_shows_key_or_token(
    platform_server: Served, proxy: FaultyProxy, http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    classic = classic_client(platform_server, http, clock=Clock())
    key = platform_server.access.token
    echo = answer("400 Bad Request", {"detail": f"what are {key} and {TOKENS[0]}?"})
    with caplog.at_level(logging.DEBUG):
        proxy.faults = [answer("200 OK", token(0)), echo]
        with pytest.raises(ServiceError) as caught:
            await classic.list_services()
    assert str(caught.value).count("[API key]") == 2
    _nowhere(caught.value, key)
    seen = [caplog.text, repr(classic), *(repr(vars(part)) for part in (classic, classic._transport))]
    for text in seen:
        assert key not in text
        assert TOKENS[0] not in text


def _nowhere(error: BaseException, *secrets: str) -> None:
    for text in crash_screen(error, __file__, frames=2):
        for secret in (*secrets, *TOKENS):
            assert secret not in text


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_part_that_no_header_can_carry_is_refused_unseen(part: int) -> None:
    parts = ["key", "id", "user"]
    parts[part] = "sécret"
    with pytest.raises(ValueError, match="copy it again") as caught:
        ClassicKey.of(*parts)
    assert "sécret" not in str(caught.value)
