"""The noise of a room: steady, with the spectrum telephony measures against, from a seed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from base.samples import SAMPLE_RATE, Samples
from simulator.audio.filtering import Gain, Taps, filtered, taps_of

_HOTH_DB = {
    100: 32.4, 125: 30.9, 160: 29.1, 200: 27.6, 250: 26.0, 315: 24.4, 400: 22.7, 500: 21.1, 630: 19.5, 800: 17.8,
    1000: 16.2, 1250: 14.6, 1600: 12.9, 2000: 11.3, 2500: 9.6, 3150: 7.8, 4000: 5.4, 5000: 2.6, 6300: -1.3,
    8000: -6.6,
}  # fmt: skip
"""Hoth's room noise: spectral density in dB by frequency in Hz (ITU-T P.800, IEEE 269)."""

_WHITE_BLOCK = SAMPLE_RATE


def room_spectrum(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the gain that turns white noise into Hoth's; below 100 Hz it falls by 12 dB an octave."""
    known = np.array(sorted(_HOTH_DB), np.float64)
    octaves = np.log2(np.maximum(hz, 1.0))
    decibels = np.interp(octaves, np.log2(known), [_HOTH_DB[int(one)] for one in known])
    decibels -= 12.0 * np.maximum(0.0, np.log2(known[0]) - octaves)
    return np.asarray(10.0 ** (decibels / 20), dtype=np.float64)


def noise_taps(channel: Gain | None = None) -> Taps:
    """Return the filter from white noise to a room's, heard through ``channel``, of mean power 1."""
    taps = taps_of(room_spectrum if channel is None else lambda hz: room_spectrum(hz) * channel(hz))
    return np.asarray(taps / np.sqrt(np.sum(taps**2)), dtype=np.float64)


def with_noise(blocks: Iterable[Samples], taps: Taps, level_db: float, seed: int) -> Iterator[Samples]:
    """Yield blocks with noise of ``level_db`` dBFS added, clipped to -1…1.

    The noise at a place in the stream depends on the seed alone.
    """
    height = np.float32(10.0 ** (level_db / 20))
    stream = filtered(_white(seed), taps)
    ready = np.zeros(0, np.float32)
    for block in blocks:
        while len(ready) < len(block):
            ready = np.concatenate([ready, next(stream)])
        yield np.clip(block + height * ready[: len(block)], -1.0, 1.0)
        ready = ready[len(block) :]


def _white(seed: int) -> Iterator[Samples]:
    generator = np.random.default_rng([seed, 0x6E6F697365])
    while True:
        yield generator.standard_normal(_WHITE_BLOCK).astype(np.float32)
