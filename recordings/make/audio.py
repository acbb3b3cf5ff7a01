"""Audio as every module here has it: mono float64 in -1..1, shape [samples], at 16 kHz; positions are samples."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Audio = NDArray[np.float64]

RATE = 16_000
MS = RATE // 1000
"""Samples a millisecond; every position is a multiple of it."""


def level_db(audio: Audio) -> float:
    """Root-mean-square level of `audio` [n] in dBFS."""
    return float(20 * np.log10(np.sqrt(np.mean(audio**2)) + 1e-12))


def at_level(audio: Audio, db: float) -> Audio:
    """`audio` [n] scaled to a root-mean-square level of `db` dBFS."""
    return audio * float(10 ** ((db - level_db(audio)) / 20))


def at_peak(audio: Audio, db: float) -> Audio:
    """`audio` [n] scaled to a peak of `db` dBFS."""
    return audio * (10 ** (db / 20) / float(np.abs(audio).max()))


def shaped(audio: Audio, gain: Callable[[Audio], Audio]) -> Audio:
    """`audio` [n] filtered by `gain`, a function from frequencies in Hz to linear gain."""
    size = audio.size + RATE // 10
    frequencies = np.asarray(np.fft.rfftfreq(size, 1 / RATE), dtype=np.float64)
    filtered = np.fft.irfft(np.fft.rfft(audio, size) * gain(frequencies), size)
    return np.asarray(filtered[: audio.size], dtype=np.float64)


def band(low_hz: float, high_hz: float) -> Callable[[Audio], Audio]:
    """A smooth band-pass gain, 12 dB an octave outside."""
    return lambda hz: 1 / ((1 + (low_hz / (hz + 1e-9)) ** 2) * (1 + (hz / high_hz) ** 2))


def phone_band(audio: Audio) -> Audio:
    """What a telephone leaves of `audio` [n]: 300 to 3400 Hz, steep at both ends."""
    return shaped(audio, lambda hz: ((1 + (300 / (hz + 1e-9)) ** 8) * (1 + (hz / 3400) ** 24)) ** -0.5)
