"""The agent's own words, synthesised offline by hibari-tts (Apache-2.0, the voice ``heart`` inside its wheel)."""

from __future__ import annotations

import hashlib
import threading
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
import soxr

from base.samples import SAMPLE_RATE, SAMPLES_PER_MS, Samples, from_pcm16, to_pcm16
from simulator.kept_files import KeptFiles
from simulator.voice.voice import BundledVoice, fitted, tight

if TYPE_CHECKING:
    from hibari import Hibari

VOICE_CLIPS = KeptFiles("voice", ".pcm", 64_000_000)
"""Cached clips, 16-bit at 16 kHz: about half an hour."""

_METHOD = 1
"""Part of a clip's key: increase it when the synthesis changes."""

_MS_PER_CHAR = 50.0
"""The voice's approximate natural pace without pauses, for the first estimate of the speed."""

_SLOWEST, _FASTEST = 0.25, 4.0
_TRIES = 3
_CLOSE = 0.02
"""A clip whose length is within this share of the target is stretched the rest of the way."""


class HibariVoice:
    """Speaks words at the pace that fills their time. Loads with the first words, in about 0.3 s.

    The bundled clips replace words that it cannot pronounce, such as those in another script.
    """

    name = "hibari"
    instant = False

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._model: Hibari | None = None
        self._stand_in = BundledVoice()
        self._key = f"hibari {version('hibari-tts')} heart {_METHOD}"

    def spoken(self, words: tuple[str, ...], duration_ms: int) -> Samples | None:
        """Return the words as speech of exactly ``duration_ms``, float32 ``[duration_ms * 16]``, and cache it."""
        text = " ".join(words)
        identity = f"{self._key} {duration_ms} {text}".encode(errors="surrogateescape")
        key = hashlib.sha256(identity).hexdigest()[:40]
        kept = VOICE_CLIPS.read(key)
        if kept is not None and len(kept) == 2 * duration_ms * SAMPLES_PER_MS:
            return from_pcm16(kept)
        clip = self._synthesised(text, duration_ms * SAMPLES_PER_MS)
        if clip is None:
            return self._stand_in.spoken(words, duration_ms)
        pcm = to_pcm16(clip)
        VOICE_CLIPS.write(key, pcm.tobytes())
        return from_pcm16(pcm)

    def _synthesised(self, text: str, count: int) -> Samples | None:
        """Return the text as ``count`` samples of speech: the nearest of a few speeds, stretched to fit."""
        if not text.strip():
            return None
        speed = len(text) * _MS_PER_CHAR * SAMPLES_PER_MS / count
        best: Samples | None = None
        for _ in range(_TRIES):
            speed = min(max(speed, _SLOWEST), _FASTEST)
            clip = tight(self._at_speed(text, speed))
            if not len(clip):
                return None
            if best is None or abs(len(clip) - count) < abs(len(best) - count):
                best = clip
            if abs(len(best) - count) <= _CLOSE * count:
                break
            speed *= len(clip) / count
        return None if best is None else fitted(best, count)

    def _at_speed(self, text: str, speed: float) -> Samples:
        with self._lock:
            if self._model is None:
                from hibari import Hibari

                self._model = Hibari()
            speech = self._model(text, speed=speed, seed=0)
        return np.asarray(soxr.resample(speech, self._model.sample_rate, SAMPLE_RATE), np.float32)
