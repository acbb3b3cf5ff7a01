"""G.711, the 8-bit coding of telephone lines: µ-law and A-law, by libsndfile's tables."""

from __future__ import annotations

import io
from functools import cache
from typing import Literal

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from base.samples import Samples, to_pcm16

LINE_RATE = 8_000
Law = Literal["mulaw", "alaw"]
_SUBTYPES = {"mulaw": "ULAW", "alaw": "ALAW"}


def decoded(codes: bytes, law: Law = "mulaw") -> Samples:
    """Return the samples of G.711 codes, float32 ``[n]`` in -1…1."""
    heard: Samples = _meanings(law)[np.frombuffer(codes, np.uint8)]
    return heard


def encoded(samples: Samples, law: Law = "mulaw") -> bytes:
    """Return samples, float32 ``[n]`` in -1…1, as one code byte each; values beyond are clipped."""
    return _codes(law)[to_pcm16(samples).astype(np.int32) + 32768].tobytes()


@cache
def _meanings(law: Law) -> Samples:
    """Return the sample of each of the 256 codes."""
    codes = io.BytesIO(bytes(range(256)))
    heights, _ = sf.read(
        codes, dtype="float32", channels=1, samplerate=LINE_RATE, format="RAW", subtype=_SUBTYPES[law]
    )
    return np.asarray(heights, np.float32)


@cache
def _codes(law: Law) -> NDArray[np.uint8]:
    """Return the code of each of the 65,536 16-bit samples, lowest first."""
    coded = io.BytesIO()
    heights = np.arange(-32768, 32768).astype(np.int16)
    sf.write(coded, heights, LINE_RATE, format="RAW", subtype=_SUBTYPES[law])
    return np.frombuffer(coded.getvalue(), np.uint8)
