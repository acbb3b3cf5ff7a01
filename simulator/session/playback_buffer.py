"""What the speaker is still to play, and a stop that is heard from the next block on.

The speaker's clock is not the microphone's. Whatever the agent says is rendered on the microphone's samples and
played on the speaker's; the microphone's clock starts each sound, so that the two drift apart only within
one stretch of sound (2 ms in 20 s at 100 ppm), never over a call.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

from base.samples import Samples
from simulator.devices.streams import speaker_resampler, tone

FADE_S = 0.004
"""How long the agent takes to fall silent; no click is heard."""

_LONGEST_S = 2.0
"""More than this is never waiting; a speaker that hangs costs no memory."""


class PlaybackBuffer:
    """Filled by the deciding thread in chunks at 16 kHz, emptied by the speaker's in blocks at its own rate."""

    def __init__(self) -> None:
        self._filling = threading.Lock()
        """Held while sound is made ready, which the speaker's thread never waits for."""
        self._lock = threading.Lock()
        self._resampler: Any = None
        self._chunks: deque[Samples] = deque()
        self._samples = 0
        self._tone = np.zeros(0, np.float32)
        self._playing = self._more = self._cut = False
        self._rate = 0
        self._latency_s = 0.0
        self._cut_at_s: float | None = None
        self._served_s = time.monotonic()
        self.underruns = 0
        """How often the speaker ran dry while the agent was speaking."""
        self.silence_ms: float | None = None
        """From the last :meth:`cut` to the last sample handed to the speaker, plus the speaker's own latency.

        ``None`` if nothing was being played.
        """

    def opened(self, rate: int, latency_s: float) -> None:
        """Note the speaker's rate and latency; what was still to be played is not. A rate of 0: there is none."""
        with self._filling, self._lock:
            self._rate, self._latency_s = rate, latency_s
            self._forget()
            self._resampler = speaker_resampler(rate) if rate else None

    @property
    def sounding(self) -> bool:
        """Whether something is played, or about to be."""
        return self._playing

    def stuck_s(self, now_s: float) -> float:
        """Return for how long the speaker has not asked for what waits to be played, on the monotonic clock."""
        return now_s - self._served_s if self._samples else 0.0

    def put(self, chunk: Samples, *, more: bool) -> None:
        """Add what follows, float32 ``[n]`` at 16 kHz; ``more``: the sound goes on after it.

        Silence is only kept inside a sound.
        """
        with self._filling:
            if not self._rate or not (np.any(chunk) or (self._playing and self._more)):
                return
            if self._resampler is not None:
                chunk = np.asarray(self._resampler.resample_chunk(chunk, last=not more), np.float32)
                if not more:
                    self._resampler.clear()
            with self._lock:
                if not self._samples:
                    self._served_s = time.monotonic()
                self._playing, self._more, self._cut = True, more, False
                self._add(chunk)

    def cut(self, decided_s: float | None = None) -> None:
        """Fall silent with the next block; how long that takes is measured from ``decided_s``, monotonic."""
        with self._filling, self._lock:
            rest = self._all()
            self._forget()
            count = min(len(rest), round(self._rate * FADE_S))
            if decided_s is not None:
                self.silence_ms = None
            if count:
                self._add(rest[:count] * np.linspace(1.0, 0.0, count, dtype=np.float32))
                self._playing = self._cut = True
                self._cut_at_s = decided_s

    def play_tone(self) -> None:
        """Play half a second of a soft tone over whatever else is played."""
        with self._lock:
            self._tone = tone(self._rate)

    def render(self, block: NDArray[np.float32], dry: bool) -> None:
        """Fill a block, float32 ``[n, channels]``, from the speaker's thread. ``dry``: it was served too late."""
        with self._lock:
            self._served_s = time.monotonic()
            sound = self._take(len(block))
            if self._playing and not self._samples:
                self._run_out(short=len(sound) < len(block), handed_s=len(sound) / self._rate)
            if self._playing and dry:
                self.underruns += 1
            tone, self._tone = self._tone[: len(block)], self._tone[len(block) :]
        block[: len(sound)] = sound[:, None]
        block[len(sound) :] = 0.0
        block[: len(tone)] += tone[:, None]

    def _run_out(self, *, short: bool, handed_s: float) -> None:
        if self._cut:
            if self._cut_at_s is not None:
                silent_s = time.monotonic() + self._latency_s + handed_s
                self.silence_ms = 1000 * (silent_s - self._cut_at_s)
            self._playing = self._cut = False
        elif not self._more:
            self._playing = False
        elif short:
            self.underruns += 1
            self._playing = False

    def _add(self, samples: Samples) -> None:
        if self._samples < self._rate * _LONGEST_S:
            self._chunks.append(samples)
            self._samples += len(samples)

    def _take(self, count: int) -> Samples:
        found: list[Samples] = []
        while count and self._chunks:
            head = self._chunks.popleft()
            if len(head) > count:
                self._chunks.appendleft(head[count:])
                head = head[:count]
            found.append(head)
            count -= len(head)
            self._samples -= len(head)
        return np.concatenate(found) if found else np.zeros(0, np.float32)

    def _all(self) -> Samples:
        return self._take(self._samples)

    def _forget(self) -> None:
        self._chunks.clear()
        self._samples = 0
        self._playing = self._more = self._cut = False
        self._cut_at_s = None
        if self._resampler is not None:
            self._resampler.clear()
