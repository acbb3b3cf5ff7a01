"""What a telephone line leaves of a voice: 300 to 3400 Hz, 8 kHz, G.711 µ-law."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np
import soundfile as sf
import soxr
from numpy.typing import NDArray

from base.samples import SAMPLE_RATE, Samples, to_pcm16

LINE_RATE = 8_000
LOWEST_HZ, HIGHEST_HZ = 300.0, 3400.0
"""The band of a telephone channel (ITU-T G.712): half the power is left at its edges."""


def telephone_band(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the line's gain: a Butterworth high-pass of order 4 and low-pass of order 12."""
    with np.errstate(divide="ignore"):
        gain = ((1 + (LOWEST_HZ / hz) ** 8) * (1 + (hz / HIGHEST_HZ) ** 24)) ** -0.5
    return np.asarray(gain, dtype=np.float64)


def over_the_line(blocks: Iterable[Samples]) -> Iterator[Samples]:
    """Yield as many samples as come in, after 8 kHz and µ-law; the band is :func:`telephone_band`'s affair."""
    down = soxr.ResampleStream(SAMPLE_RATE, LINE_RATE, 1, dtype="float32")
    up = soxr.ResampleStream(LINE_RATE, SAMPLE_RATE, 1, dtype="float32")
    nothing = np.zeros(0, np.float32)
    owed = 0
    for block in blocks:
        owed += len(block)
        came = up.resample_chunk(_mu_law(down.resample_chunk(block)))
        yield came[:owed]
        owed -= min(len(came), owed)
    rest = up.resample_chunk(_mu_law(down.resample_chunk(nothing, last=True)), last=True)[:owed]
    yield np.pad(rest, (0, owed - len(rest)))


def _mu_law(samples: Samples) -> Samples:
    heights = to_pcm16(samples).astype(np.int32)
    heard: Samples = _there_and_back()[heights + 32768]
    return heard


@cache
def _there_and_back() -> Samples:
    """Return what becomes of each of the 65,536 16-bit heights in G.711 µ-law, lowest first."""
    coded = io.BytesIO()
    sf.write(coded, np.arange(-32768, 32768).astype(np.int16), LINE_RATE, format="RAW", subtype="ULAW")
    coded.seek(0)
    back, _ = sf.read(coded, dtype="float32", channels=1, samplerate=LINE_RATE, format="RAW", subtype="ULAW")
    return np.asarray(back, dtype=np.float32)
