"""The internal form of audio, its units and its levels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

SAMPLE_RATE: Final = 16_000
"""Samples per second, Hz."""

SAMPLES_PER_MS: Final = SAMPLE_RATE // 1000

Samples = NDArray[np.float32]
"""Mono at 16 kHz, float32 ``[n]``, -1…1."""

Heights = NDArray[np.int16]
"""The same as 16-bit PCM, int16 ``[n]``."""

LARGEST_SAMPLE: Final = 32767.0 / 32768.0
"""The largest 16-bit sample: a microphone that delivers it has clipped, or is about to."""

QUIETEST_DB: Final = -100.0
"""The lowest level of meters and frames, dBFS."""

SPEECH_DB: Final = -26.0
"""The level telephony sends speech at, dBFS (ITU-T P.56 and G.191)."""

AUDIBLE_DB: Final = -45.0
"""The level of a 5 ms window, dBFS, at which an agent becomes audible; voice clips reach it at both ends."""

_FULL_SCALE: Final = np.float32(32768.0)


def to_pcm16(samples: NDArray[np.floating]) -> Heights:
    """Return samples of -1…1 as little-endian 16-bit PCM of the same shape; values beyond are clipped."""
    heights: Heights = np.clip(np.rint(samples * _FULL_SCALE), -32768, 32767).astype("<i2")
    return heights


def from_pcm16(pcm: Heights | bytes) -> Samples:
    """Return 16-bit PCM as float32 samples of -1…1 of the same shape, or its little-endian bytes as ``[n]``."""
    heights = np.frombuffer(pcm, "<i2") if isinstance(pcm, bytes) else pcm
    return heights.astype(np.float32) / _FULL_SCALE


def decibels(power: ArrayLike, quietest_db: float = -120.0) -> NDArray[np.float64]:
    """Return mean squares as levels in dBFS, same shape; NaN and lower levels become ``quietest_db``."""
    floor = 10.0 ** (quietest_db / 10.0)
    return np.asarray(10.0 * np.log10(np.fmax(power, floor)), np.float64)


def mean_decibels(levels_db: ArrayLike) -> float:
    """Return the level, dBFS, of the mean power of stretches of equal length."""
    return float(10.0 * np.log10(np.mean(10.0 ** (np.asarray(levels_db) / 10.0))))


def resampled(blocks: Iterable[Samples], from_rate: float, to_rate: float = SAMPLE_RATE) -> Iterator[Samples]:
    """Yield blocks, float32 ``[n]``, at another rate; what the resampler still holds at their end comes last."""
    if from_rate == to_rate:
        yield from blocks
        return
    import soxr  # most commands never need it

    stream = soxr.ResampleStream(from_rate, to_rate, 1, dtype="float32")
    for block in blocks:
        yield stream.resample_chunk(block)
    yield stream.resample_chunk(np.zeros(0, np.float32), last=True)


def live_resampler(from_rate: int, to_rate: int) -> Any:
    """Return a streaming resampler for float32 with a delay of 10 to 30 ms; ``None`` for equal rates.

    Soxr's variable-rate method, at a constant rate, has at most half the delay of its other methods.
    """
    if from_rate == to_rate:
        return None
    import soxr  # most commands never need it

    return soxr.ResampleStream(from_rate, to_rate, 1, dtype="float32", vr=True)
