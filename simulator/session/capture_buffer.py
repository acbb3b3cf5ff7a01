"""What the microphone delivered and nobody has dealt with yet: bounded, and honest about what did not fit."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LONGEST_S = 4.0
"""How far the session may fall behind before audio is dropped."""

_ROUNDING_S = 1e-6


class Taken(NamedTuple):
    """A block as it came: float32 ``[n, channels]``, when, and what is missing before it.

    ``dropped`` counts the samples that arrived and did not fit, ``dropped_ms`` is how long they last; ``overrun``
    says that the sound system lost some, it does not say how many. ``stream`` counts the times a device was opened,
    ``rate`` is its rate, Hz.
    """

    block: NDArray[np.float32]
    at_s: float
    dropped: int
    dropped_ms: float
    overrun: bool
    stream: int
    rate: int


class CaptureBuffer:
    """Filled by the device's thread, which only copies, and emptied by the deciding one."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._blocks: deque[Taken] = deque()
        self._waiting_s = 0.0
        self._dropped, self._dropped_ms = 0, 0.0
        self._overrun = False
        self._stream = 0
        self.rate = 0
        """The rate of the device now open, Hz."""
        self._heard_s = self._opened_s = time.monotonic()

    def opened(self, rate: int) -> int:
        """Note that a device was opened; return its number, which :meth:`put` wants."""
        with self._changed:
            self._stream += 1
            self.rate = rate
            self._opened_s = time.monotonic()
            return self._stream

    def quiet_s(self, now_s: float) -> float:
        """Return for how long nothing came, on the monotonic clock, counted from the opening at the earliest."""
        return now_s - max(self._heard_s, self._opened_s)

    @property
    def delivering(self) -> bool:
        """Whether the device now open has delivered anything."""
        return self._heard_s > self._opened_s

    def put(self, block: NDArray[np.float32], overrun: bool, stream: int) -> None:
        """Copy a block in; a whole one is dropped, and counted, where it does not fit."""
        now_s = time.monotonic()
        with self._changed:
            if stream != self._stream:
                return
            self._heard_s = now_s
            self._overrun |= overrun
            lasts_s = len(block) / self.rate
            if self._waiting_s + lasts_s > LONGEST_S + _ROUNDING_S:
                self._dropped += len(block)
                self._dropped_ms += 1000 * lasts_s
                return
            missing = self._dropped, self._dropped_ms, self._overrun
            self._blocks.append(Taken(block.copy(), now_s, *missing, stream, self.rate))
            self._waiting_s += lasts_s
            self._dropped, self._dropped_ms, self._overrun = 0, 0.0, False
            self._changed.notify()

    def take(self, timeout_s: float) -> Taken | None:
        """Return the next block; wait for it, at most so long."""
        with self._changed:
            if not self._blocks:
                self._changed.wait(timeout_s)
            if not self._blocks:
                return None
            taken = self._blocks.popleft()
            self._waiting_s -= len(taken.block) / taken.rate
            if not self._blocks:
                self._waiting_s = 0.0
            return taken

    def wake(self) -> None:
        """Let who waits look up."""
        with self._changed:
            self._changed.notify()

    @property
    def waiting_ms(self) -> int:
        """How much audio waits, in ms."""
        return round(1000 * self._waiting_s)


def gap(taken: Taken, silent_s: float | None) -> str | None:
    """Return what is missing before a block, ``None`` if nothing is.

    ``silent_s`` is how long by the wall clock nothing came before the first block of a device that was opened
    anew, ``None`` otherwise.
    """
    found = []
    if silent_s is not None:
        found.append(f"the microphone was away for about {silent_s:.1f} s; the call's clock stood still meanwhile")
    if taken.dropped:
        found.append(f"{taken.dropped_ms:.0f} ms of audio were dropped, because deciding fell too far behind")
    if taken.overrun:
        found.append("the sound system lost some of the microphone's audio; how much, it does not say")
    return "; ".join(found) or None
