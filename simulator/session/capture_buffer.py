"""Capture: a bounded queue of the microphone's blocks that counts what it drops, then mixing and resampling."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from base.samples import LARGEST_SAMPLE, QUIETEST_DB, SAMPLE_RATE, Samples, decibels, live_resampler
from simulator.activity.model import FRAME_MS, FRAME_SAMPLES
from simulator.session.state import Level

LONGEST_S = 4.0
"""How far the session may fall behind before audio is dropped."""

_ROUNDING_S = 1e-6


class Taken(NamedTuple):
    """A block as it arrived: float32 ``[n, channels]``, its time, and what was lost before it.

    ``dropped`` counts the samples that arrived and did not fit, ``dropped_ms`` is their length. ``overrun``: the
    sound system lost an unknown number. ``stream`` counts the openings of devices; ``rate`` is the device's, Hz.
    """

    block: NDArray[np.float32]
    at_s: float
    dropped: int
    dropped_ms: float
    overrun: bool
    stream: int
    rate: int


class CaptureBuffer:
    """Filled by the device's thread, which only copies, and emptied by the deciding thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._blocks: deque[Taken] = deque()
        self._waiting_s = 0.0
        self._dropped, self._dropped_ms = 0, 0.0
        self._overrun = False
        self._stream = 0
        self.rate = 0
        """The rate of the device now open, Hz."""
        self._heard_s = self._opened_s = time.monotonic()

    def opened(self, rate: int) -> int:
        """Note that a device was opened at ``rate`` Hz; return its number, which :meth:`put` needs."""
        with self._changed:
            self._stream += 1
            self.rate = rate
            self._opened_s = time.monotonic()
            return self._stream

    def quiet_s(self, now_s: float) -> float:
        """Return how long nothing has arrived since the opening, s, on the monotonic clock."""
        return now_s - max(self._heard_s, self._opened_s)

    @property
    def delivering(self) -> bool:
        """Whether the open device has delivered anything."""
        return self._heard_s > self._opened_s

    def put(self, block: NDArray[np.float32], overrun: bool, stream: int) -> None:
        """Queue a copy of a block, float32 ``[n, channels]``; one that does not fit is dropped and counted."""
        now_s = time.monotonic()
        with self._changed:
            if stream != self._stream:
                return
            self._heard_s = now_s
            self._overrun |= overrun
            lasts_s = len(block) / self.rate
            if self._waiting_s + lasts_s > LONGEST_S + _ROUNDING_S:
                self._dropped += len(block)
                self._dropped_ms += 1000 * lasts_s
                return
            missing = self._dropped, self._dropped_ms, self._overrun
            self._blocks.append(Taken(block.copy(), now_s, *missing, stream, self.rate))
            self._waiting_s += lasts_s
            self._dropped, self._dropped_ms, self._overrun = 0, 0.0, False
            self._changed.notify()

    def take(self, timeout_s: float) -> Taken | None:
        """Return the next block; wait for it at most ``timeout_s``."""
        with self._changed:
            if not self._blocks:
                self._changed.wait(timeout_s)
            if not self._blocks:
                return None
            taken = self._blocks.popleft()
            self._waiting_s -= len(taken.block) / taken.rate
            if not self._blocks:
                self._waiting_s = 0.0
            return taken

    def wake(self) -> None:
        """Wake a waiting :meth:`take`."""
        with self._changed:
            self._changed.notify()

    @property
    def waiting_ms(self) -> int:
        """The length of the waiting audio, ms."""
        return round(1000 * self._waiting_s)


def gap(taken: Taken, silent_s: float | None) -> str | None:
    """Return a sentence about what was lost before a block; ``None`` if nothing was.

    ``silent_s`` is how long nothing arrived before the first block of a reopened device, else ``None``.
    """
    found = []
    if silent_s is not None:
        found.append(f"the microphone was away for about {silent_s:.1f} s; the call's clock stood still meanwhile")
    if taken.dropped:
        found.append(f"{taken.dropped_ms:.0f} ms of audio were dropped, because the session fell too far behind")
    if taken.overrun:
        found.append("the sound system lost an unknown amount of the microphone's audio")
    return "; ".join(found) or None


CLIPPING_SHOWN_MS = 500
"""How long clipping is shown: a single frame would go unnoticed."""


class Frame(NamedTuple):
    """The next 32 ms, float32 ``[512]``; the time of its last sample; ``clipped`` counts clipped samples."""

    samples: Samples
    at_s: float
    clipped: int


class FrameAssembler:
    """Mixes channels, resamples while streaming, and cuts frames.

    NaN and infinity are replaced by silence and counted as clipped. A resampled device has a delay of about 10 ms.
    When a stream breaks off, the rest in the resampler, less than a frame, is lost.
    """

    def __init__(self) -> None:
        self._stream = 0
        self._resampler: Any = None
        self._waiting = np.zeros(0, np.float32)
        self._clipped = 0

    def hear(self, taken: Taken) -> Iterator[Frame]:
        """Yield the frames that a block completes."""
        if taken.stream != self._stream:
            self._stream = taken.stream
            self._resampler = live_resampler(taken.rate, SAMPLE_RATE)
        block = taken.block
        in_range = np.abs(block) < LARGEST_SAMPLE
        if not in_range.all():
            self._clipped += int(np.count_nonzero(~in_range))
            # a single NaN would stay in the states of the resampler and the voice-activity model
            block = np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0)
        mono = block[:, 0] if block.shape[1] == 1 else block.mean(axis=1, dtype=np.float32)
        if self._resampler is not None:
            mono = np.clip(np.asarray(self._resampler.resample_chunk(mono), np.float32), -1.0, 1.0)
        self._waiting = np.concatenate([self._waiting, mono])
        while len(self._waiting) >= FRAME_SAMPLES:
            frame, self._waiting = self._waiting[:FRAME_SAMPLES], self._waiting[FRAME_SAMPLES:]
            clipped, self._clipped = self._clipped, 0
            yield Frame(frame, taken.at_s, clipped)


class Meter:
    """Measures the microphone's level, frame by frame."""

    def __init__(self) -> None:
        self.level = Level()
        self._clipping_ms = 0

    def note(self, frame: Frame) -> Level:
        """Take the next frame; return its level."""
        self._clipping_ms = CLIPPING_SHOWN_MS if frame.clipped else max(0, self._clipping_ms - FRAME_MS)
        peak, power = _peak_and_power(frame.samples)
        clipped = self.level.clipped + frame.clipped
        self.level = Level(_db(peak * peak), _db(power), clipped, self._clipping_ms > 0)
        return self.level


def _peak_and_power(samples: Samples) -> tuple[float, float]:
    return float(np.max(np.abs(samples))), float(np.mean(np.square(samples)))


def _db(power: float) -> float:
    return float(decibels(power, QUIETEST_DB))
