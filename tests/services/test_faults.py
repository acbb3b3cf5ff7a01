"""Every kind of network failure between the client and the real platform: reported or handled, never wrong."""

from __future__ import annotations

import json
import math

import httpx
import pytest

from services import exchange
from services.classic import ClassicClient
from services.client import ServicesClient
from services.errors import (
    BadResponseError,
    RateLimitedError,
    ServiceError,
    UnauthorizedError,
    UnreachableError,
)
from services.model import NewService
from services.paging import Pages, iter_services
from services.platform import PlatformClient
from services.traffic import ATTEMPTS, LONGEST_WAIT_S
from tests.services.faulty_proxy import (
    Exchange,
    Fault,
    FaultyProxy,
    answer,
    body_changed,
    compressed,
    delayed,
    dripping,
    page_again,
    reset,
    reset_in_body,
)

pytestmark = pytest.mark.usefixtures("no_waiting")

PASSING: dict[str, Fault] = {
    "500": answer("500 Internal Server Error", {"detail": "oops"}),
    "503 with a wait": answer("503 Service Unavailable", {}, "Retry-After: 2"),
    "408": answer("408 Request Timeout", {}),
    "429": answer("429 Too Many Requests", {}),
    "429 with a wait": answer("429 Too Many Requests", {}, "Retry-After: 2"),
    "reset": reset(),
    "reset in the middle": reset_in_body(),
    "half of the JSON": body_changed(lambda body: body[: len(body) // 2]),
    "gzip cut short": compressed("gzip", lost=300),
    "gzip without the end of its checksum": compressed("gzip", lost=2),
    "deflate without the end of its checksum": compressed("deflate", lost=2),
    "garbage": lambda _: _garbage(),
}


async def _garbage() -> bytes:
    return b"SSH-2.0-OpenSSH\r\n"


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
async def test_temporary_failures_are_retried(platform: PlatformClient, proxy: FaultyProxy, fault: Fault) -> None:
    proxy.faults = [fault, fault]
    page = await platform.list_services()
    assert page.listed == len(page.items)
    assert len(proxy.requests) == 3
    assert platform.traffic.retries == 2


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
async def test_lasting_failures_are_reported_after_retries(
    platform: PlatformClient, proxy: FaultyProxy, fault: Fault
) -> None:
    proxy.faults = [fault] * 20
    with pytest.raises(ServiceError) as caught:
        await platform.list_services()
    assert len(proxy.requests) == ATTEMPTS
    assert caught.value.__context__ is None
    assert "\n" not in str(caught.value)


LASTING: dict[str, tuple[Fault, type[ServiceError], str]] = {
    "html": (answer("200 OK", b"<html>Sign in</html>"), BadResponseError, "text/html"),
    "another shape": (answer("200 OK", [1, 2]), BadResponseError, "answered with a list where a JSON object"),
    "no list": (answer("200 OK", {"items": None}), BadResponseError, "null where its items should be"),
    "an object": (answer("200 OK", {"items": {}}), BadResponseError, "an object where its items should be"),
    "not a number": (
        body_changed(lambda body: body.replace(b'"total": 12', b'"total": NaN')),
        BadResponseError,
        "sent what is not JSON: NaN",
    ),
    "no end": (
        body_changed(lambda body: body.replace(b'"has_more"', b'"more"')),
        BadResponseError,
        "its next page",
    ),
    "403": (answer("403 Forbidden", {"detail": "Service.view"}), UnauthorizedError, "may not do this"),
    "elsewhere": (answer("302 Found", {}, "Location: http://127.0.0.1:1/"), BadResponseError, "points elsewhere"),
}


@pytest.mark.parametrize(("fault", "kind", "says"), LASTING.values(), ids=LASTING)
async def test_final_failures_are_reported_at_once(
    platform: PlatformClient, proxy: FaultyProxy, fault: Fault, kind: type[ServiceError], says: str
) -> None:
    proxy.faults = [fault]
    with pytest.raises(kind, match=says):
        await platform.list_services()
    assert len(proxy.requests) == 1


async def test_a_timed_out_request_is_retried(
    platform: PlatformClient, proxy: FaultyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "TIMEOUT", httpx.Timeout(1.0, connect=5.0))
    proxy.faults = [delayed(60.0)]
    assert (await platform.list_services()).items
    assert len(proxy.requests) == 2


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_compressed_answer_is_read(platform: PlatformClient, proxy: FaultyProxy, encoding: str) -> None:
    proxy.faults = [compressed(encoding)]
    assert (await platform.list_services()).listed == 12
    assert len(proxy.requests) == 1


async def test_an_answer_that_drips_ends(
    platform: PlatformClient, proxy: FaultyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "TIMEOUT", httpx.Timeout(1.0, connect=5.0))
    proxy.faults = [dripping(0.3)] * 9
    with pytest.raises(UnreachableError, match=r"did not finish its answer within 1 s"):
        await platform.list_services()
    # it would be slow again
    assert len(proxy.requests) == 1
    proxy.faults = [dripping(0.3, head=True)] * 9
    with pytest.raises(UnreachableError, match=r"did not answer within 1 s"):
        await platform.list_services()
    assert len(proxy.requests) == 3


@pytest.mark.slow
async def test_a_slow_line_that_delivers_is_let_finish(
    platform: PlatformClient, proxy: FaultyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "TIMEOUT", httpx.Timeout(1.0, connect=5.0))
    monkeypatch.setattr(exchange, "SLOWEST_BYTES_S", 16)
    proxy.faults = [dripping(0.001)]
    assert (await platform.list_services(limit=1)).listed == 12


async def test_an_endless_answer_is_aborted(
    platform: PlatformClient, proxy: FaultyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "LARGEST_BYTES", 4 << 20)
    endless = compressed("gzip")
    proxy.faults = [body_changed(lambda body: body + b" " * (5 << 20))]
    with pytest.raises(BadResponseError, match="MB, too large for an answer"):
        await platform.list_services()
    proxy.faults = [lambda exchange: _bomb(exchange, endless)]
    with pytest.raises(BadResponseError, match="MB, too large for an answer"):
        await platform.list_services()
    assert len(proxy.requests) == 2


async def _bomb(exchange: Exchange, packed: Fault) -> bytes | None:
    whole = await exchange.forward()
    exchange.upstream = lambda _: _padded(whole)
    return await packed(exchange)


async def _padded(answer: bytes) -> bytes:
    return answer + b" " * (5 << 20)


UNSETTLED: dict[str, tuple[Fault, bool]] = {
    "reset": (reset(carried_out=True), True),
    "reset in the middle": (reset_in_body(), True),
    "gzip cut short": (compressed("gzip", lost=2), True),
    "html": (answer("200 OK", b"<html>Sign in</html>"), True),
    "502": (answer("502 Bad Gateway", {}), True),
    "408": (answer("408 Request Timeout", {}), True),
    "422": (answer("422 X", {}), False),
    "403": (answer("403 Forbidden", {}), False),
}


@pytest.mark.parametrize(("fault", "unknown"), UNSETTLED.values(), ids=UNSETTLED)
async def test_whether_a_change_may_have_been_made_is_kept(
    platform: PlatformClient, proxy: FaultyProxy, fault: Fault, unknown: bool
) -> None:
    service = (await platform.list_services()).items[0]
    # Later failures do not settle it.
    proxy.faults = [fault, answer("404 Not Found", {})]
    with pytest.raises(ServiceError) as caught:
        await platform.update_service(service.id, {"description": "mine"})
    assert caught.value.outcome_unknown is unknown
    proxy.faults = [fault] * 9
    with pytest.raises(ServiceError) as caught:
        await platform.get_service(service.id)
    assert not caught.value.outcome_unknown


async def test_an_unsent_change_is_reported_as_not_made() -> None:
    async with httpx.AsyncClient(base_url="http://127.0.0.1:1", trust_env=False) as http:
        with pytest.raises(UnreachableError) as caught:
            await PlatformClient(http, workspace_id="w", token="key").update_service("s", {"name": "x"})
    assert not caught.value.outcome_unknown


def test_the_timeouts_are_what_they_should_be() -> None:
    assert (exchange.TIMEOUT.connect, exchange.TIMEOUT.read) == (5.0, 30.0)


def _new(name: str) -> NewService:
    return NewService(name=name, agent_id="0" * 8, context_graph_id="0" * 8)


WAITED_FOR = answer("503 X", {}, "Retry-After: 0")


@pytest.mark.parametrize(
    "fault",
    [reset(), reset_in_body(), answer("500 X", {}), answer("408 X", {}), answer("429 X", {}), WAITED_FOR],
    ids=["reset", "reset in the middle", "500", "408", "429", "503"],
)
async def test_a_client_never_sends_a_change_twice_by_itself(
    platform: PlatformClient, proxy: FaultyProxy, fault: Fault
) -> None:
    service = (await platform.list_services()).items[0]
    for change in (
        platform.create_service(_new("x")),
        platform.update_service(service.id, {"description": service.description}),
        platform.delete_service("0" * 8),
    ):
        proxy.faults = [fault]
        sent = len(proxy.requests)
        with pytest.raises(ServiceError):
            await change
        assert len(proxy.requests) == sent + 1


async def test_a_possibly_made_change_is_reported(platform: PlatformClient, proxy: FaultyProxy) -> None:
    model = (await platform.list_services()).items[0]
    proxy.faults = [reset(carried_out=True)]
    with pytest.raises(UnreachableError, match="may have worked: look before trying again"):
        await platform.create_service(
            NewService(
                name="Made unheard",
                agent_id=str(model.agent_id),
                context_graph_id=str(model.context_graph_id),
                is_active=False,
            )
        )
    assert [found.name async for found in iter_services(platform, search="made unheard")] == ["Made unheard"]


@pytest.mark.parametrize("seconds", [math.ceil(LONGEST_WAIT_S) + 30, 86_400])
async def test_too_long_a_wait_is_refused(platform: PlatformClient, proxy: FaultyProxy, seconds: int) -> None:
    proxy.faults = [answer("429 Too Many Requests", {}, f"Retry-After: {seconds}")]
    with pytest.raises(RateLimitedError, match=f"try again in {seconds} s"):
        await platform.list_services()
    assert len(proxy.requests) == 1


async def test_a_repeated_page_neither_duplicates_nor_loses_entries(
    platform: PlatformClient, classic: ClassicClient, proxy: FaultyProxy
) -> None:
    for client in (platform, classic):
        expected = [found.id async for found in iter_services(client)]
        proxy.faults = [None, page_again(0)]
        found = [found.id async for found in iter_services(client, page_size=4)]
        assert sorted(found) == sorted(expected)
        proxy.faults = []


async def test_a_repeating_page_does_not_complete_a_listing(
    platform: PlatformClient, classic: ClassicClient, proxy: FaultyProxy
) -> None:
    everyone = [found.id async for found in iter_services(platform)]
    pages = math.ceil(len(everyone) / 4)
    for client in (platform, classic):
        await client.whoami()
        proxy.faults = [page_again(0) if index % pages == 1 else None for index in range(2 * pages)]
        seen: list[str] = []
        with pytest.raises(BadResponseError, match="incomplete"):
            await _collect(client, seen)
        assert len(seen) == len(set(seen)) == len(everyone) - 4
        proxy.faults = []


async def _collect(client: ServicesClient, seen: list[str]) -> None:
    async for found in iter_services(client, page_size=4):
        seen.append(found.id)  # noqa: PERF401  (what came before an error counts)


async def test_missing_entries_of_a_page_are_detected(platform: PlatformClient, proxy: FaultyProxy) -> None:
    def shorter(body: bytes) -> bytes:
        page = json.loads(body)
        page["items"] = page["items"][:-2]
        return json.dumps(page).encode()

    everyone = len([found async for found in iter_services(platform)])
    proxy.faults = [body_changed(shorter)] * 2
    with pytest.raises(BadResponseError, match=f"2 of {everyone} entries did not come"):
        _ = [found async for found in iter_services(platform)]
    # one is handled by reading again
    proxy.faults = [body_changed(shorter)]
    assert len([found async for found in iter_services(platform)]) == everyone


async def test_a_failed_listing_resumes(platform: PlatformClient, proxy: FaultyProxy) -> None:
    pages = Pages(lambda continuation: platform.list_services(limit=5, continuation=continuation))
    first = await pages.more()
    proxy.faults = [answer("403 Forbidden", {})]
    with pytest.raises(UnauthorizedError):
        await pages.more()
    second = await pages.more()
    assert not {found.id for found in first} & {found.id for found in second}
    assert not pages.complete


async def test_the_request_id_survives_all_tries(platform: PlatformClient, proxy: FaultyProxy) -> None:
    proxy.faults = [answer("500 X", {}, f"X-Request-Id: try-{index}") for index in range(ATTEMPTS)]
    with pytest.raises(ServiceError, match=rf"\(request try-{ATTEMPTS - 1}\)"):
        await platform.list_services()
