"""Sends one request once and reads its whole answer, within limits of time and size. Failures are one line."""

from __future__ import annotations

import asyncio
import contextlib
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import httpx
from pydantic import JsonValue, SecretStr

from services.answers import AnswerReader
from services.connections.proxies import ProxyFailedError, reason_of
from services.errors import BadResponseError, InvalidError, ServiceError, UnreachableError
from services.secrets import SecretHeaders
from services.traffic import IDEMPOTENT

ENCODINGS: Final = "gzip, deflate"
"""The accepted compressions. Others need packages that may be missing."""

LARGEST_BYTES: Final = 64 << 20
"""The largest answer. Pages of these APIs hold at most 100 entries."""

LARGEST_FILE: Final = 4 << 30
"""The largest recording of a call."""

_MEMBER: Final = b"\x1f\x8b"


class Sink(Protocol):
    """The target of a downloaded file. Exceptions of its methods reach the caller unchanged."""

    @property
    def position(self) -> int:
        """The number of bytes already present. The download continues after them."""
        ...

    def restart(self) -> None:
        """Drop what is present: the platform sends the file from its beginning."""
        ...

    def write(self, piece: bytes) -> None:
        """Append a piece. Raises a :class:`services.errors.ServiceError`, never :class:`OSError`."""
        ...


class CutShortError(Exception):
    """The body ended early."""


class TooLargeError(Exception):
    """The body exceeds the limit."""


class UnreadableError(Exception):
    """The body cannot be decompressed."""


async def read_body(response: httpx.Response, came: Callable[[int], None]) -> bytes:
    """Return the decompressed body. ``came`` gets the number of bytes so far.

    Raises :class:`CutShortError`, :class:`TooLargeError`, :class:`UnreadableError`, and the connection's errors.
    """
    sent = bytearray()
    async for chunk in response.aiter_raw():
        sent += chunk
        if len(sent) > LARGEST_BYTES:
            raise TooLargeError
        came(len(sent))
    body = bytes(sent)
    encodings = response.headers.get("content-encoding", "").lower().split(",")
    for encoding in reversed([one.strip() for one in encodings]):
        body = _decoded(body, encoding)
    return body


async def write_body(response: httpx.Response, sink: Sink, came: Callable[[int], None]) -> None:
    """Write a file's body to ``sink`` piece by piece. Raises what :func:`read_body` and the sink raise."""
    if response.status_code == 206:
        start = response.headers.get("content-range", "").removeprefix("bytes ").partition("-")[0].strip()
        if start != str(sink.position):
            raise CutShortError
    elif sink.position:
        sink.restart()
    size = 0
    # not gathered into larger pieces: data from before a break is kept
    async for piece in response.aiter_bytes():
        size += len(piece)
        if size > LARGEST_FILE:
            raise TooLargeError
        sink.write(piece)
        came(size)
    promised = response.headers.get("content-length", "")
    encoded = response.headers.get("content-encoding", "identity") != "identity"
    if promised.isdecimal() and not encoded and int(promised) != size:
        raise CutShortError


def _decoded(body: bytes, encoding: str) -> bytes:
    if encoding in ("", "identity") or not body:
        return body
    try:
        if encoding in ("gzip", "x-gzip"):
            return _inflated(body, zlib.MAX_WBITS | 16)
        if encoding == "deflate":
            # RFC 9110 means a zlib stream; some servers send a raw one.
            bare = body[0] & 0x0F != 8 or (len(body) > 1 and int.from_bytes(body[:2], "big") % 31)
            return _inflated(body, -zlib.MAX_WBITS if bare else zlib.MAX_WBITS)
    except zlib.error:
        pass
    raise UnreadableError


def _inflated(body: bytes, window: int) -> bytes:
    """Return the content of all members of a compressed body. ``zlib`` itself accepts a truncated one."""
    found = bytearray()
    while True:
        stream = zlib.decompressobj(window)
        found += stream.decompress(body, LARGEST_BYTES + 1 - len(found))
        if len(found) > LARGEST_BYTES:
            raise TooLargeError
        if not stream.eof:
            raise CutShortError
        body = stream.unused_data
        if not body.startswith(_MEMBER):
            return bytes(found)


TIMEOUT = httpx.Timeout(30.0, connect=5.0)
"""Seconds: 5 to connect, 30 from sending the request to the last byte of the answer."""

SLOWEST_BYTES_S: Final = 16 << 10
"""Each transfer of this many bytes extends the timeout by a second. A slow but steady line can finish; a dripping
one cannot."""

SIGN_IN: Final = "POST sign-in"

Query = Mapping[str, str | int | bool | list[str] | None]

_READING: Final = frozenset({"GET", "HEAD"})
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


_FAILED = (
    httpx.HTTPError,
    TimeoutError,
    CutShortError,
    TooLargeError,
    UnreadableError,
    # What the HTTP library lets through from below: invalid host names, sockets, TLS.
    httpx.InvalidURL,
    OSError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class RequestSpec:
    """One request of a dialect. ``kind`` groups requests by rate limit: ``GET services``."""

    method: str
    path: str
    kind: str
    query: Query | None = None
    body: JsonValue = None
    sink: Sink | None = None
    """Where to write the body of a successful answer, instead of returning it."""

    @property
    def changes(self) -> bool:
        """Whether the request changes stored data."""
        return self.method not in _READING and self.kind != SIGN_IN

    @property
    def changes_twice(self) -> bool:
        """Whether sending the request twice may do more than sending it once."""
        return self.changes and self.method not in IDEMPOTENT


class Exchange:
    """Sends requests over one connection pool and reads whole answers."""

    def __init__(self, http: httpx.AsyncClient, answers: AnswerReader) -> None:
        self._http = http
        self._answers = answers

    async def send(self, call: RequestSpec, headers: Mapping[str, SecretStr]) -> httpx.Response | ServiceError:
        """Return the decompressed answer of any status, or the error.

        Errors are returned, so that no low-level exception, whose frames hold the header, stays attached.
        """
        try:
            request = self._request(call)
        except (ValueError, TypeError, RecursionError, httpx.InvalidURL):
            # A value from a command line may be neither text nor JSON.
            return InvalidError("a value to send is neither JSON nor text in UTF-8; nothing was sent")
        loop = asyncio.get_running_loop()
        ends = loop.time() + (TIMEOUT.read or 0.0) + int(request.headers.get("content-length", 0)) / SLOWEST_BYTES_S
        head: httpx.Response | None = None
        try:
            async with asyncio.timeout_at(ends) as clock:
                head = await self._http.send(request, auth=SecretHeaders(headers), stream=True)
                body = b""
                if call.sink is not None and head.status_code in (200, 206):
                    await write_body(head, call.sink, lambda came: clock.reschedule(ends + came / SLOWEST_BYTES_S))
                else:
                    body = await read_body(head, lambda came: clock.reschedule(ends + came / SLOWEST_BYTES_S))
        except _FAILED as error:
            return self._failure(call, error, head)
        finally:
            if head is not None:
                with contextlib.suppress(httpx.TransportError):
                    await head.aclose()
        plain = [(name, value) for name, value in head.headers.multi_items() if name != "content-encoding"]
        return httpx.Response(head.status_code, headers=plain, content=body)

    def _request(self, call: RequestSpec) -> httpx.Request:
        content = None if call.body is None else json.dumps(call.body, allow_nan=False).encode()
        headers = {"Accept-Encoding": ENCODINGS} | ({} if content is None else {"Content-Type": "application/json"})
        if call.sink is not None:
            # so that byte positions are the same on both sides
            headers["Accept-Encoding"] = "identity"
            if call.sink.position:
                headers["Range"] = f"bytes={call.sink.position}-"
        return self._http.build_request(
            call.method,
            call.path,
            # None without a query: a link to a file has its own, which an empty mapping would remove
            params={name: value for name, value in (call.query or {}).items() if value is not None} or None,
            content=content,
            headers=headers,
            timeout=TIMEOUT,
        )

    def _failure(self, call: RequestSpec, error: Exception, head: httpx.Response | None) -> ServiceError:
        failure = self._worded(call, error, head)
        failure.outcome_unknown = call.changes and not isinstance(error, _NOT_SENT)
        return failure

    def _worded(self, call: RequestSpec, error: Exception, head: httpx.Response | None) -> ServiceError:
        host = self._answers.host
        # A change that may have been made must not be sent again without looking.
        remedy = "it may have worked: look before trying again" if call.changes_twice else "try again"
        if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
            return UnreachableError(f"{host} did not pick up within {TIMEOUT.connect:g} s; check the network")
        if isinstance(error, TimeoutError | httpx.TimeoutException):
            late = "did not answer" if head is None else "did not finish its answer"
            slow = UnreachableError(f"{host} {late} within {TIMEOUT.read:g} s; {remedy}")
            slow.too_slow = True
            # An answer that arrives too slowly would do so again.
            slow.final = head is not None
            return slow
        if head is not None:
            return self._unread(error, head, remedy)
        reason = self._answers.clean(reason_of(error))
        if isinstance(error, ProxyFailedError):
            failed = UnreachableError(reason)
            failed.final = error.lasting
            return failed
        if "CERTIFICATE_VERIFY_FAILED" in reason:
            why = reason.partition("verify failed: ")[2].partition(" (_ssl")[0] or reason
            return UnreachableError(
                f"the certificate of {host} is not trusted: {why}; SSL_CERT_FILE and SSL_CERT_DIR say what is"
            )
        if isinstance(error, _NOT_SENT) or not call.changes_twice:
            remedy = "check the network and the address"
        return UnreachableError(f"{host} cannot be reached: {reason}; {remedy}")

    def _unread(self, error: Exception, head: httpx.Response, remedy: str) -> ServiceError:
        if isinstance(error, UnreadableError):
            what = "sent a body that cannot be decompressed"
        elif isinstance(error, TooLargeError):
            what = f"sent more than {LARGEST_BYTES >> 20} MB, too large for an answer of this API"
        else:
            what = "broke off in the middle of its answer"
        failure = BadResponseError(
            f"{self._answers.host} {what}; {remedy}",
            status=head.status_code,
            request_id=self._answers.request_id(head),
        )
        failure.broken_off = isinstance(error, CutShortError | httpx.TransportError)
        return failure
