"""Audio as it travels: PCM16 little-endian, mono, at the client's rate, cut anywhere, even inside a sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import soxr

from base.samples import SAMPLE_RATE, Samples, from_pcm16, to_pcm16

RATES = (8_000, 16_000, 24_000, 48_000)
"""What a client may speak and hear at, samples a second."""

BYTES = 2
"""A sample's size on the wire."""


class PcmIn:
    """Bytes to samples at 16 kHz."""

    def __init__(self, rate: int = SAMPLE_RATE) -> None:
        self._resampler = _resampler(rate, SAMPLE_RATE)
        self._half = b""

    def read(self, data: bytes) -> Samples:
        """Return the next bytes as float32 ``[n]`` in -1…1 at 16 kHz; half a sample waits for its other half.

        Another rate than 16 kHz is followed with a delay: the resampler looks 10 to 30 ms ahead.
        """
        data = self._half + data
        whole = len(data) // BYTES * BYTES
        self._half = data[whole:]
        return _through(self._resampler, from_pcm16(data[:whole]))


class PcmOut:
    """Samples at 16 kHz to bytes."""

    def __init__(self, rate: int = SAMPLE_RATE) -> None:
        self._resampler = _resampler(SAMPLE_RATE, rate)

    def write(self, samples: Samples) -> bytes:
        """Return float32 ``[n]`` in -1…1 at 16 kHz as bytes at the client's rate; beyond full scale is clipped."""
        return to_pcm16(_through(self._resampler, samples)).tobytes()


def _resampler(from_rate: int, to_rate: int) -> Any:
    """Return a streaming resampler, ``None`` where nothing is to be done.

    Its variable-rate method, at a rate that does not vary, has half the delay of the others or less.
    """
    if from_rate == to_rate:
        return None
    return soxr.ResampleStream(from_rate, to_rate, 1, dtype="float32", vr=True)


def _through(resampler: Any, samples: Samples) -> Samples:
    return samples if resampler is None else np.asarray(resampler.resample_chunk(samples), np.float32)
