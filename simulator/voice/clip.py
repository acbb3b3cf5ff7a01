"""Speech cut to measure: audible from its first sample to its last, at one level, without long pauses.

Somebody outside, who has only the audio, must find each sound of the agent where the readouts say that it was.
"""

from __future__ import annotations

import numpy as np
import soxr

from base.samples import AUDIBLE_DB, SAMPLES_PER_MS, SPEECH_DB, Samples, decibels, mean_decibels

LONGEST_PAUSE_MS = 120
"""Longer pauses inside a clip are shortened to this, so that they are no silence of the agent's."""

FADE_MS = 4
"""How long the agent takes to fall silent where it is cut off, inside its planned time; no click is heard."""

_WINDOW_MS = 5
_WINDOW = _WINDOW_MS * SAMPLES_PER_MS
_EDGE = SAMPLES_PER_MS
"""A clip's own ends fade over 1 ms."""

_HEADROOM = 0.95
_TRIM_DB = AUDIBLE_DB + 3.0


def tight(speech: Samples) -> Samples:
    """Return speech at :data:`~base.samples.SPEECH_DB` without silence around it and with its pauses shortened.

    Mono at 16 kHz, shape ``[n]``; empty if nothing in it is audible.
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
    """Return speech stretched or squeezed to ``count`` samples, its pitch with it; for small differences."""
    if len(speech) == count or not len(speech):
        return speech
    stretched = np.asarray(soxr.resample(speech, len(speech), count), np.float32)[:count]
    return faded(np.pad(stretched, (0, count - len(stretched)), mode="edge"))


def faded(speech: Samples) -> Samples:
    """Return speech whose first and last millisecond rise from nothing and fall to it."""
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
