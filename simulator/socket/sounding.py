"""When an agent is heard, by the level of its channel alone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from simulator.audio.samples import SAMPLE_RATE
from simulator.socket.earpiece import Heights

AUDIBLE_DB = -45.0
"""An agent is heard where 5 ms of its channel reach this, dBFS."""

PAUSE_MS = 200
"""A shorter silence is a pause within one stretch of sound."""

SHORTEST_MS = 15
"""Less than this is a click."""

WINDOW_MS = 5
WINDOW = SAMPLE_RATE * WINDOW_MS // 1000

Stretch = tuple[int, int]
"""Start and end, ms."""


def audible(heights: Heights, threshold_db: float) -> list[bool]:
    """Return for each whole window of 5 ms whether it is loud enough to be heard."""
    windows = heights[: len(heights) // WINDOW * WINDOW].reshape(-1, WINDOW)
    power = np.mean(np.square(windows / 32768.0), axis=1)
    found: list[bool] = (power >= 10.0 ** (threshold_db / 10)).tolist()
    return found


class SoundDetector:
    """Turns windows of 5 ms, one after the other, into stretches of sound."""

    def __init__(self) -> None:
        self.windows = 0
        self._stretches: list[list[int]] = []

    def push(self, heard: list[bool]) -> None:
        """Take the next windows."""
        for is_heard in heard:
            start_ms = self.windows * WINDOW_MS
            self.windows += 1
            if not is_heard:
                continue
            last = self._stretches[-1] if self._stretches else None
            if last is not None and start_ms - last[1] < PAUSE_MS:
                last[1] = start_ms + WINDOW_MS
            elif last is not None and last[1] - last[0] < SHORTEST_MS:
                last[:] = [start_ms, start_ms + WINDOW_MS]
            else:
                self._stretches.append([start_ms, start_ms + WINDOW_MS])

    @property
    def now_ms(self) -> int:
        """How much has been heard."""
        return self.windows * WINDOW_MS

    def last(self) -> Stretch | None:
        """Return the latest stretch, which may still go on."""
        found = self.stretches()
        return found[-1] if found else None

    def stretches(self) -> list[Stretch]:
        """Return every stretch so far."""
        last = [one for one in self._stretches[-1:] if one[1] - one[0] >= SHORTEST_MS]
        return [(start, end) for start, end in [*self._stretches[:-1], *last]]


def quiet_before(stretches: list[Stretch]) -> list[int]:
    """Return for each stretch how long it was quiet before it, ms; the first: since the beginning."""
    return [start for start, _ in stretches[:1]] + [after[0] - before[1] for before, after in pairwise(stretches)]
