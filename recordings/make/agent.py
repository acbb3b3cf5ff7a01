"""The agent's own voice, a few seconds of it: what leaks back where echo is simulated."""

import numpy as np
from numpy.typing import NDArray

from recordings.make.audio import RATE, at_level
from recordings.make.script import Persona
from recordings.make.voices import Clip, speak

NAME = "agent/voice.flac"

LEVEL_DB = -26.0
"""Root-mean-square level of its sounding parts, dBFS: what telephony sends speech at (ITU-T P.56, G.191)."""

_AGENT = Persona("slt", stretch=0.94, pitch_hz=178, sentence_gap_s=0.2)
_TEXT = (
    "Thank you, I have found your record now. We have an opening this Thursday morning at ten, with the nurse. "
    "Would that suit you, or shall I look for another day?"
)


def agent_voice() -> tuple[NDArray[np.int16], int]:
    """Return int16 samples [n] and their rate."""
    clip = speak(_AGENT, _TEXT)
    samples = clip.samples * _gain(clip)
    return np.asarray(np.rint(samples * 32768), dtype=np.int16), RATE


def _gain(clip: Clip) -> float:
    sounding = np.concatenate([clip.samples[start:end] for start, end in clip.spans])
    return float(np.abs(at_level(sounding, LEVEL_DB)).max() / np.abs(sounding).max())
