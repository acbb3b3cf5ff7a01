"""The end-of-turn model, shared by many calls: one asks at a time, so that those who do not ask are not held up."""

from __future__ import annotations

import threading

from simulator.activity.analyzer import Completeness
from simulator.activity.smart_turn import Sound
from simulator.audio.samples import Samples


class SharedJudge:
    """Lets callers in one by one; from any thread. A question takes a core for a few hundredths of a second."""

    def __init__(self, judge: Completeness) -> None:
        self.name = judge.name
        self._judge = judge
        self._door = threading.Lock()

    def hear(self, samples: Samples) -> Sound:
        """Return what the turn so far, float32 ``[n]`` at 16 kHz up to this pause, sounds like."""
        with self._door:
            return self._judge.hear(samples)
