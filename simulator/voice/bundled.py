"""The voice that is always there: eight seconds of recorded synthetic speech, which say none of the words."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from simulator.audio.samples import Samples
from simulator.audio.source import open_audio
from simulator.audio.what_if import WhatIf
from simulator.voice.clip import SAMPLES_PER_MS, VOICE_DB, audible_ms, faded, level_db, tight

_END = 10 * SAMPLES_PER_MS
_SOFTER_DB = 4.0
"""A stretch is at most so much softer than the voice as a whole."""

_STEP = 50 * SAMPLES_PER_MS


class BundledVoice:
    """Speaks for as long as it is asked to, always the same for the same words; what it says is not them."""

    name = "bundled clips"
    instant = True

    def __init__(self, *, telephone: bool = False) -> None:
        self._speech = bundled_speech(telephone)

    def spoken(self, words: tuple[str, ...], duration_ms: int) -> Samples | None:
        """Return speech of exactly ``duration_ms``, float32 ``[duration_ms * 16]``."""
        count = duration_ms * SAMPLES_PER_MS
        digest = hashlib.blake2b(" ".join(words).encode(errors="surrogateescape"), digest_size=4).digest()
        first = int.from_bytes(digest, "big") // _STEP * _STEP
        length = len(self._speech)
        for start in range(first, first + length, _STEP):
            stretch = self._from(start, count)
            if _heard(stretch[:_END]) and _heard(stretch[-_END:]) and level_db(stretch) > VOICE_DB - _SOFTER_DB:
                break
        return faded(stretch)

    def _from(self, start: int, count: int) -> Samples:
        return self._speech.take(range(start, start + count), mode="wrap")


@lru_cache(maxsize=2)
def bundled_speech(telephone: bool) -> Samples:
    """Return a few seconds of an agent speaking at -26 dBFS, to be repeated; as a telephone leaves it if wanted."""
    path = Path(str(files("recordings"))) / "agent" / "voice.flac"
    return tight(open_audio(path, what_if=WhatIf(telephone=telephone)).samples())


def _heard(stretch: Samples) -> bool:
    """Return whether a stretch is audible from its first 5 ms to its last."""
    return audible_ms(stretch) == (0, len(stretch) // SAMPLES_PER_MS)
