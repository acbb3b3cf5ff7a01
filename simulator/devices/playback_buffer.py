"""The playback buffer of a speaker: Live appends and cuts, *Hear it* places sound at positions.

The speaker's clock is not the microphone's. Live renders the agent on the microphone's samples, and the speaker
plays them on its own clock. The microphone's clock starts each sound, so the two drift apart only within one
stretch of sound (2 ms in 20 s at 100 ppm), never over a call.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from base.samples import SAMPLE_RATE, Samples, live_resampler
from simulator.devices.streams import tone

FADE_S = 0.004
"""The fade-out after a cut, short enough to be quick and long enough to avoid a click."""

STUCK_S = 2.0
"""A speaker that requests nothing for this long while samples wait counts as unplugged."""

_LONGEST_S = 2.0
"""The most that is appended, so that a speaker that hangs costs no memory."""

_GULP = SAMPLE_RATE // 100


class PlaybackBuffer:
    """Samples at 16 kHz, each at its position, which wait for a speaker to take them at its own rate."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        """Held while copying and while resampling one block, so neither side waits longer."""
        self._waiting = np.zeros(0, np.float32)
        self._resampler: Any = None
        self._resampled = np.zeros(0, np.float32)
        self._held = False
        """Whether the resampler still holds the end of a sound."""
        self._tone = np.zeros(0, np.float32)
        self._playing = self._more = self._cut = False
        self._rate = 0
        self._latency_s = 0.0
        self._cut_at_s: float | None = None
        self._served_s = time.monotonic()
        self.taken: Callable[[Samples, int, float], None] | None = None
        """Receives each block as the speaker takes it, in its thread: float32 ``[n]``, Hz, time (monotonic, s).

        It does not receive the silence that a speaker takes before :meth:`opened` sets its rate.
        """
        self.played = 0
        """Samples at 16 kHz that the speaker has taken, which is the position of the next one."""
        self.underruns = 0
        """How often the speaker ran dry while the agent was speaking."""
        self.silence_ms: float | None = None
        """From the last :meth:`cut` to the last sample handed to the speaker, plus the speaker's latency, ms.

        ``None`` if nothing was playing.
        """

    def opened(self, rate: int, latency_s: float) -> None:
        """Note the speaker's rate in Hz and latency, and drop waiting samples. A rate of 0: there is no speaker."""
        with self._lock:
            self._rate, self._latency_s = rate, latency_s
            self._waiting = self._resampled = np.zeros(0, np.float32)
            self._playing = self._more = self._cut = self._held = False
            self._cut_at_s = None
            self._resampler = live_resampler(SAMPLE_RATE, rate) if rate else None

    @property
    def sounding(self) -> bool:
        """Whether samples are playing or waiting."""
        return self._playing

    def stuck(self) -> bool:
        """Whether samples wait and the speaker has requested none for :data:`STUCK_S`."""
        return bool(len(self._waiting)) and time.monotonic() - self._served_s >= STUCK_S

    def put(self, chunk: Samples, *, more: bool) -> None:
        """Append samples, float32 ``[n]`` at 16 kHz; ``more``: the sound continues after them.

        Silence is kept only inside a sound.
        """
        with self._lock:
            if not self._rate or not (np.any(chunk) or (self._playing and self._more)):
                return
            room = len(self._waiting) < SAMPLE_RATE * _LONGEST_S
            self._wait(np.concatenate([self._waiting, chunk]) if room else self._waiting, more=more)

    def lay(self, place: int, samples: Samples) -> None:
        """Place samples, float32 ``[n]`` at 16 kHz, at a position; they replace everything from there on.

        Samples whose position has passed are dropped.
        """
        with self._lock:
            kept, late = max(place - self.played, 0), max(self.played - place, 0)
            self._wait(np.concatenate([self._waiting[:kept], samples[late:]]), more=False)

    def cut(self, decided_s: float | None = None) -> None:
        """Fall silent with the next block. ``silence_ms`` is measured from ``decided_s`` (monotonic)."""
        with self._lock:
            rest, self._waiting = self._waiting[: round(SAMPLE_RATE * FADE_S)], self._waiting[:0]
            if self._resampler is None:
                self._waiting = _faded(rest)
            else:  # the resampler holds 15 ms, too much to play out
                rest = np.concatenate([self._resampled, self._resampler.resample_chunk(rest, last=True)])
                self._resampler.clear()
                self._resampled, self._held = _faded(rest[: round(self._rate * FADE_S)]), False
            self._playing = self._cut = bool(len(self._waiting) or len(self._resampled))
            self._more = False
            if decided_s is not None:
                self.silence_ms = None
            self._cut_at_s = decided_s if self._playing else None

    def play_tone(self) -> None:
        """Mix half a second of a soft tone into whatever plays."""
        with self._lock:
            self._tone = tone(self._rate)

    def render(self, block: NDArray[np.float32], dry: bool) -> None:
        """Fill a block, float32 ``[n, channels]``, in the speaker's thread. ``dry``: the block was late.

        A block without samples is silent.
        """
        with self._lock:
            self._served_s = time.monotonic()
            sound = self._take(len(block)) if self._resampler is None else self._take_resampled(len(block))
            if self._playing and not (len(self._waiting) or len(self._resampled) or self._held):
                self._run_out(short=len(sound) < len(block), handed=len(sound))
            if self._playing and dry:
                self.underruns += 1
            tone, self._tone = self._tone[: len(block)], self._tone[len(block) :]
            rate = self._rate
        block[: len(sound)] = sound[:, None]
        block[len(sound) :] = 0.0
        block[: len(tone)] += tone[:, None]
        if self.taken is not None and rate:
            self.taken(block[:, 0], rate, self._served_s)

    def _wait(self, samples: Samples, *, more: bool) -> None:
        if not len(self._waiting):
            self._served_s = time.monotonic()
        self._waiting = samples
        self._playing, self._more, self._cut = True, more, False

    def _run_out(self, *, short: bool, handed: int) -> None:
        if self._cut:
            if self._cut_at_s is not None:
                silent_s = time.monotonic() + self._latency_s + handed / self._rate
                self.silence_ms = 1000 * (silent_s - self._cut_at_s)
            self._playing = self._cut = False
        elif not self._more:
            self._playing = False
        elif short:
            self.underruns += 1
            self._playing = False

    def _take(self, count: int) -> Samples:
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        self.played += len(taken)
        return taken

    def _take_resampled(self, count: int) -> Samples:
        while len(self._resampled) < count and (len(gulp := self._take(_GULP)) or self._held):
            self._held = bool(len(gulp))
            fresh = self._resampler.resample_chunk(gulp, last=not self._held)
            self._resampled = np.concatenate([self._resampled, fresh])
            if not self._held:
                self._resampler.clear()
        taken, self._resampled = self._resampled[:count], self._resampled[count:]
        return taken


def _faded(samples: Samples) -> Samples:
    return samples * np.linspace(1.0, 0.0, len(samples), dtype=np.float32)
