"""The agent's own sound in the microphone: cancelled, and detected.

WebRTC's echo canceller, as packaged by LiveKit, removes it. It finds the delay by itself: on loops of 0 to 500 ms
and -10 to -30 dB it lets no echo through (``benchmarks/lines.md``). Until it has learned that there is no echo, it
takes a caller's voice for echo, and a caller with headphones must be heard from the first word. A separate detector
therefore measures whether the microphone hears the speaker, at which level and delay. It uses GCC-PHAT: generalized
cross-correlation with phase transform (Knapp and Carter, 1976).
"""

from __future__ import annotations

from collections import deque
from typing import Any, Literal

import numpy as np

from base.samples import QUIETEST_DB, SAMPLE_RATE, SAMPLES_PER_MS, Samples, decibels, live_resampler, to_pcm16
from simulator.activity.model import FRAME_SAMPLES
from simulator.errors import SimulatorError

CHUNK = SAMPLE_RATE // 100
"""The canceller's block length: 10 ms."""

DELAY_MS = 8
"""The delay of the cleaned sound: frames of 512 samples do not divide into blocks of 160."""

_DELAY = DELAY_MS * SAMPLE_RATE // 1000
_PCM = 32768.0
_NOTHING = np.zeros(0, np.int16)
_LONGEST = 500
"""The most blocks of the speaker that wait, about 5 s; more would wait only without a microphone."""


class PlayedTap:
    """Filled by the speaker's thread, which only copies, and emptied by the deciding thread."""

    def __init__(self) -> None:
        self._blocks: deque[tuple[Samples, int, float]] = deque(maxlen=_LONGEST)
        self._rate = 0
        self._resampler: Any = None

    def put(self, block: Samples, rate: int, at_s: float) -> None:
        """Copy a block that the speaker took, float32 ``[n]`` at ``rate`` Hz, with its time (monotonic, s)."""
        self._blocks.append((block.copy(), rate, at_s))

    def until(self, at_s: float) -> Samples:
        """Return the audio taken up to a time, float32 ``[n]`` at 16 kHz; later audio is in no echo yet."""
        found = [np.zeros(0, np.float32)]
        while self._blocks and self._blocks[0][2] <= at_s:
            block, rate, _ = self._blocks.popleft()
            if rate != self._rate:
                self._rate = rate
                self._resampler = live_resampler(rate, SAMPLE_RATE)
            found.append(block if self._resampler is None else self._resampler.resample_chunk(block))
        return np.concatenate(found)


class EchoCanceller:
    """One call's canceller. Raises :class:`~simulator.errors.SimulatorError` where none is installed."""

    def __init__(self) -> None:
        self._frame, self._apm = _open()
        self._far = self._near = _NOTHING
        self._clean = np.zeros(_DELAY, np.int16)

    def clean(self, frame: Samples, played: Samples) -> Samples:
        """Return the frame without the echo, float32 ``[512]``, delayed by :data:`DELAY_MS`.

        ``played`` is what the speaker took since the previous frame, float32 ``[n]`` at 16 kHz.
        """
        self._far = np.concatenate([self._far, to_pcm16(played)])
        self._near = np.concatenate([self._near, to_pcm16(frame)])
        found = [self._clean]
        chunks = len(self._near) // CHUNK
        for left in range(chunks, 0, -1):
            # evenly, because the canceller follows the delay between both sides
            self._play(-(-(len(self._far) // CHUNK) // left))
            chunk, self._near = self._near[:CHUNK], self._near[CHUNK:]
            near = self._frame(bytearray(chunk.tobytes()), SAMPLE_RATE, 1, CHUNK)
            self._apm.process_stream(near)
            found.append(np.frombuffer(near.data, np.int16))
        cleaned = np.concatenate(found)
        self._clean = cleaned[FRAME_SAMPLES:]
        return cleaned[:FRAME_SAMPLES].astype(np.float32) / _PCM

    def _play(self, chunks: int) -> None:
        for _ in range(chunks):
            chunk, self._far = self._far[:CHUNK], self._far[CHUNK:]
            self._apm.process_reverse_stream(self._frame(bytearray(chunk.tobytes()), SAMPLE_RATE, 1, CHUNK))


def _open() -> tuple[Any, Any]:
    """Return the canceller's frame type, and the canceller."""
    try:
        from livekit import rtc

        return rtc.AudioFrame, rtc.AudioProcessingModule(echo_cancellation=True)
    except Exception as error:  # no wheel for this machine, or a library that does not load: the remedy is the same
        raise SimulatorError(
            f"echo cancellation is not available here ({type(error).__name__}); "
            "use headphones, or choose the guard half-duplex"
        ) from None


Echo = Literal["unknown", "found", "absent"]

LONGEST_MS = 500
_WINDOW = 20 * FRAME_SAMPLES
"""The microphone's last 0.64 s are searched for in the speaker's last 1.14 s."""
_LONGEST_LAG = LONGEST_MS * SAMPLES_PER_MS
_EVERY = 5
"""Frames between two searches: 160 ms."""

_LOWEST_HZ, _HIGHEST_HZ = 200, 5000
_FOUND, _ABSENT = 7.0, 5.5
"""Thresholds of the correlation peak, in root mean squares of the whole.

Without an echo the peak is 3.4 to 6.2, with an echo of -20 dB 6.9 to 36, of -30 dB in a quiet room 4.3 to 21
(``benchmarks/lines.md``).
"""
_SAME_MS = 3.0
_PART_DB = 7.0
"""The echo's least share, a fifth of the microphone's sound, in dB: synthesised voices resemble each other."""
_SOUNDS_DB = -45.0
_OTHER_VOICE_DB = 12.0
"""No echo is concluded only while the microphone is this far below the speaker: no voice hides the echo."""
_LOOKS, _LOOKS_AGAIN = 2, 12
"""Searches in a row that must find no echo; after an echo was found, those of 2 s."""


class EchoFinder:
    """Detects echo in one call. ``state`` is "unknown" until the agent has sounded for about a second."""

    def __init__(self) -> None:
        self.state: Echo = "unknown"
        self.delay_ms = 0.0
        """The time from the speaker's thread to the microphone's frame, ms."""
        self.level_db = QUIETEST_DB
        """The level of the returned sound, dB."""
        self._heard = np.zeros(_WINDOW, np.float32)
        self._played = np.zeros(_WINDOW + _LONGEST_LAG, np.float32)
        self._frames = self._absent = 0
        self._last_ms = -1.0

    def note(self, frame: Samples, played: Samples) -> None:
        """Take a microphone frame, float32 ``[512]``, and the speaker's samples meanwhile, ``[n]``."""
        self._heard = np.concatenate([self._heard, frame])[-_WINDOW:]
        self._played = np.concatenate([self._played, played])[-(_WINDOW + _LONGEST_LAG) :]
        self._frames += 1

    def look(self) -> None:
        """Search for the echo if a search is due, which takes about 1 ms."""
        if self._frames < _EVERY:
            return
        self._frames = 0
        if (sounds_db := _db(self._played[_LONGEST_LAG:])) < _SOUNDS_DB:
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
        # the first microphone sample was played _LONGEST_LAG samples after the first stored one, minus the lag
        match = np.abs(np.fft.irfft(white, size)[-_LONGEST_LAG:])
        best = int(np.argmax(match))
        return float(match[best] / np.sqrt(np.mean(np.square(match)) + 1e-20)), best

    def _take(self, lag: int) -> None:
        """Accept a match found twice at one delay that is a large part of the microphone's sound."""
        at_ms = lag / SAMPLES_PER_MS
        same, self._last_ms = abs(at_ms - self._last_ms) <= _SAME_MS, at_ms
        played = self._played[_LONGEST_LAG - lag :][:_WINDOW]
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
