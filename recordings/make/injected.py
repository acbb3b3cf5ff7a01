"""Sounds that a person puts into any recording to ask "what if, at this moment": how they are made.

Each is one clip at -26 dBFS over its sounding part; how loud it is in a call is the simulator's affair.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from recordings.make.audio import MS, RATE, Audio, at_level, band, shaped
from recordings.make.script import Persona
from recordings.make.sounds import cough, door, double_cough, envelope, keys, resonances, room_tone, throat_clear
from recordings.make.voices import sounding, speak

FOLDER = "injected"
LEVEL_DB = -26.0
"""Root-mean-square level of a clip's sounding parts, dBFS: what telephony sends speech at."""

_LISTENER = Persona("slt", stretch=0.95, pitch_hz=190)
_OTHER = Persona("rms", stretch=0.98, pitch_hz=104, sentence_gap_s=0.2)
_NEWS = Persona("awb", stretch=0.92, sentence_gap_s=0.25)


def injected_sounds() -> dict[str, tuple[NDArray[np.int16], int]]:
    """Return int16 samples [n] and their rate by name."""
    return {name: _clip(make(np.random.default_rng([880, number]))) for number, (name, make) in enumerate(_MAKERS)}


def laugh(rng: np.random.Generator) -> Audio:
    """A laugh of six "ha": breathy voice in even bursts, falling in pitch and strength."""
    out, at = np.zeros(0), 0.0
    for number in range(6):
        length = 0.16 - 0.008 * number
        size = round(length * RATE)
        hz = np.linspace(265, 235, size) * (1 - 0.05 * number) * (1 + 0.01 * rng.standard_normal())
        pulses = np.exp(-7 * (np.cumsum(hz / RATE) % 1.0)) - 0.14
        voice = shaped(pulses, resonances([(820, 130, 1.0), (1350, 180, 0.7), (2700, 320, 0.4)]))
        breath = shaped(rng.standard_normal(size), resonances([(900, 700, 0.7), (2200, 1500, 0.5)]))
        swell = envelope([(0, 0), (0.03, 1), (length * 0.6, 0.8), (length, 0)])
        syllable = (at_level(voice, -18.0) + at_level(breath, -27.0)) * swell * 0.88**number
        sigh = at_level(shaped(rng.standard_normal(round(0.07 * RATE)), band(700, 4500)), -36.0)
        start = round(at * RATE)
        grown = np.zeros(start + size + sigh.size)
        grown[: out.size] = out
        grown[start : start + size] += syllable
        grown[start + size :] += sigh * 0.88**number
        out, at = grown, at + 0.215 + 0.008 * number
    return out


def television(rng: np.random.Generator) -> Audio:
    """A television in the next room: a newsreader, dull from the wall between, over room noise."""
    clip = speak(_NEWS, "Heavy rain is moving in from the coast tonight.")
    dull = shaped(clip.samples, band(120, 1500))
    return at_level(dull, -24.0) + room_tone(rng, dull.size, -50.0)


def second_voice(rng: np.random.Generator) -> Audio:
    """Another person in the caller's room, a few steps from the telephone: less high, and a trace of echo."""
    clip = speak(_OTHER, "Have you seen my keys anywhere?")
    far = shaped(clip.samples, band(150, 3000))
    for delay_ms, share in ((23, 0.35), (41, 0.25), (67, 0.15)):
        late = np.zeros(far.size)
        late[delay_ms * MS :] = far[: -delay_ms * MS]
        far = far + share * late * (1 + 0.01 * rng.standard_normal())
    return far


def _spoken(text: str, phones: str | None = None) -> Callable[[np.random.Generator], Audio]:
    return lambda _: speak(_LISTENER, text, phones=phones).samples


_MAKERS: tuple[tuple[str, Callable[[np.random.Generator], Audio]], ...] = (
    ("cough", cough),
    ("coughs", double_cough),
    ("throat-clear", throat_clear),
    ("laugh", laugh),
    ("mm-hm", _spoken("Mm-hm.", phones="m m hh m m")),
    ("yeah", _spoken("Yeah.")),
    ("door", door),
    ("keys", keys),
    ("television", television),
    ("second-voice", second_voice),
)


def _clip(sound: Audio) -> tuple[NDArray[np.int16], int]:
    """Return a sound at its level, from its first to its last audible sample."""
    lead = np.zeros(10 * MS)
    spans = sounding(np.concatenate([lead, sound, lead]), -50.0)
    sound = sound[max(0, spans[0][0] - lead.size) : spans[-1][1] - lead.size]
    loud = np.concatenate([sound[max(0, a - lead.size) : b - lead.size] for a, b in spans])
    levelled = sound * (10 ** (LEVEL_DB / 20) / float(np.sqrt(np.mean(loud**2))))
    peak = float(np.abs(levelled).max())
    if peak > 0.95:  # a click is all peak: it may be less loud
        levelled = levelled * (0.95 / peak)
    return np.asarray(np.rint(levelled * 32767), dtype=np.int16), RATE
