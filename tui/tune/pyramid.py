"""The caller's audio as the timeline needs it: the extremes of any stretch, quick at every zoom.

Extremes are kept for stretches of 1, 8, 64, … frames, so that a drawing of two hours reads about as many values as
a drawing of two seconds.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulator.activity.model import Activity

FOLD = 8
FINEST = 4
"""How many values a stretch is made of at least, where there are so many."""

_POWER = 0.7
"""Brings quiet speech into sight beside loud."""


class Pyramid:
    """The highest of ``values`` ``[n]`` over stretches of them."""

    def __init__(self, values: NDArray[np.float32]) -> None:
        self._levels = [values]
        while len(self._levels[-1]) > FOLD:
            below = self._levels[-1]
            self._levels.append(np.maximum.reduceat(below, np.arange(0, len(below), FOLD)))

    def __len__(self) -> int:
        return len(self._levels[0])

    def highest(self, first: float, step: float, count: int) -> NDArray[np.float32]:
        """Return the highest of each of ``count`` stretches of ``step`` values, the first from ``first`` on.

        Stretches outside the values are taken for those at their ends.
        """
        level, values = 0, self._levels[0]
        while step / FOLD ** (level + 1) >= FINEST and level + 1 < len(self._levels):
            level += 1
            values = self._levels[level]
        size = FOLD**level
        edges = ((first + np.arange(count + 1) * step) / size).astype(np.intp)
        np.clip(edges, 0, len(values) - 1, out=edges)
        found = np.maximum.reduceat(values, edges[:-1])
        # The last stretch would otherwise reach to the end of all values.
        found[-1] = values[edges[-2] : max(edges[-1], edges[-2] + 1)].max()
        return found


class Waveform:
    """A recording's samples at their lowest and highest, and how likely they are a voice; 0…1 each, by frame."""

    def __init__(self, activity: Activity) -> None:
        envelope = activity.envelope
        loudest = max(float(np.abs(envelope).max(initial=0.0)), 1e-6)
        lows, highs = (np.power(np.clip(one / loudest, 0, 1), _POWER) for one in (-envelope[:, 0], envelope[:, 1]))
        self.below = Pyramid(lows.astype(np.float32))
        self.above = Pyramid(highs.astype(np.float32))
        self.voice = Pyramid(activity.probability)


@lru_cache(maxsize=64)
def waveform(activity: Activity) -> Waveform:
    """Return an analysed recording's waveform, worked out once."""
    return Waveform(activity)
