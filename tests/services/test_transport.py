"""Every kind of wrong answer, over a real socket: one line, the right error, and never the token."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
import stamina

from services import exchange, traffic
from services.classic import ClassicClient
from services.errors import (
    BadResponseError,
    ConflictError,
    InvalidError,
    NotFoundError,
    RateLimitedError,
    ServiceError,
    UnauthorizedError,
    UnreachableError,
)
from services.model import Page
from services.paging import iter_services
from services.platform import PlatformClient
from services.sign_in import ClassicKey
from tests.services.faulty_proxy import listening
from tests.services.serving import crash_screen

TOKEN = "amigo-key-3f9c1b77e2"


@pytest.fixture(autouse=True)
def no_waiting_between_tries() -> Iterator[None]:
    with stamina.set_testing(True, attempts=traffic.ATTEMPTS):
        yield


Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


def raw(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answered(status: str, body: object, *headers: str) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return raw(status, content, "Content-Type: application/json", *headers)


@asynccontextmanager
async def platform_that_sends(answer: bytes | Answer) -> AsyncIterator[tuple[PlatformClient, list[bytes]]]:
    """A server that reads one request and then misbehaves as ``raised`` says. Yields a client and its requests."""
    requests: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        if isinstance(answer, bytes):
            writer.write(answer)
        else:
            await answer(writer)
        writer.close()

    async with listening(serve) as url, httpx.AsyncClient(base_url=url, trust_env=False) as http:
        yield PlatformClient(http, workspace_id="w/1", token=TOKEN), requests


async def _error_after(answer: bytes | Answer) -> ServiceError:
    async with platform_that_sends(answer) as (client, _):
        with pytest.raises(ServiceError) as caught:
            await client.get_service("a/b")
    error = caught.value
    for text in crash_screen(error, __file__, frames=2):
        assert TOKEN not in text
    # No low-level exception is attached to the error: its frames would hold the header.
    assert error.__context__ is None
    assert "\n" not in str(error)
    assert str(error).isprintable()
    return error


DETAIL = [{"loc": ["body", "voice_config", "eot_timeout_ms"], "msg": "Input should be less", "type": "x"}]


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (answered("401 Unauthorized", {"detail": f"bad key {TOKEN}"}), UnauthorizedError, "check the key"),
        (answered("403 Forbidden", {"detail": "Service.view"}), UnauthorizedError, "Service.view"),
        (answered("404 Not Found", {"detail": "no such\nservice\x1b[31m"}), NotFoundError, "no such service"),
        (answered("409 Conflict", {"message": "Name already taken."}), ConflictError, "Name already taken"),
        (answered("422 X", {"detail": DETAIL}), InvalidError, "eot_timeout_ms: Input should be less"),
        (answered("400 Bad Request", {"error_code": "too_old"}), InvalidError, "too_old"),
        (answered("422 X", {"detail": [7, {"msg": 3}, {"loc": 4, "msg": "odd"}]}), InvalidError, "request: odd"),
        (answered("422 X", []), InvalidError, "did not say why"),
        (raw("500 Internal Server Error", b"<html>oops</html>"), ServiceError, "status 500"),
        (answered("503 X", {"message": "m" * 5000}), ServiceError, "m…"),
        (answered("418 I'm a teapot", {}), ServiceError, "refused with status 418"),
        (raw("302 Found", b"", "Location: http://other/"), BadResponseError, "points elsewhere"),
        (raw("200 OK", b"<html>login</html>", "Content-Type: text/html"), BadResponseError, "text/html"),
        (answered("200 OK", b'{"id": "1", '), BadResponseError, "broke off"),
        (answered("200 OK", b'{"id": "un'), BadResponseError, "broke off"),
        (answered("200 OK", b'{"id": tr'), BadResponseError, "broke off"),
        (answered("200 OK", b'{"id": "\xc3'), BadResponseError, "broke off"),
        (answered("200 OK", b'{"id": one}'), BadResponseError, "Expecting value at character 8; tell"),
        (answered("200 OK", b'{"id": NaN}'), BadResponseError, "sent what is not JSON: NaN"),
        (answered("200 OK", b'{"id": -Infinity}'), BadResponseError, "sent what is not JSON: -Infinity"),
        (answered("200 OK", b'{"id": "\xff\xfe"}'), BadResponseError, "the text is not UTF-8"),
        (answered("200 OK", b'{"id": ' + b"9" * 5000 + b"}"), BadResponseError, "thousands of digits"),
        (answered("200 OK", b"[" * 100_000), BadResponseError, "nested too deeply"),
        (answered("200 OK", ["a list"]), BadResponseError, "answered with a list where a JSON object was due"),
        (answered("200 OK", b"null"), BadResponseError, "answered with null where"),
        (answered("200 OK", b"12"), BadResponseError, "answered with a number where"),
        (answered("200 OK", b'"text"'), BadResponseError, "answered with a text where"),
        (answered("200 OK", {"name": "x"}), BadResponseError, "has no id"),
        (raw("204 No Content", b""), BadResponseError, "no content type"),
        (raw("200 OK", b"not gzip", "Content-Encoding: gzip"), BadResponseError, "decompressed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{", BadResponseError, "broke off"),
        (b"HTTP/1.1 200 OK\r\nContent-Len", UnreachableError, "cannot be reached"),
        (b"SSH-2.0-OpenSSH\r\n", UnreachableError, "cannot be reached"),
        (b"", UnreachableError, "cannot be reached"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_each_wrong_answer(answer: bytes, kind: type[ServiceError], says: str) -> None:
    error = await _error_after(answer)
    assert type(error) is kind
    assert says in str(error)


@pytest.mark.parametrize(("says", "seconds"), [("7", 7), ("-3", 0)])
async def test_a_rate_limit_says_for_how_long(says: str, seconds: float) -> None:
    assert await _retry_after(says) == seconds


async def test_a_rate_limit_says_until_when() -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 60 <= await _retry_after(until) <= 90


async def _retry_after(header: str) -> float:
    answer = answered("429 Too Many Requests", {"detail": "slow down"}, f"Retry-After: {header}")
    error = await _error_after(answer)
    assert isinstance(error, RateLimitedError)
    assert error.retry_after is not None
    return error.retry_after


@pytest.mark.parametrize("headers", [(), ("Retry-After: soon",), ("Retry-After: nan",), ("Retry-After: inf",)])
async def test_a_rate_limit_that_does_not_say_when(headers: tuple[str, ...]) -> None:
    error = await _error_after(answered("429 Too Many Requests", {}, *headers))
    assert isinstance(error, RateLimitedError)
    assert error.retry_after is None
    assert "in a moment" in str(error)


async def test_the_request_id_comes_from_the_header_or_the_body() -> None:
    body = {"message": "no", "request_id": "from-body"}
    assert (await _error_after(answered("404 X", body))).request_id == "from-body"
    error = await _error_after(answered("404 X", body, "X-Request-Id: from-header"))
    assert error.request_id == "from-header"
    assert str(error).endswith("(request from-header)")
    assert (await _error_after(answered("404 X", {"request_id": 5}))).request_id == "5"


async def test_a_reset_connection() -> None:
    async def reset(writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    assert isinstance(await _error_after(reset), UnreachableError)


async def test_a_slow_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    async def stall(_: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(exchange, "TIMEOUT", httpx.Timeout(0.05, connect=5.0))
    error = await _error_after(stall)
    assert isinstance(error, UnreachableError)
    assert "did not answer within 0.05 s" in str(error)


async def test_an_address_without_a_server() -> None:
    async with httpx.AsyncClient(base_url="http://127.0.0.1:1", trust_env=False) as http:
        with pytest.raises(UnreachableError, match=r"127\.0\.0\.1 cannot be reached"):
            await PlatformClient(http, workspace_id="w", token=TOKEN).workspace_voice_settings()


async def test_the_request_carries_token_and_quoted_path(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with platform_that_sends(answered("200 OK", {"id": "a/b"})) as (client, requests):
            assert (await client.get_service("a/b?x")).id == "a/b"
    assert requests[0].startswith(b"GET /v1/w%2F1/services/a%2Fb%3Fx HTTP/1.1\r\n")
    assert f"authorization: bearer {TOKEN}".encode() in requests[0].lower()
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(client) + repr(vars(client)) + repr(vars(client._transport))


@pytest.mark.parametrize("token", ["", "a b", "key\n", "clé"])
def test_a_token_no_header_can_carry_is_refused_unseen(token: str) -> None:
    with pytest.raises(ValueError, match="copy it again") as caught:
        PlatformClient(httpx.AsyncClient(), workspace_id="w", token=token)
    assert not token or token not in str(caught.value)


async def test_odd_services_in_a_listing_do_not_stop_it() -> None:
    items: list[Any] = [
        {"id": "1", "tool_capacity": "many", "voice_config": [], "tags": "x", "created_at": "then", "new": 1},
        {"id": "2", "voice_config": {"tts_model": 5, "eot_timeout_ms": 1e400}, "version_sets": {"edge": 5}},
        {"id": "3", "voice_config": {"eot_timeout_ms": 10**400}, "channel_type": "hologram", "version_sets": 1},
        {"name": "no id"},
        "nonsense",
    ]
    body = json.dumps({"items": items, "has_more": False}).replace("Infinity", "1e400").encode()
    async with platform_that_sends(answered("200 OK", body)) as (client, _):
        page = await client.list_services()
    assert ([service.id for service in page.items], page.unreadable, page.total) == (["1", "2", "3"], 2, None)
    first, second, third = page.items
    assert first.extra == {"tool_capacity": "many", "tags": "x", "created_at": "then", "new": 1}
    assert [problem.field for problem in first.voice_problems] == ["voice_config"]
    assert {problem.field for problem in second.voice_problems} == {"tts_model", "eot_timeout_ms"}
    assert second.version_sets["edge"].agent_version_number is None
    assert third.channel_type == "hologram"
    assert third.voice_problems


NAMELESS = {"name": "nameless"}
LISTINGS: dict[str, tuple[str, Callable[[Any], Awaitable[Page[Any]]]]] = {
    "services": ("items", lambda client: client.list_services()),
    "agents": ("items", lambda client: client.list_agents()),
    "agents versions": ("items", lambda client: client.list_agent_versions("a")),
    "context-graphs": ("items", lambda client: client.list_context_graphs()),
    "context-graphs versions": ("items", lambda client: client.list_context_graph_versions("g")),
    "history": ("items", lambda client: client.service_history("s")),
}
CLASSIC_LISTINGS: dict[str, tuple[str, Callable[[Any], Awaitable[Page[Any]]]]] = {
    "services": ("services", lambda client: client.list_services()),
    "agents": ("agents", lambda client: client.list_agents()),
    "agent versions": ("agent_versions", lambda client: client.list_agent_versions("a")),
    "service hierarchical state machines": (
        "service_hierarchical_state_machines",
        lambda client: client.list_context_graphs(),
    ),
    "state machine versions": ("state_machine_versions", lambda client: client.list_context_graph_versions("g")),
    "dynamic behavior sets": ("dynamic_behavior_sets", lambda client: client.list_behavior_sets()),
}


@pytest.mark.parametrize("listing", LISTINGS)
async def test_entries_without_an_id_are_reported(listing: str) -> None:
    key, ask = LISTINGS[listing]
    answer = answered("200 OK", {key: [NAMELESS, 7, None], "has_more": False})
    async with platform_that_sends(answer) as (client, _):
        client.unsupported = {}
        assert (await ask(client)).items == ()
        (note,) = client.traffic.unreadable.values()
    assert note.startswith(f"the platform's listing of {listing} holds 3 entries that have no id")


@pytest.mark.parametrize("listing", CLASSIC_LISTINGS)
async def test_entries_without_an_id_are_reported_on_classic(listing: str) -> None:
    key, ask = CLASSIC_LISTINGS[listing]
    token = answered("200 OK", {"id_token": "t" * 20, "expires_at": "2099-01-01T00:00:00Z"})
    answers = [token, answered("200 OK", {key: [NAMELESS], "has_more": False})]

    async def one_after_the_other(writer: asyncio.StreamWriter) -> None:
        writer.write(answers.pop(0))

    async with platform_that_sends(one_after_the_other) as (platform, _):
        http = platform._transport._exchange._http
        classic = ClassicClient(http, organization="o", key=ClassicKey.of("k" * 20, "id", "u"))
        assert (await ask(classic)).items == ()
        (note,) = classic.traffic.unreadable.values()
    assert note.startswith(f"the platform's listing of {listing} holds 1 entry that has no id")


async def test_pages_that_do_not_advance_end() -> None:
    body = {"items": [{"id": "1"}], "has_more": True, "continuation_token": 3}
    async with platform_that_sends(answered("200 OK", body)) as (client, _):
        with pytest.raises(BadResponseError, match="same page"):
            assert [service.id async for service in iter_services(client)] == ["1"]


async def test_a_listing_without_items() -> None:
    async with platform_that_sends(answered("200 OK", {"has_more": False})) as (client, _):
        with pytest.raises(BadResponseError, match="has no items"):
            await client.list_services()
