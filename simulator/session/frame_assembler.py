"""From blocks as a device delivers them to frames of 512 samples at 16 kHz, mono, with what is missing told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import soxr

from base.samples import LARGEST_SAMPLE, QUIETEST_DB, SAMPLE_RATE, Samples, decibels
from simulator.activity.model import FRAME_MS, FRAME_SAMPLES
from simulator.session.capture_buffer import Taken
from simulator.session.state import Level

CLIPPING_SHOWN_MS = 500
"""How long clipping is shown after it happened: nobody would see one frame."""


class Frame(NamedTuple):
    """The next 32 ms, float32 ``[512]``; when its last sample came; ``clipped`` samples of the device's."""

    samples: Samples
    at_s: float
    clipped: int


class FrameAssembler:
    """Mixes channels, resamples while streaming, and cuts frames.

    What is no number is heard as silence, and counted as clipped.
    A resampled device is heard about 10 ms later; what a stream had not yet given up when it broke off, less than
    a frame, is lost with it.
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
            same = taken.rate == SAMPLE_RATE
            self._resampler = None if same else soxr.ResampleStream(taken.rate, SAMPLE_RATE, 1, vr=True)
        block = taken.block
        in_range = np.abs(block) < LARGEST_SAMPLE
        if not in_range.all():
            self._clipped += int(np.count_nonzero(~in_range))
            # one of them would stay in the resampler and in the voice activity model for good
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
    """Follows the microphone's level, frame by frame."""

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
