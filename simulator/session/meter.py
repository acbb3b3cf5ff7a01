"""The microphone's level."""

from __future__ import annotations

import numpy as np

from simulator.activity.model import FRAME_MS
from simulator.audio.samples import Samples
from simulator.session.frame_assembler import Frame
from simulator.session.state import QUIETEST_DB, Level

CLIPPING_SHOWN_MS = 500
"""How long clipping is said after it happened: one frame would pass unseen."""


class Meter:
    """Follows frames."""

    def __init__(self) -> None:
        self.level = Level()
        self._clipping_ms = 0

    def note(self, frame: Frame) -> Level:
        """Take the next frame; return its level."""
        self._clipping_ms = CLIPPING_SHOWN_MS if frame.clipped else max(0, self._clipping_ms - FRAME_MS)
        peak, power = _peak_and_power(frame.samples)
        clipped = self.level.clipped + frame.clipped
        self.level = Level(_db(peak * peak), _db(power), clipped, self._clipping_ms > 0)
        return self.level


def _peak_and_power(samples: Samples) -> tuple[float, float]:
    return float(np.max(np.abs(samples))), float(np.mean(np.square(samples)))


def _db(power: float) -> float:
    return max(QUIETEST_DB, 10.0 * float(np.log10(max(power, 1e-12))))
