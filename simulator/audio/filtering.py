"""Filters over a stream of blocks, in constant memory and without delay.

What comes out is the same however the stream was cut into blocks, bit for bit: the work is done in steps that
depend on a sample's place in the stream alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from base.samples import SAMPLE_RATE, Samples

Gain = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""From frequencies in Hz, ``[n]``, to linear gains, ``[n]``."""

Taps = NDArray[np.float64]

_TAPS = 1023
_TRANSFORM = 8192


def taps_of(gain: Gain) -> Taps:
    """Return the linear-phase filter, ``[1023]`` taps at 16 kHz, whose magnitude is ``gain``.

    Designed by frequency sampling under a Hann window, which resolves about 30 Hz.
    """
    size = 1 << 14
    hz = np.asarray(np.fft.rfftfreq(size, 1 / SAMPLE_RATE), dtype=np.float64)
    response = np.fft.irfft(gain(hz), size)
    centred = np.roll(response, _TAPS // 2)[:_TAPS]
    return np.asarray(centred * np.hanning(_TAPS + 2)[1:-1], dtype=np.float64)


def filtered(blocks: Iterable[Samples], taps: Taps) -> Iterator[Samples]:
    """Yield as many samples as come in, filtered; a sound stays where it was."""
    half = len(taps) // 2
    step = _TRANSFORM - 2 * half
    spectrum = np.fft.rfft(taps, _TRANSFORM)
    waiting = np.zeros(half, np.float32)
    owed = 0
    for block in blocks:
        owed += len(block)
        waiting = np.concatenate([waiting, block])
        while len(waiting) >= _TRANSFORM:
            yield _step(waiting[:_TRANSFORM], spectrum, half)
            waiting = waiting[step:]
            owed -= step
    while owed > 0:
        padded = np.pad(waiting, (0, max(0, _TRANSFORM - len(waiting))))[:_TRANSFORM]
        yield _step(padded, spectrum, half)[:owed]
        waiting = waiting[step:]
        owed -= step


def _step(stretch: Samples, spectrum: NDArray[np.complex128], half: int) -> Samples:
    """Filter one stretch; its first and last ``half`` samples are only there for the others' sake."""
    whole = np.fft.irfft(np.fft.rfft(stretch, _TRANSFORM) * spectrum, _TRANSFORM)
    return whole[2 * half :].astype(np.float32)
