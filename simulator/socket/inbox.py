"""What a client has sent and nobody has dealt with yet, in order, and no more of it than a couple of seconds."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

MOST_TEXTS = 100


@dataclass(slots=True)
class Audio:
    """Bytes of audio, all of which were there at ``since_s``."""

    data: bytes
    since_s: float


class Inbox:
    """Filled by the socket's reader, which waits while it is full, and emptied by the call."""

    def __init__(self) -> None:
        self.most_bytes = 0
        """How much audio may wait."""
        self._messages: deque[str | Audio] = deque()
        self._bytes = self._texts = 0
        self._changed = asyncio.Event()

    async def put(self, message: str | bytes, now_s: float) -> None:
        """Add a message; wait until there is room again."""
        if isinstance(message, str):
            self._texts += 1
            self._messages.append(message)
        else:
            self._bytes += len(message)
            self._messages.append(Audio(message, now_s))
        self._changed.set()
        while self._bytes > self.most_bytes or self._texts > MOST_TEXTS:
            await self._change()

    async def take(self, least_bytes: int, most_bytes: int) -> str | Audio:
        """Return the next text, or ``least_bytes`` to ``most_bytes`` of audio, less only if a text follows it.

        Waits until there is that. Cancelled meanwhile, it takes nothing.
        """
        while not self._messages or not (self._texts or self._bytes >= least_bytes):
            await self._change()
        found = self._messages[0]
        if isinstance(found, str):
            self._messages.popleft()
            self._texts -= 1
        else:
            found = self._audio(most_bytes)
            self._bytes -= len(found.data)
        self._changed.set()
        return found

    def _audio(self, most_bytes: int) -> Audio:
        """Take audio off the front, across messages."""
        parts, left, since_s = [], most_bytes, 0.0
        while left and self._messages and isinstance(head := self._messages[0], Audio):
            parts.append(head.data[:left])
            left -= len(parts[-1])
            since_s = head.since_s
            if len(parts[-1]) < len(head.data):
                head.data = head.data[len(parts[-1]) :]
            else:
                self._messages.popleft()
        return Audio(b"".join(parts), since_s)

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()
