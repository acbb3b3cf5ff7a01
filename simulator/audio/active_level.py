"""How loud the caller speaks, pauses and the silence between words left out."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from base.samples import QUIETEST_DB, SPEECH_DB, Samples, decibels
from simulator.activity.frames import framed
from simulator.activity.silero import voice_model

SPEECH_FROM = 0.5
"""Probability from which a frame counts as speech."""


def active_speech_level_db(blocks: Iterable[Samples]) -> float:
    """Return the level in dBFS of the 32 ms frames in which the voice-activity model hears speech, all together.

    The root mean square over those frames; -26 dBFS if there are none. Noise counts where it lies under speech. On
    the development corpus this is within 1.1 dB of the level of the labelled speech for 95 % of the files, noisy
    ones included; a measure by level alone (ITU-T P.56, method B) took noise for speech and was up to 6 dB off.
    """
    detector = voice_model()
    power, count = 0.0, 0
    for frames, _ in framed(blocks):
        speech = frames[detector.push(frames) >= SPEECH_FROM]
        power += float(np.mean(np.square(speech, dtype=np.float64), axis=1).sum())
        count += len(speech)
    # rounded, so that the order of adding up does not show
    return round(float(decibels(power / count, QUIETEST_DB)), 6) if count else SPEECH_DB
