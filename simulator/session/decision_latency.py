"""How long decisions take, frame by frame, over the last minute."""

from __future__ import annotations

from collections import deque

import numpy as np

from simulator.session.state import DecisionTimes

KEPT = 1875
"""Frames in a minute."""

_EVERY = 31
"""About once a second is often enough to tell."""


class DecisionLatency:
    """Takes the time of every frame and tells how they are spread."""

    def __init__(self) -> None:
        self.times = DecisionTimes()
        self._last_ms: deque[float] = deque(maxlen=KEPT)
        self._untold = 0

    def note(self, took_ms: float) -> None:
        """Take the time from a frame's last sample arriving to all that it decides being known, in ms."""
        self._last_ms.append(took_ms)
        self._untold += 1
        if self._untold >= _EVERY:
            self._untold = 0
            middle, slow, slowest = (float(one) for one in np.percentile(self._last_ms, (50, 99, 100)))
            self.times = DecisionTimes(round(middle, 2), round(slow, 2), round(slowest, 2), len(self._last_ms))
