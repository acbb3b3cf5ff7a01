"""The agent's voices, and which of them are installed.

The bundled voice is always available: eight seconds of recorded synthetic speech, which do not contain the agent's
words.

Clips fill their time exactly: audible from the first sample to the last, at one level, without long pauses. A
listener with only the audio must find each of the agent's sounds where the readouts place it.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Protocol

import numpy as np
import soxr
from numpy.typing import NDArray

from base.samples import AUDIBLE_DB, SAMPLES_PER_MS, SPEECH_DB, Samples, decibels, mean_decibels
from simulator.audio.source import open_audio
from simulator.audio.what_if import WhatIf
from simulator.errors import VoiceError

LONGEST_PAUSE_MS = 120
"""Longer pauses inside a clip are shortened to this, so that they do not count as the agent's silence."""

FADE_MS = 4
"""The fade-out where the agent is cut off, inside its planned time; it avoids a click."""

_WINDOW_MS = 5
_WINDOW = _WINDOW_MS * SAMPLES_PER_MS
_EDGE = SAMPLES_PER_MS
"""The fade at a clip's own ends: 1 ms."""

_HEADROOM = 0.95
_TRIM_DB = AUDIBLE_DB + 3.0


def tight(speech: Samples) -> Samples:
    """Return speech at :data:`~base.samples.SPEECH_DB` without outer silence and with shortened pauses.

    Mono at 16 kHz, float32 ``[n]``; empty if nothing in it is audible.
    """
    loud = _levelled(speech)
    heard = np.flatnonzero(_windows_db(loud) >= _TRIM_DB)
    if not len(heard):
        return np.zeros(0, np.float32)
    pause = LONGEST_PAUSE_MS // _WINDOW_MS
    breaks = np.flatnonzero(np.diff(heard) > pause + 1)
    starts = [heard[0], *(heard[breaks + 1] - pause // 2)]
    ends = [*(heard[breaks] + 1 + pause // 2), heard[-1] + 1]
    return np.concatenate(
        [faded(loud[start * _WINDOW : end * _WINDOW]) for start, end in zip(starts, ends, strict=True)]
    )


def fitted(speech: Samples, count: int) -> Samples:
    """Return speech resampled to float32 ``[count]``, which shifts its pitch; for small differences."""
    if len(speech) == count or not len(speech):
        return speech
    stretched = np.asarray(soxr.resample(speech, len(speech), count), np.float32)[:count]
    return faded(np.pad(stretched, (0, count - len(stretched)), mode="edge"))


def faded(speech: Samples) -> Samples:
    """Return speech, float32 ``[n]`` at 16 kHz, with its first and last millisecond faded."""
    ramp = np.linspace(0.0, 1.0, min(_EDGE, len(speech) // 2), endpoint=False, dtype=np.float32)
    shaped = speech.copy()
    shaped[: len(ramp)] *= ramp
    shaped[len(shaped) - len(ramp) :] *= ramp[::-1]
    return shaped


def _levelled(speech: Samples) -> Samples:
    """Return speech at :data:`SPEECH_DB`, measured over the 5 ms windows within 30 dB of the loudest one."""
    windows_db = _windows_db(speech)
    if not len(windows_db):
        return speech
    spoken = windows_db[windows_db > windows_db.max() - 30.0]
    gain = 10.0 ** ((SPEECH_DB - mean_decibels(spoken)) / 20.0)
    peak = float(np.max(np.abs(speech)))
    return speech * np.float32(min(gain, _HEADROOM / peak) if peak else 0.0)


def _windows_db(sound: Samples) -> Samples:
    """Return the level of each whole 5 ms, dBFS."""
    whole = sound[: len(sound) // _WINDOW * _WINDOW].reshape(-1, _WINDOW)
    power = np.mean(np.square(whole, dtype=np.float64), axis=1)
    return decibels(power).astype(np.float32)


_STEP_MS = 50
"""The distance between possible starts of a stretch."""

_END_MS = 5
_SOFTEST_DB = SPEECH_DB - 4.0
"""The lowest level of a stretch: the voice's own level minus 4 dB."""


class BundledVoice:
    """Speaks for any length, always the same for the same words; it does not speak the words themselves."""

    name = "bundled clips"
    instant = True

    def __init__(self, *, telephone: bool = False) -> None:
        self._speech, self._energy = _speech(telephone)

    def spoken(self, words: tuple[str, ...], duration_ms: int) -> Samples | None:
        """Return speech of exactly ``duration_ms``, float32 ``[duration_ms * 16]``."""
        digest = hashlib.blake2b(" ".join(words).encode(errors="surrogateescape"), digest_size=4).digest()
        length_ms = len(self._energy) - 1
        starts = np.arange(0, length_ms, _STEP_MS) + int.from_bytes(digest, "big") % length_ms
        ends = starts + duration_ms
        margin_db = np.minimum.reduce(
            [
                self._level_db(starts, starts + _END_MS) - AUDIBLE_DB,
                self._level_db(ends - _END_MS, ends) - AUDIBLE_DB,
                self._level_db(starts, ends) - _SOFTEST_DB,
            ]
        )
        best = int(np.argmax(margin_db >= 1.0)) if (margin_db >= 1.0).any() else int(np.argmax(margin_db))
        first = int(starts[best]) * SAMPLES_PER_MS
        return faded(self._speech.take(np.arange(first, first + duration_ms * SAMPLES_PER_MS), mode="wrap"))

    def _level_db(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the level of stretches of the endlessly repeated speech, dBFS."""
        length_ms = len(self._energy) - 1
        until = [self._energy[-1] * (at // length_ms) + self._energy[at % length_ms] for at in (starts, ends)]
        power = (until[1] - until[0]) / np.maximum(ends - starts, 1)
        return decibels(power)


@lru_cache(maxsize=2)
def _speech(telephone: bool) -> tuple[Samples, NDArray[np.float64]]:
    """Return a few seconds of an agent's speech, and its cumulative energy before each ms and at the end."""
    path = Path(str(files("recordings"))) / "agent" / "voice.flac"
    speech = tight(open_audio(path, what_if=WhatIf(telephone=telephone)).samples())
    whole = speech[: len(speech) // SAMPLES_PER_MS * SAMPLES_PER_MS]
    power = np.mean(np.square(whole.reshape(-1, SAMPLES_PER_MS), dtype=np.float64), axis=1)
    return whole, np.concatenate([[0.0], np.cumsum(power)])


SPOKEN, CLIPS, SILENT = "hibari", "clips", "silent"
VOICES = (SPOKEN, CLIPS, SILENT)
"""The selectable voices: speech of the agent's own words, bundled clips, none."""


class Voice(Protocol):
    """A voice; any thread may use it."""

    @property
    def name(self) -> str:
        """The voice's name for display."""
        ...

    @property
    def instant(self) -> bool:
        """Whether speaking takes almost no time, so that preparing it is unnecessary."""
        ...

    def spoken(self, words: tuple[str, ...], duration_ms: int) -> Samples | None:
        """Return the words as speech of exactly ``duration_ms``, float32 ``[duration_ms * 16]`` at 16 kHz.

        It is audible (:data:`~base.samples.AUDIBLE_DB`) within 10 ms of both ends. ``None``: there is no sound;
        show the words.
        """
        ...


class SilentVoice:
    """Plays nothing: the agent's words are only shown."""

    name = "none, words only"
    instant = True

    def spoken(self, words: tuple[str, ...], duration_ms: int) -> Samples | None:  # noqa: ARG002  as every voice
        """Return ``None``."""
        return None


def voice_for(name: str | None = None) -> Voice:
    """Return the voice named, one of :data:`VOICES`; without a name, the best available: hibari, else clips.

    Raises :class:`~simulator.errors.VoiceError` for an unknown name, or if hibari is requested and not installed.
    """
    if name not in (None, *VOICES):
        raise VoiceError(f"unknown voice {name!r}; choose {', '.join(VOICES[:-1])} or {VOICES[-1]}")
    if name == SILENT:
        return SilentVoice()
    installed = _installed("hibari-tts")
    if name == CLIPS or (name is None and not installed):
        return BundledVoice()
    if not installed:
        raise VoiceError("the voice hibari is not installed; install turnlab[voice], or choose clips or silent")
    from simulator.voice.hibari import HibariVoice

    return HibariVoice()


def _installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True
