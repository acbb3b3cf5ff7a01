"""A recording as a tape that is read in stretches, so that its length costs no memory, and its room tone."""

from __future__ import annotations

import numpy as np

from base.samples import SAMPLE_RATE, SAMPLES_PER_MS, Samples
from simulator.activity.model import Activity
from simulator.audio.source import AudioSource
from simulator.errors import AudioError
from simulator.labels import Move

MARGIN_MS = 250
"""Room tone is taken this far from detected speech, so that no weak sound of it is repeated."""

_LONGEST_TONE_MS = 4000
_SHORTEST_TONE_MS = 100
_WOUND_ON = 20 * SAMPLE_RATE
"""A tape is wound on by reading over so much; further, and backwards, it is put in anew."""


class AudioReader:
    """Reads stretches of a source, forwards at little cost."""

    def __init__(self, source: AudioSource) -> None:
        self._source = source
        self._blocks = source.blocks()
        self._ready = np.zeros(0, np.float32)
        self._at = 0

    def read(self, start: int, count: int) -> Samples:
        """Return ``count`` samples from sample ``start`` on, float32 ``[count]``, with silence past the end.

        Raises :class:`~simulator.errors.AudioError` if the file stops being readable.
        """
        if not self._at <= start <= self._at + len(self._ready) + _WOUND_ON:
            from_s = max(start, 0) // SAMPLE_RATE
            self._blocks, self._at = self._source.blocks(from_s), from_s * SAMPLE_RATE
            self._ready = np.zeros(0, np.float32)
        while self._at + len(self._ready) < start + count:
            try:
                block = next(self._blocks, None)
            except AudioError:
                # It yields nothing more; whoever tries again is to be told again, not to be given silence.
                self._blocks = self._source.blocks()
                self._at, self._ready = 0, np.zeros(0, np.float32)
                raise
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
    tone = AudioReader(source).read(start_ms * SAMPLES_PER_MS, length_ms * SAMPLES_PER_MS)
    return np.concatenate([tone, tone[::-1]])


def gaps_between_moves(moves: tuple[Move, ...], activity: Activity) -> list[tuple[int, int]]:
    """Return the stretches of the file outside every move in which no speech was detected, ms."""
    edges = [0, *(round(t * 1000) for move in moves for t in (move.start_s, move.end_s)), activity.duration_ms]
    gaps = zip(edges[::2], edges[1::2], strict=True)
    spoken = [(span.start_ms, span.end_ms) for span in activity.spans]
    return [gap for gap in gaps if not any(start < gap[1] and gap[0] < end for start, end in spoken)]


def gaps_between_speech(activity: Activity) -> list[tuple[int, int]]:
    """Return the stretches of the file in which no speech was detected, a little away from it, ms."""
    edges = [0, *(t for span in activity.spans for t in (span.start_ms, span.end_ms)), activity.duration_ms]
    return [(start + MARGIN_MS, end - MARGIN_MS) for start, end in zip(edges[::2], edges[1::2], strict=True)]
