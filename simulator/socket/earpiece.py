"""What a caller hears of an agent whose audio comes over a network: played as it arrives, in order."""

from __future__ import annotations

import numpy as np

from base.samples import SAMPLE_RATE, Heights, Samples, to_pcm16

ALWAYS_ON = 0.8
"""An agent that has sent this share of the time sends its silence too, rather than only what it says..."""

LONG_SILENCE = SAMPLE_RATE
"""...if it has sent so much of it in a row: one that sends its words as soon as it has them sends only pauses."""

_SILENCE = SAMPLE_RATE // 200
"""Fewer samples of nothing are no silence but a wave's crossing."""


class Earpiece:
    """The agent's channel on the caller's clock, in samples at 16 kHz: sample ``n`` is heard at moment ``n``.

    What comes while something is still playing waits for it; what comes too late leaves a gap. Of an agent that
    sends its silence too, silence is left out until the delay from such a gap is made up, as telephones do.
    """

    def __init__(self) -> None:
        self._tape: Heights = np.zeros(60 * SAMPLE_RATE, np.int16)
        self.until = 0
        """When what has come so far will have been played."""
        self.arrived = 0
        """How many samples have come."""
        self._silent = 0
        self._sends_silence = False

    def arrive(self, samples: Samples, at: int) -> None:
        """Take audio, float32 ``[n]``, that came at a moment."""
        self.arrived += len(samples)
        heights = to_pcm16(samples)
        waiting = self.until - at
        self._note_silence(heights)
        if waiting > 0 and self._sends_silence and self.arrived >= ALWAYS_ON * at:
            heights = _without_silence(heights, waiting)
        start = max(self.until, at, 0)
        self.until = start + len(heights)
        if self.until > len(self._tape):
            longer = max(2 * len(self._tape), self.until)
            self._tape = np.pad(self._tape, (0, longer - len(self._tape)))
        self._tape[start : self.until] = heights

    def _note_silence(self, heights: Heights) -> None:
        sounding = np.flatnonzero(heights)
        self._silent += int(sounding[0]) if len(sounding) else len(heights)
        self._sends_silence |= self._silent >= LONG_SILENCE
        if len(sounding):
            self._silent = len(heights) - 1 - int(sounding[-1])

    def clear(self, at: int) -> None:
        """Drop what has not been played at a moment."""
        if self.until > at:
            self._tape[max(at, 0) : self.until] = 0
            self.until = max(at, 0)

    def heard(self, start: int, end: int) -> Heights:
        """Return what is heard from one moment to another, int16 ``[end - start]``."""
        stretch = self._tape[start:end]
        return np.pad(stretch, (0, end - start - len(stretch)))


def _without_silence(heights: Heights, most: int) -> Heights:
    """Return the audio without up to ``most`` samples of the silence it begins with."""
    sounding = np.flatnonzero(heights)
    silent = int(sounding[0]) if len(sounding) else len(heights)
    return heights[min(silent, most) :] if silent >= _SILENCE else heights
