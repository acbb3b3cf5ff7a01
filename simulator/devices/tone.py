"""What a speaker is tried out with."""

from __future__ import annotations

import numpy as np

from base.samples import Samples

TONE_HZ, TONE_S, TONE_PEAK = 440.0, 0.5, 0.1


def tone(rate: int) -> Samples:
    """Return half a second of a soft tone, float32 ``[n]`` at ``rate`` Hz, that begins and ends without a click."""
    t = np.arange(round(rate * TONE_S)) / max(rate, 1)
    rise = np.minimum(1.0, np.minimum(t, TONE_S - t) / 0.02)
    return np.asarray(TONE_PEAK * rise * np.sin(2 * np.pi * TONE_HZ * t), np.float32)
