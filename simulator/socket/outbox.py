"""What a client has yet to read: sent by a task of its own, so that a slow client holds up nobody."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

MOST_BYTES = 96_000
"""Three seconds of audio at 16 kHz."""


class Sends(Protocol):
    """A connection, as far as sending goes."""

    async def send(self, message: str | bytes) -> None:
        """Send a message; wait while the network's buffers are full."""
        ...


class Outbox:
    """A bounded queue to one client."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._messages: deque[str | bytes] = deque()
        self._bytes = 0
        self._fresh = asyncio.Event()

    def put(self, message: str | bytes) -> bool:
        """Add a message; return false if the client is so far behind that there is no room for it."""
        self._bytes += len(message)
        self._messages.append(message)
        self._fresh.set()
        return self._bytes <= self._most_bytes

    async def drain_to(self, connection: Sends) -> None:
        """Send whatever comes, for ever. Raises what the connection raises when it ends."""
        while True:
            while self._messages:
                message = self._messages.popleft()
                await connection.send(message)
                self._bytes -= len(message)
            self._fresh.clear()
            await self._fresh.wait()
