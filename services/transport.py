"""Sends requests, with timeouts, retries and rate limits. Keeps secrets out of errors that say what to do."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

import httpx
import stamina
from pydantic import JsonValue, SecretStr

from services.answers import AnswerReader
from services.errors import BadResponseError, RateLimitedError, ServiceError, TokenExpiredError, UnreachableError
from services.exchange import Exchange, Query, RequestSpec, Sink
from services.model import Page
from services.paging import read_page
from services.reading import JsonObject
from services.secrets import Credentials, redacted
from services.traffic import (
    ATTEMPTS,
    FIRST_BACKOFF_S,
    JITTER_S,
    LONGEST_BACKOFF_S,
    LONGEST_WAIT_S,
    TOTAL_S,
    WORTH_TELLING_S,
    RateLimit,
    Traffic,
    Waiting,
    rate_limit,
    wait_before_retry,
)

T = TypeVar("T")

REDIRECTS = 3
"""How many redirects a file's address may have."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer whose status matters. ``body`` is empty if it is not a JSON object."""

    status: int
    headers: Mapping[str, str]
    body: JsonObject


class Transport:
    """Sends requests and turns every failure into a :class:`services.errors.ServiceError`.

    No message, ``repr`` or log line contains a secret, even if the platform echoes it. ``clock`` is in seconds
    since 1970. ``sleep`` waits for rate limits.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        credentials: Credentials,
        *,
        traffic: Traffic | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.traffic = traffic or Traffic(clock)
        self._http = http
        self._credentials = credentials
        self._clock = clock
        self._sleep = sleep
        self._queues: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._answers = AnswerReader(
            http.base_url.host or "the platform", lambda text: redacted(text, credentials.known())
        )
        self._exchange = Exchange(http, self._answers)

    async def request(
        self, method: str, path: str, *, query: Query | None = None, body: JsonValue = None, kind: str
    ) -> dict[str, JsonValue]:
        """Send a request and return the JSON object of the answer. Raises :class:`ServiceError`."""
        return await self._retried(RequestSpec(method, path, kind, query, body), self._answers.parse)

    async def page(
        self,
        path: str,
        key: str,
        read: Callable[[JsonObject], T | None],
        *,
        kind: str,
        query: Query,
        leave_out: Callable[[T], str | None] = lambda _: None,
    ) -> Page[T]:
        """Return one page of a listing whose entries are under ``key``: see :func:`services.paging.read_page`.

        The traffic records unreadable entries. Raises :class:`ServiceError`.
        """
        body = await self.request("GET", path, query=query, kind=f"GET {kind}")
        page = read_page(body, key, read, leave_out=leave_out)
        continuation = query.get("continuation_token")
        at = continuation if isinstance(continuation, int) else None
        self.traffic.note_unreadable(f"GET {kind}", at, page.unreadable)
        return page

    async def send(
        self, method: str, path: str, *, query: Query | None = None, body: JsonValue = None, kind: str
    ) -> httpx.Response:
        """Send a request and return the successful answer. Repeats the request if that is safe and may help."""
        return await self._retried(RequestSpec(method, path, kind, query, body), lambda response: response)

    async def reply(self, method: str, path: str, *, kind: str) -> Reply:
        """Send a request whose answer is a JSON object, or 202 with any body. Raises as the others."""
        return await self._retried(RequestSpec(method, path, kind), self._reply)

    async def download(self, url: str, sink: Sink, *, kind: str) -> Reply:
        """Download ``url``, a path on the platform or a whole address, to ``sink``, from the sink's position.

        An address on another server, or a redirect to one, is requested without the key. Returns the answer's head,
        including 202. Raises :class:`ServiceError`, and what the sink raises.
        """
        for _ in range(1 + REDIRECTS):
            found = await self._retried(RequestSpec("GET", url, kind, sink=sink), lambda response: response)
            if not found.has_redirect_location:
                return self._reply(found)
            url = str(self._address(url).join(found.headers["location"]))
        raise BadResponseError(f"{self._answers.host} leads from address to address; tell the platform's support")

    def _reply(self, response: httpx.Response) -> Reply:
        bodiless = response.status_code != 200 or not response.content
        try:
            body = self._answers.parse(response)
        except BadResponseError:
            if not bodiless:
                raise
            body = {}
        return Reply(response.status_code, response.headers, body)

    def _address(self, path: str) -> httpx.URL:
        return self._http.base_url.join(path) if path.startswith("/") else httpx.URL(path)

    async def _headers(self, call: RequestSpec) -> Mapping[str, SecretStr]:
        """Return the key's headers for the platform itself. Another server gets no key."""
        if call.sink is None or call.path.startswith("/"):
            return await self._credentials.headers()
        there, here = self._address(call.path), self._http.base_url
        if (there.scheme, there.host, there.port) == (here.scheme, here.host, here.port):
            return await self._credentials.headers()
        if there.scheme != "https" and there.host not in ("127.0.0.1", "localhost", "::1"):
            raise BadResponseError(f"{self._answers.host} has a file at an address without https; it was not asked")
        return {}

    async def _retried(self, call: RequestSpec, read: Callable[[httpx.Response], T]) -> T:
        attempts = stamina.retry_context(
            on=lambda error: self._wait_before_retry(call, error),
            attempts=ATTEMPTS,
            timeout=TOTAL_S,
            wait_initial=FIRST_BACKOFF_S,
            wait_max=LONGEST_BACKOFF_S,
            wait_jitter=JITTER_S,
        )
        unknown = False
        async for attempt in attempts:
            with attempt:
                response: httpx.Response | None = None
                try:
                    response = await self._attempt(call, again=attempt.num > 1)
                    return read(response)
                except ServiceError as error:
                    # A later refusal or an invalid answer does not settle what one try left open.
                    unknown |= error.outcome_unknown or (response is not None and call.changes)
                    error.outcome_unknown = unknown
                    raise
        raise AssertionError("a retry context ends in a result or an error")

    def _wait_before_retry(self, call: RequestSpec, error: Exception) -> bool | float:
        wait = wait_before_retry(call.method, error, changes=call.changes)
        if wait is not False:
            self.traffic.note_retry_in(wait)
        return wait

    async def _attempt(self, call: RequestSpec, *, again: bool) -> httpx.Response:
        self.traffic.note_waiting(None)
        headers = await self._headers(call)
        async with self._turn(call):
            found = await self._once(call, headers)
        refused = isinstance(found, httpx.Response) and found.status_code == 401 and bool(headers)
        if refused and await self._credentials.renew(headers):
            if call.changes:
                # Signing in takes a while. Another client may store another value meanwhile.
                raise TokenExpiredError("the token was no longer accepted, and nothing was sent; try again")
            found = await self._once(call, await self._credentials.headers())
        # Raised outside the handler: the frames of a low-level exception hold the header.
        if isinstance(found, ServiceError):
            # A platform that timed out twice will do so again.
            found.final |= again and isinstance(found, UnreachableError) and found.too_slow
            raise found
        if found.is_success or (call.sink is not None and found.has_redirect_location):
            return found
        raise self._refusal(call, found)

    async def _once(self, call: RequestSpec, headers: Mapping[str, SecretStr]) -> httpx.Response | ServiceError:
        found = await self._exchange.send(call, headers)
        if isinstance(found, httpx.Response) and (limit := rate_limit(found.headers, self._clock())) is not None:
            self.traffic.note_limit(call.kind, limit)
        return found

    def _refusal(self, call: RequestSpec, response: httpx.Response) -> ServiceError:
        refusal = self._answers.refusal(response, self._clock())
        status = response.status_code
        refusal.outcome_unknown = call.changes and (status == 408 or status >= 500)
        return refusal

    @asynccontextmanager
    async def _turn(self, call: RequestSpec) -> AsyncIterator[None]:
        """Hold a request back until the platform's limit resets, if the limit is used up.

        A change does not wait here, because its sender must read again after a wait. It is refused with the seconds
        to wait.
        """
        kind = call.kind
        if self._take_one(kind):
            yield
            return
        # One by one: in a sliding window, only the platform's next answer shows whether there is room for two.
        async with self._queues[kind]:
            if not self._take_one(kind):
                await self._wait_for_reset(self.traffic.limits[kind], waits=not call.changes)
            yield

    def _take_one(self, kind: str) -> bool:
        """Count a request before it is sent, so that parallel requests do not all take the last one."""
        limit = self.traffic.limits.get(kind)
        if limit is None:
            return True
        if limit.remaining > 0:
            self.traffic.note_limit(kind, replace(limit, remaining=limit.remaining - 1))
        return limit.remaining > 0

    async def _wait_for_reset(self, limit: RateLimit, *, waits: bool) -> None:
        wait = 0.0 if limit.resets_at is None else limit.resets_at - self._clock()
        used_up = f"the limit of {limit.limit} requests is used up"
        if wait > LONGEST_WAIT_S or (wait > 0 and not waits):
            refused = RateLimitedError(f"{used_up}; nothing was sent: try again in {wait:.0f} s")
            refused.final = waits
            refused.retry_after = wait
            raise refused
        if wait > 0:
            async with self._waiting(wait, used_up):
                await self._sleep(wait)

    @asynccontextmanager
    async def _waiting(self, seconds: float, why: str) -> AsyncIterator[None]:
        if seconds > WORTH_TELLING_S:
            self.traffic.note_waiting(Waiting(seconds, why))
        try:
            yield
        finally:
            self.traffic.note_waiting(None)
