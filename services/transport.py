"""One way to send a request: timeouts, secrets, retries, rate limits, and errors a person can act on."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import httpx
import stamina
from pydantic import JsonValue, SecretStr

from services.answers import Answers
from services.errors import BadResponseError, InvalidError, RateLimitedError, ServiceError, UnreachableError
from services.rate_limits import rate_limit
from services.retrying import (
    ATTEMPTS,
    FIRST_BACKOFF_S,
    IDEMPOTENT,
    JITTER_S,
    LONGEST_BACKOFF_S,
    LONGEST_WAIT_S,
    TOTAL_S,
    wait_before_retry,
)
from services.secrets import Credentials, SecretHeaders, redacted
from services.traffic import RateLimit, Traffic, Waiting

TIMEOUT = httpx.Timeout(30.0, connect=5.0)
"""Seconds: 5 to connect, 30 for everything else."""

WORTH_TELLING_S = 1.0
"""Shorter waits come and go before anybody could read of them."""

SIGN_IN = "POST sign-in"

Query = Mapping[str, str | int | bool | list[str] | None]


@dataclass(frozen=True, slots=True)
class Call:
    """One request as a dialect asks for it. ``kind`` names what a rate limit counts together: ``GET services``."""

    method: str
    path: str
    kind: str
    query: Query | None = None
    body: JsonValue = None

    @property
    def changes_twice(self) -> bool:
        """Whether sending it twice may do more than sending it once."""
        return self.method not in IDEMPOTENT and self.kind != SIGN_IN


class Transport:
    """Sends requests and turns every failure into a :class:`services.errors.ServiceError`.

    No secret is ever part of a message, a ``repr`` or a log line, even if the platform echoes it. ``clock`` is in
    seconds since 1970; ``sleep`` waits for rate limits.
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
        self._answers = Answers(
            http.base_url.host or "the platform", lambda text: redacted(text, credentials.known())
        )

    async def request(
        self, method: str, path: str, *, query: Query | None = None, body: JsonValue = None, kind: str
    ) -> dict[str, JsonValue]:
        """Send a request and return the JSON object that came back. Raises :class:`ServiceError`."""
        return self._answers.parse(await self.send(method, path, query=query, body=body, kind=kind))

    async def send(
        self, method: str, path: str, *, query: Query | None = None, body: JsonValue = None, kind: str
    ) -> httpx.Response:
        """Send a request, again where that is safe and may help, and return the successful answer."""
        call = Call(method, path, kind, query, body)
        attempts = stamina.retry_context(
            on=lambda error: self._wait_before_retry(call, error),
            attempts=ATTEMPTS,
            timeout=TOTAL_S,
            wait_initial=FIRST_BACKOFF_S,
            wait_max=LONGEST_BACKOFF_S,
            wait_jitter=JITTER_S,
        )
        async for attempt in attempts:
            with attempt:
                return await self._attempt(call, again=attempt.num > 1)
        raise AssertionError("a retry context ends in a result or an error")

    def _wait_before_retry(self, call: Call, error: Exception) -> bool | float:
        wait = wait_before_retry(call.method, error)
        if wait is not False:
            self.traffic.note_retry()
            if wait > WORTH_TELLING_S:
                self.traffic.note_waiting(Waiting(wait, "the platform asks to wait"))
        return wait

    async def _attempt(self, call: Call, *, again: bool) -> httpx.Response:
        self.traffic.note_waiting(None)
        headers = await self._credentials.headers()
        async with self._turn(call.kind):
            response, failure = await self._exchange(call, headers)
        if response is not None and response.status_code == 401 and await self._credentials.renew(headers):
            response, failure = await self._exchange(call, await self._credentials.headers())
        # Raised out here so that no low-level exception, whose frames hold the header, hangs on to it.
        if failure:
            raise failure
        assert response is not None
        if response.is_success:
            return response
        if again and call.method == "DELETE" and response.status_code == 404:
            # The first try broke off, so nobody heard that it had worked.
            return response
        raise self._answers.refusal(response, self._clock())

    @asynccontextmanager
    async def _turn(self, kind: str) -> AsyncIterator[None]:
        """Hold a request back until the platform lets us ask again, if it said that nothing is left."""
        if self._take_one(kind):
            yield
            return
        # One by one: in a window that slides, only the platform's next answer tells whether there is room for two.
        async with self._queues[kind]:
            if not self._take_one(kind):
                await self._wait_for_reset(self.traffic.limits[kind])
            yield

    def _take_one(self, kind: str) -> bool:
        """Count a request that is about to be sent, so that those under way together do not all take the last."""
        limit = self.traffic.limits.get(kind)
        if limit is None:
            return True
        if limit.remaining > 0:
            self.traffic.note_limit(kind, replace(limit, remaining=limit.remaining - 1))
        return limit.remaining > 0

    async def _wait_for_reset(self, limit: RateLimit) -> None:
        wait = 0.0 if limit.resets_at is None else limit.resets_at - self._clock()
        used_up = f"the limit of {limit.limit} requests is used up"
        if wait > LONGEST_WAIT_S:
            refused = RateLimitedError(f"{used_up}; nothing was sent: try again in {wait:.0f} s")
            refused.final = True
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

    async def _exchange(
        self, call: Call, headers: Mapping[str, SecretStr]
    ) -> tuple[httpx.Response | None, ServiceError | None]:
        try:
            content = None if call.body is None else json.dumps(call.body, allow_nan=False).encode()
        except (ValueError, TypeError, RecursionError):
            return None, InvalidError("a value to send is not JSON; nothing was sent")
        request = self._http.build_request(
            call.method,
            call.path,
            params={name: value for name, value in (call.query or {}).items() if value is not None},
            content=content,
            headers={"Content-Type": "application/json"} if content is not None else {},
            timeout=TIMEOUT,
        )
        response: httpx.Response | None = None
        try:
            response = await self._http.send(request, auth=SecretHeaders(headers), stream=True)
            await response.aread()
        except httpx.TransportError as error:
            return None, self._broken(call, error, response)
        except httpx.DecodingError:
            return None, BadResponseError(
                f"{self._answers.host} sent a body that cannot be decompressed; try again"
            )
        finally:
            if response is not None:
                await response.aclose()
        if (limit := rate_limit(response.headers, self._clock())) is not None:
            self.traffic.note_limit(call.kind, limit)
        return response, None

    def _broken(self, call: Call, error: httpx.TransportError, response: httpx.Response | None) -> ServiceError:
        host = self._answers.host
        if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
            return UnreachableError(f"{host} did not pick up within {TIMEOUT.connect:g} s; check the network")
        # A change that may have been carried out must not be sent again without looking.
        remedy = "it may have worked: look before trying again" if call.changes_twice else "try again"
        if isinstance(error, httpx.TimeoutException):
            return UnreachableError(f"{host} did not answer within {TIMEOUT.read:g} s; {remedy}")
        if response is not None:
            broken = BadResponseError(
                f"{host} broke off in the middle of its answer; {remedy}",
                status=response.status_code,
                request_id=self._answers.request_id(response),
            )
            broken.broken_off = True
            return broken
        reason = self._answers.clean(str(error)) or type(error).__name__
        if isinstance(error, httpx.ConnectError) or not call.changes_twice:
            remedy = "check the network and the address"
        return UnreachableError(f"{host} cannot be reached: {reason}; {remedy}")
