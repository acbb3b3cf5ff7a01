"""Takes the agent's sound out of the microphone: WebRTC's echo canceller, as LiveKit packs it.

It finds the delay by itself: on loops of 0 to 500 ms and -10 to -30 dB it lets no echo through
(``benchmarks/lines.md``).
"""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
import soxr

from base.samples import SAMPLE_RATE, Samples, to_pcm16
from simulator.activity.model import FRAME_SAMPLES
from simulator.errors import SimulatorError

CHUNK = SAMPLE_RATE // 100
"""The canceller takes 10 ms at a time."""

DELAY_MS = 8
"""How much later the cleaned sound comes: 512 samples a frame do not divide into chunks of 160."""

_DELAY = DELAY_MS * SAMPLE_RATE // 1000
_PCM = 32768.0
_NOTHING = np.zeros(0, np.int16)
_LONGEST = 500
"""Blocks of the speaker's that wait at most, about 5 s; more wait only where no microphone is heard."""


class PlayedTap:
    """Filled by the speaker's thread, which only copies, and emptied by the deciding one."""

    def __init__(self) -> None:
        self._blocks: deque[tuple[Samples, int, float]] = deque(maxlen=_LONGEST)
        self._rate = 0
        self._resampler: Any = None

    def put(self, block: Samples, rate: int, at_s: float) -> None:
        """Copy in what the speaker took, float32 ``[n]`` at ``rate`` Hz, and when, on the monotonic clock."""
        self._blocks.append((block.copy(), rate, at_s))

    def until(self, at_s: float) -> Samples:
        """Return what was taken up to a moment, float32 ``[n]`` at 16 kHz; what came later is in no echo yet."""
        found = [np.zeros(0, np.float32)]
        while self._blocks and self._blocks[0][2] <= at_s:
            block, rate, _ = self._blocks.popleft()
            if rate != self._rate:
                self._rate = rate
                self._resampler = (
                    None if rate == SAMPLE_RATE else soxr.ResampleStream(rate, SAMPLE_RATE, 1, vr=True)
                )
            found.append(block if self._resampler is None else self._resampler.resample_chunk(block))
        return np.concatenate(found)


class EchoCanceller:
    """One call's canceller. Raises :class:`~simulator.errors.SimulatorError` where none is installed."""

    def __init__(self) -> None:
        self._frame, self._apm = _open()
        self._far = self._near = _NOTHING
        self._clean = np.zeros(_DELAY, np.int16)

    def clean(self, frame: Samples, played: Samples) -> Samples:
        """Return the frame without the echo, float32 ``[512]``, :data:`DELAY_MS` later than it came in.

        ``played`` is what the speaker took since the frame before, float32 ``[n]`` at 16 kHz.
        """
        self._far = np.concatenate([self._far, to_pcm16(played)])
        self._near = np.concatenate([self._near, to_pcm16(frame)])
        found = [self._clean]
        chunks = len(self._near) // CHUNK
        for left in range(chunks, 0, -1):
            # evenly: the canceller follows the delay between both sides
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
    """Return the type of its frames, and the canceller."""
    try:
        from livekit import rtc

        return rtc.AudioFrame, rtc.AudioProcessingModule(echo_cancellation=True)
    except Exception as error:  # no wheel for this machine, a library that does not load: all the same to a caller
        raise SimulatorError(
            f"echo cancellation is not available here ({type(error).__name__}); "
            "use headphones, or choose the guard half-duplex"
        ) from None
