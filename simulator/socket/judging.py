"""The end-of-turn model, shared by many calls: it answers one at a time, so that a core is left for the others."""

from __future__ import annotations

import threading

from simulator.activity.analyzer import Completeness
from simulator.activity.smart_turn import Sound
from simulator.audio.samples import Samples


class SharedJudge:
    """Lets callers in one by one; from any thread. A question takes a core for a few hundredths of a second.

    The thread that asks keeps its priority: one that gave way would still hold the interpreter's lock meanwhile.
    """

    def __init__(self, judge: Completeness) -> None:
        self.name = judge.name
        self._judge = judge
        self._door = threading.Lock()

    def hear(self, samples: Samples) -> Sound:
        """Return what the turn so far, float32 ``[n]`` at 16 kHz up to this pause, sounds like."""
        with self._door:
            return self._judge.hear(samples)
