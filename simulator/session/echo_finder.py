"""Whether the microphone hears the speaker, how loud and how late: GCC-PHAT between both.

Generalized cross-correlation with phase transform (Knapp and Carter, 1976). WebRTC's canceller takes a caller's
voice for echo until it has learned that there is none; who wears headphones must be heard from the first word on.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from base.samples import QUIETEST_DB, SAMPLE_RATE, SAMPLES_PER_MS, Samples, decibels
from simulator.activity.model import FRAME_SAMPLES

Echo = Literal["unknown", "found", "absent"]

LONGEST_MS = 500
_WINDOW = 20 * FRAME_SAMPLES
"""The microphone's last 0.64 s are looked for in the speaker's last 1.14 s."""
_LONGEST = LONGEST_MS * SAMPLES_PER_MS
_EVERY = 5
"""Frames from one look to the next: 160 ms."""

_LOWEST_HZ, _HIGHEST_HZ = 200, 5000
_FOUND, _ABSENT = 7.0, 5.5
"""The peak in root mean squares of the whole: without an echo 3.4 to 6.2, with one of -20 dB 6.9 to 36, of -30 dB
in a quiet room 4.3 to 21 (``benchmarks/lines.md``)."""
_SAME_MS = 3.0
_PART_DB = 7.0
"""The echo is at least a fifth of what is heard: synthesised voices resemble each other."""
_SOUNDS_DB = -45.0
_OTHER_VOICE_DB = 12.0
"""That there is no echo is only seen while the microphone is so far below the speaker: no other voice hides it."""
_LOOKS, _LOOKS_AGAIN = 2, 12
"""How many looks in a row say that there is no echo; after one was found, 2 s of them do."""


class EchoFinder:
    """Follows one call. ``state`` is "unknown" until the agent has sounded for about a second."""

    def __init__(self) -> None:
        self.state: Echo = "unknown"
        self.delay_ms = 0.0
        """How long the sound took from the speaker's thread to the microphone's frame."""
        self.level_db = QUIETEST_DB
        """How loud it came back."""
        self._heard = np.zeros(_WINDOW, np.float32)
        self._played = np.zeros(_WINDOW + _LONGEST, np.float32)
        self._frames = self._absent = 0
        self._last_ms = -1.0

    def note(self, frame: Samples, played: Samples) -> None:
        """Take a frame of the microphone, float32 ``[512]``, and what the speaker took meanwhile, ``[n]``."""
        self._heard = np.concatenate([self._heard, frame])[-_WINDOW:]
        self._played = np.concatenate([self._played, played])[-(_WINDOW + _LONGEST) :]
        self._frames += 1

    def look(self) -> None:
        """Look for the echo, if it is time to; that takes about 1 ms."""
        if self._frames < _EVERY:
            return
        self._frames = 0
        if (sounds_db := _db(self._played[_LONGEST:])) < _SOUNDS_DB:
            return
        peak, lag = self._match()
        if peak >= _FOUND:
            self._take(lag)
        elif peak < _ABSENT and _db(self._heard) < sounds_db - _OTHER_VOICE_DB:
            self._miss()

    def _match(self) -> tuple[float, int]:
        """Return how far the best match stands out, and how many samples ago it was played."""
        size = 2 * len(self._played)
        cross = np.fft.rfft(self._heard, size) * np.conj(np.fft.rfft(self._played, size))
        first, last = (hertz * size // SAMPLE_RATE for hertz in (_LOWEST_HZ, _HIGHEST_HZ))
        white = np.zeros_like(cross)
        white[first:last] = cross[first:last] / (np.abs(cross[first:last]) + 1e-12)
        # what is heard first was played _LONGEST samples after the first that is kept, less the lag
        match = np.abs(np.fft.irfft(white, size)[-_LONGEST:])
        best = int(np.argmax(match))
        return float(match[best] / np.sqrt(np.mean(np.square(match)) + 1e-20)), best

    def _take(self, lag: int) -> None:
        """Believe a match that comes twice at one place and is a good part of all that is heard."""
        at_ms = lag / SAMPLES_PER_MS
        same, self._last_ms = abs(at_ms - self._last_ms) <= _SAME_MS, at_ms
        played = self._played[_LONGEST - lag :][:_WINDOW]
        gain = float(np.dot(self._heard, played) / (np.dot(played, played) + 1e-20))
        level_db = float(decibels(gain**2, QUIETEST_DB))
        if same and _db(played) + level_db > _db(self._heard) - _PART_DB:
            self._absent = 0
            self.state, self.delay_ms, self.level_db = "found", at_ms, level_db

    def _miss(self) -> None:
        self._last_ms = -1.0
        self._absent += 1
        if self._absent >= (_LOOKS_AGAIN if self.state == "found" else _LOOKS):
            self.state = "absent"


def _db(samples: Samples) -> float:
    return float(decibels(float(np.mean(np.square(samples))), QUIETEST_DB))
