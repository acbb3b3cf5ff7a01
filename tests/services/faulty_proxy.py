"""A small proxy between a client and a platform that adds faults to answers."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

Passing = Callable[[bytes], Awaitable[bytes]]
Fault = Callable[["Exchange"], Awaitable[bytes | None]]
"""Returns the bytes of the answer. ``None`` resets the connection."""


@dataclass
class Exchange:
    """One request in transit. A fault may forward it, changed or not, or answer itself."""

    head: bytes
    body: bytes
    upstream: Passing
    reset_after: int | None = None
    """Resets the connection after this many bytes of the answer."""
    drip_from: int | None = None
    """After this many bytes of the answer, sends one byte every ``drip_s`` seconds."""
    drip_s: float = 0.0

    async def forward(self) -> bytes:
        """Forward the request and return the platform's whole answer."""
        return await self.upstream(self.head + self.body)


@asynccontextmanager
async def listening(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """Serve connections on a free port of this machine.

    Yields the address, and closes open connections at the end.
    """
    serving: set[asyncio.Task[None] | None] = set()

    async def noted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())
        await serve(reader, writer)

    server = await asyncio.start_server(noted, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    for task in filter(None, serving):
        task.cancel()
    await asyncio.gather(*filter(None, serving), return_exceptions=True)


@dataclass
class FaultyProxy:
    """Records requests. Each of ``faults`` applies to one request; later requests pass unchanged."""

    host: str
    port: int
    url: str = ""
    faults: list[Fault | None] = field(default_factory=list)
    write_faults: list[Fault | None] = field(default_factory=list)
    """Faults for requests that change something, one each. Signing in does not count."""
    requests: list[str] = field(default_factory=list)
    """Method and path of every request that arrived."""
    bodies: list[bytes] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def before(cls, upstream: str) -> AsyncIterator[FaultyProxy]:
        """Open a proxy before a platform's address."""
        parts = urlsplit(upstream)
        proxy = cls(str(parts.hostname), int(parts.port or 80))
        async with listening(proxy._serve) as proxy.url:
            yield proxy

    def count(self, start: str) -> int:
        """Return how many requests began with ``start``, such as ``GET /v1``."""
        return sum(request.startswith(start) for request in self.requests)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            writer.close()
            return
        body = await reader.readexactly(_length(head))
        self.requests.append(" ".join(head.split(b"\r\n", 1)[0].decode().split(" ")[:2]))
        self.bodies.append(body)
        listed = self.write_faults if self.write_faults and _changes(self.requests[-1]) else self.faults
        fault = listed.pop(0) if listed else None
        exchange = Exchange(head, body, self._pass_on)
        answer = await (fault(exchange) if fault else exchange.forward())
        if answer is None:
            writer.transport.abort()
            return
        self.statuses.append(int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0)
        writer.write(answer[: exchange.reset_after if exchange.drip_from is None else exchange.drip_from])
        await writer.drain()
        if exchange.drip_from is not None:
            await _drip(writer, answer[exchange.drip_from :], exchange.drip_s)
        if exchange.reset_after is not None:
            writer.transport.abort()
        writer.close()

    async def _pass_on(self, request: bytes) -> bytes:
        head, _, body = request.partition(b"\r\n\r\n")
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
        reader, writer = await asyncio.open_connection(self.host, self.port)
        writer.write(b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n" + body)
        answer = await reader.read(-1)
        writer.close()
        return answer


async def _drip(writer: asyncio.StreamWriter, rest: bytes, every_s: float) -> None:
    with contextlib.suppress(ConnectionError):  # the client has gone
        for index in range(len(rest)):
            writer.write(rest[index : index + 1])
            await writer.drain()
            await asyncio.sleep(every_s)


def _changes(request: str) -> bool:
    return not request.startswith(("GET", "HEAD")) and "signin" not in request


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0


def answer(status: str, body: object = None, *headers: str) -> Fault:
    """Answer without asking the platform."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "Content-Type: " + ("text/html" if content.startswith(b"<") else "application/json")
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", "Connection: close", kind, *headers]

    async def spoil(_: Exchange) -> bytes:
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + content

    return spoil


def reset(*, carried_out: bool = False) -> Fault:
    """Reset the connection without an answer, before or after the platform handled the request."""

    async def spoil(exchange: Exchange) -> None:
        if carried_out:
            await exchange.forward()

    return spoil


def after(meanwhile: Callable[[], Awaitable[object]], then: Fault) -> Fault:
    """Run something first, such as a change by another client."""

    async def spoil(exchange: Exchange) -> bytes | None:
        await meanwhile()
        return await then(exchange)

    return spoil


def carried_out(then: Fault) -> Fault:
    """Let the platform handle the request, and add a fault to its answer."""

    async def spoil(exchange: Exchange) -> bytes | None:
        await exchange.forward()
        return await then(exchange)

    return spoil


def reset_in_body(kept: float = 0.5) -> Fault:
    """Pass on only the beginning of the answer's body, then reset."""

    async def spoil(exchange: Exchange) -> bytes:
        whole = await exchange.forward()
        start = whole.index(b"\r\n\r\n") + 4
        exchange.reset_after = start + int((len(whole) - start) * kept)
        return whole

    return spoil


def delayed(seconds: float) -> Fault:
    """Answer late."""

    async def spoil(exchange: Exchange) -> bytes:
        await asyncio.sleep(seconds)
        return await exchange.forward()

    return spoil


def body_changed(change: Callable[[bytes], bytes]) -> Fault:
    """Replace the body of the answer, with its correct length."""

    async def spoil(exchange: Exchange) -> bytes:
        head, _, body = (await exchange.forward()).partition(b"\r\n\r\n")
        changed = change(body)
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length:")]
        return b"\r\n".join([*lines, b"Content-Length: %d" % len(changed)]) + b"\r\n\r\n" + changed

    return spoil


def page_again(number: int = 0) -> Fault:
    """Answer with the page at another offset, but with the token of the requested page."""

    async def spoil(exchange: Exchange) -> bytes:
        right = json.loads((await exchange.forward()).partition(b"\r\n\r\n")[2])
        target = exchange.head.split(b" ", 2)[1]
        asked = target.split(b"continuation_token=")[1].split(b"&")[0]
        wrong_target = target.replace(b"continuation_token=" + asked, b"continuation_token=%d" % number)
        exchange.head = exchange.head.replace(target, wrong_target, 1)

        def with_token(body: bytes) -> bytes:
            kept = {name: right[name] for name in ("has_more", "continuation_token")}
            return json.dumps(json.loads(body) | kept).encode()

        return bytes(await body_changed(with_token)(exchange) or b"")

    return spoil


def compressed(encoding: str, *, lost: int = 0) -> Fault:
    """Compress the answer, without its last ``lost`` bytes, with the length of the rest."""

    async def spoil(exchange: Exchange) -> bytes:
        head, _, body = (await exchange.forward()).partition(b"\r\n\r\n")
        packed = gzip.compress(body) if encoding == "gzip" else zlib.compress(body)
        packed = packed[: max(1, len(packed) - lost)]
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length:")]
        lines += [b"Content-Encoding: " + encoding.encode(), b"Content-Length: %d" % len(packed)]
        return b"\r\n".join(lines) + b"\r\n\r\n" + packed

    return spoil


def dripping(every_s: float, *, head: bool = False) -> Fault:
    """Send one byte at a time: the body, or also the ``head``."""

    async def spoil(exchange: Exchange) -> bytes:
        whole = await exchange.forward()
        exchange.drip_from, exchange.drip_s = (0 if head else whole.index(b"\r\n\r\n") + 4), every_s
        return whole

    return spoil
