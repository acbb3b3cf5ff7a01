"""A client's two queues and its rate: messages received and waiting, and messages to send.

Both are bounded, and a separate task sends, so a slow client never delays another call.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Protocol

MOST_BYTES = 96_000
"""Three seconds of audio at 16 kHz."""


class Sends(Protocol):
    """The sending half of a connection."""

    async def send(self, message: str | bytes) -> None:
        """Send a message; wait while the network's buffers are full."""
        ...


LONGEST_PLAYOUT_S = 0.2
"""Caller audio later than this is not waited for: the agent's audio would be too late."""

_CALM_S = 5.0
"""After this long without need, the playout buffer releases its unused delay."""


class Playout:
    """Schedules the agent's audio evenly, although the caller's arrives irregularly.

    It begins without delay. Late audio leaves one gap. What follows is delayed by the same amount, so the next late
    audio leaves none.
    """

    def __init__(self) -> None:
        self._due_s: float | None = None
        self._spare_s = LONGEST_PLAYOUT_S
        self._looked_s = 0.0
        self.holes = 0
        """How often audio was too late to follow the audio before it."""
        self.longest_s = 0.0
        """The largest delay of audio, s."""

    def due(self, seconds: float, now_s: float) -> float:
        """Return when to send the next ``seconds`` of audio, available at ``now_s``."""
        if self._due_s is None:
            self._due_s, self._looked_s = now_s, now_s
        if now_s > self._due_s + _HOLE_S:
            self.holes += 1
        at_s = min(max(self._due_s, now_s), now_s + LONGEST_PLAYOUT_S)
        self.longest_s = max(self.longest_s, at_s - now_s)
        self._spare_s = min(self._spare_s, at_s - now_s)
        if now_s - self._looked_s >= _CALM_S:
            at_s -= self._spare_s
            self._spare_s, self._looked_s = LONGEST_PLAYOUT_S, now_s
        self._due_s = at_s + seconds
        return at_s


_HOLE_S = 0.005
"""A player bridges shorter gaps."""


class Outbox:
    """A bounded queue to one client."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._messages: deque[tuple[str | bytes, float]] = deque()
        self._bytes = 0
        self._fresh = asyncio.Event()

    def put(self, message: str | bytes, at_s: float = 0.0) -> bool:
        """Add a message, to be sent at a time of the loop's clock, after those before it.

        Returns false if the client is too far behind: the queue is full.
        """
        self._bytes += len(message)
        self._messages.append((message, at_s))
        self._fresh.set()
        return self._bytes <= self._most_bytes

    async def drain_to(self, connection: Sends) -> None:
        """Send messages forever. Raises what the connection raises when it ends."""
        loop = asyncio.get_running_loop()
        while True:
            while self._messages:
                message, at_s = self._messages.popleft()
                if (wait_s := at_s - loop.time()) > 0:
                    await asyncio.sleep(wait_s)
                await connection.send(message)
                self._bytes -= len(message)
            self._fresh.clear()
            await self._fresh.wait()


HEAD_START_S = 0.1
"""How far a call may run ahead of the clock, so that a client that sends larger blocks is not delayed."""

CATCH_UP_S = 1.0
"""After a gap, this much audio may be taken at once."""

CLOCK_RATIO = 1.01
"""A client's clock may run this much faster than ours; sound cards differ by less than a thousandth."""


class RateLimiter:
    """An allowance of seconds that grows with the clock and is spent on audio."""

    def __init__(self, now_s: float) -> None:
        self._allowed_s = HEAD_START_S
        self._at_s = now_s

    def take(self, seconds: float, now_s: float) -> float:
        """Spend some seconds of audio; return how long to wait before processing them, s."""
        filled = self._allowed_s + (now_s - self._at_s) * CLOCK_RATIO
        self._allowed_s, self._at_s = min(filled, CATCH_UP_S) - seconds, now_s
        return max(0.0, -self._allowed_s / CLOCK_RATIO)


MOST_TEXTS = 100


@dataclass(slots=True)
class AudioBytes:
    """Bytes of audio, complete at ``since_s``."""

    data: bytes
    since_s: float


class Inbox:
    """Filled by the socket's reader, which waits while it is full, and emptied by the call."""

    def __init__(self) -> None:
        self.most_bytes = 0
        """How much audio may wait, bytes."""
        self._messages: deque[str | AudioBytes] = deque()
        self._bytes = self._texts = 0
        self._changed = asyncio.Event()

    async def put(self, message: str | bytes, now_s: float) -> None:
        """Add a message unless it is empty; wait while the inbox is full."""
        if isinstance(message, str):
            self._texts += 1
            self._messages.append(message)
        elif message:
            self._bytes += len(message)
            self._messages.append(AudioBytes(message, now_s))
        self._changed.set()
        while self._bytes > self.most_bytes or self._texts > MOST_TEXTS:
            await self._change()

    async def take(self, least_bytes: int, most_bytes: int) -> str | AudioBytes:
        """Return the next text, or ``least_bytes`` to ``most_bytes`` of audio (fewer only before a text).

        Waits until one is available. If cancelled, it takes nothing.
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

    def _audio(self, most_bytes: int) -> AudioBytes:
        """Take audio from the front of the queue, across messages."""
        parts, left, since_s = [], most_bytes, 0.0
        while left and self._messages and isinstance(head := self._messages[0], AudioBytes):
            parts.append(head.data[:left])
            left -= len(parts[-1])
            since_s = head.since_s
            if len(parts[-1]) < len(head.data):
                head.data = head.data[len(parts[-1]) :]
            else:
                self._messages.popleft()
        return AudioBytes(b"".join(parts), since_s)

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()
