"""A recording as a tape that only runs forwards, so that its length costs no memory."""

from __future__ import annotations

import numpy as np

from simulator.audio.samples import SAMPLE_RATE, Samples
from simulator.audio.source import AudioSource

SAMPLES_PER_MS = SAMPLE_RATE // 1000

_LONGEST_TONE_MS = 4000
_SHORTEST_TONE_MS = 100


class Tape:
    """Reads stretches of a source, none before the last one's start."""

    def __init__(self, source: AudioSource) -> None:
        self._blocks = source.blocks()
        self._ready = np.zeros(0, np.float32)
        self._at = 0

    def read(self, start: int, count: int) -> Samples:
        """Return ``count`` samples from sample ``start`` on, with silence past the end."""
        while self._at + len(self._ready) < start + count:
            block = next(self._blocks, None)
            if block is None:
                break
            gone = min(start - self._at, len(self._ready))
            self._ready = np.concatenate([self._ready[gone:], block])
            self._at += gone
        stretch = self._ready[start - self._at :][:count]
        return np.pad(stretch, (0, count - len(stretch)))


def room_tone(source: AudioSource, gaps_ms: list[tuple[int, int]]) -> Samples:
    """Return the longest of some quiet gaps, at most 4 s of it, forwards and back so that it repeats seamlessly.

    Silence if there is none of 0.1 s.
    """
    start_ms, end_ms = max(gaps_ms, key=lambda gap: gap[1] - gap[0], default=(0, 0))
    length_ms = min(end_ms - start_ms, _LONGEST_TONE_MS)
    if length_ms < _SHORTEST_TONE_MS:
        return np.zeros(SAMPLES_PER_MS, np.float32)
    tone = Tape(source).read(start_ms * SAMPLES_PER_MS, length_ms * SAMPLES_PER_MS)
    return np.concatenate([tone, tone[::-1]])
