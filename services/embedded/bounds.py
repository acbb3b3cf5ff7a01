"""Limits that a request meets before it is handled: its host name and its size."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from contextlib import AsyncExitStack
from typing import Final

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.embedded.answers import envelope

LARGEST_BODY: Final = 1 << 20
"""The largest body of a request, in bytes: ten times a whole context graph."""

BODIES_AT_ONCE: Final = 8
"""The number of bodies in memory at once. Others wait on their connections."""

BODY_S: Final = 30.0
"""How long a body may take to arrive once it is its turn."""


def served_names(host: str) -> frozenset[str]:
    """Return the host names that a server at ``host`` accepts besides ``localhost`` and every address.

    A foreign web page can point its own name at this machine and send requests under that name. It cannot use an
    address or one of this machine's own names.
    """
    return frozenset({host.strip("[]").lower(), socket.gethostname().lower()})


class Bounds:
    """Refuses unknown host names with 403 and large bodies with 413. ``names=None`` accepts any name."""

    def __init__(self, app: ASGIApp, names: frozenset[str] | None = None) -> None:
        self._app = app
        self._names = names
        self._turns = asyncio.Semaphore(BODIES_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        if self._names is not None and not _is_ours(host, self._names):
            text = "This platform has no such name: ask it by its address, or name it with --host."
            await envelope(Request(scope), 403, "forbidden", text)(scope, receive, send)
            return
        async with AsyncExitStack() as turn:
            bounded = _Body(receive, headers.get(b"content-length"), self._turns, turn)
            await self._app(scope, bounded.receive, send)


class _Body:
    """Passes a request's body on piece by piece, up to the limit."""

    def __init__(
        self, receive: Receive, declared: bytes | None, turns: asyncio.Semaphore, turn: AsyncExitStack
    ) -> None:
        self._receive = receive
        self._declared = int(declared) if declared and declared.isdigit() else 0
        self._turns = turns
        self._turn = turn
        self._ends: float | None = None
        self._came = 0
        self._whole = False

    async def receive(self) -> Message:
        """Return the next message. Raises the errors for 408 and 413."""
        if self._whole:
            return await self._receive()
        if self._declared > LARGEST_BODY:
            raise _too_large()
        loop = asyncio.get_running_loop()
        if self._ends is None:
            await self._turn.enter_async_context(self._turns)
            self._ends = loop.time() + BODY_S
        try:
            async with asyncio.timeout_at(self._ends):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, f"The body did not come within {BODY_S:g} s.") from None
        self._came += len(message.get("body", b""))
        if self._came > LARGEST_BODY:
            raise _too_large()
        self._whole = not message.get("more_body", False)
        return message


def _too_large() -> HTTPException:
    return HTTPException(413, f"The body is larger than {LARGEST_BODY >> 20} MB, the most that is taken.")


def _is_ours(host: str, names: frozenset[str]) -> bool:
    name = host.lower()
    name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0].rstrip(".")
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name in names or name == "localhost" or name.endswith(".localhost")
    return True
