"""Injected sounds: a cough, a murmur, a door or another voice, mixed into the caller's audio."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import soundfile as sf

from base.samples import SAMPLE_RATE, SAMPLES_PER_MS, SPEECH_DB, Samples
from simulator.errors import InjectionError


class InjectedSound(NamedTuple):
    """A sound to inject. ``title`` names it with its article; ``kind`` is its name in labels.

    ``level_db`` is the level of its audible part, relative to the caller's active speech.
    """

    title: str
    kind: Literal["backchannel", "noise"]
    level_db: float


SOUNDS = {
    "cough": InjectedSound("a cough", "noise", 2.0),
    "coughs": InjectedSound("two coughs", "noise", 2.0),
    "throat-clear": InjectedSound("a throat being cleared", "noise", -2.0),
    "laugh": InjectedSound("a laugh", "noise", 0.0),
    "mm-hm": InjectedSound("an “mm-hm”", "backchannel", -4.0),
    "yeah": InjectedSound("a “yeah”", "backchannel", -4.0),
    "door": InjectedSound("a door", "noise", -2.0),
    "keys": InjectedSound("typing", "noise", -12.0),
    "television": InjectedSound("a television", "noise", -14.0),
    "second-voice": InjectedSound("a second voice", "noise", -8.0),
}
"""The sounds by name. None of them should stop the agent."""

_SYNTAX = re.compile(r"(?P<sound>[^@]+)@(?P<at>\d+(?:\.\d+)?)")
_EXAMPLE = "SOUND@SECONDS, such as cough@12.4"


@dataclass(frozen=True, slots=True, order=True)
class Injection:
    """A sound injected at ``at_ms`` of the recording."""

    at_ms: int
    sound: str

    @property
    def end_ms(self) -> int:
        """When the sound ends, ms."""
        return self.at_ms + len(clip(self.sound)) // SAMPLES_PER_MS

    @property
    def argument(self) -> str:
        """The text that :func:`parse_injection` reads: ``cough@12.4``."""
        return f"{self.sound}@{self.at_ms / 1000:g}"

    def words(self) -> str:
        """Return the injection in words."""
        return f"{SOUNDS[self.sound].title} at {self.at_ms / 1000:g} s"

    def to_json(self) -> dict[str, Any]:
        """Return the injection as JSON values."""
        return {"sound": self.sound, "start_s": self.at_ms / 1000, "end_s": self.end_ms / 1000}


def parse_injection(text: str) -> Injection:
    """Parse ``cough@12.4``. Raises :class:`~simulator.errors.InjectionError`, which says what to write instead."""
    found = _SYNTAX.fullmatch(text.strip())
    if found is None:
        raise InjectionError(f"{text}: give {_EXAMPLE}")
    name = re.sub(r"[ _]+", "-", found["sound"].strip().lower())
    if name not in SOUNDS:
        near = get_close_matches(name, SOUNDS, 1, 0.5)
        meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(SOUNDS)}"
        raise InjectionError(f"{text}: there is no sound {found['sound'].strip()!r}; {meant}")
    return Injection(round(float(found["at"]) * 1000), name)


def check_within(injections: Iterable[Injection], name: str, duration_s: float) -> None:
    """Raise :class:`~simulator.errors.InjectionError` for a sound after the end of the recording ``name``."""
    for one in injections:
        if one.at_ms >= duration_s * 1000:
            raise InjectionError(f"{one.argument}: {name} is only {duration_s:.1f} s long; choose an earlier time")


@cache
def clip(name: str) -> Samples:
    """Return a sound at the nominal level, float32 ``[n]`` at 16 kHz."""
    path = Path(str(files("recordings"))) / "injected" / f"{name}.flac"
    samples, rate = sf.read(path, dtype="float32")
    assert rate == SAMPLE_RATE
    return np.asarray(samples, np.float32)


def injected(blocks: Iterable[Samples], injections: Sequence[Injection], speech_db: float) -> Iterator[Samples]:
    """Yield blocks, float32 ``[n]`` at 16 kHz, with the sounds added, clipped to -1…1.

    ``speech_db`` is the caller's active speech level, dBFS.
    """
    laid = [
        (one.at_ms * SAMPLES_PER_MS, clip(one.sound) * np.float32(10 ** (_gain_db(one.sound, speech_db) / 20)))
        for one in injections
    ]
    at = 0
    for block in blocks:
        mixed = block
        for start, sound in laid:
            first, last = max(start, at), min(start + len(sound), at + len(block))
            if first < last:
                mixed = mixed.copy() if mixed is block else mixed
                mixed[first - at : last - at] += sound[first - start : last - start]
        yield block if mixed is block else np.clip(mixed, -1.0, 1.0)
        at += len(block)


def _gain_db(sound: str, speech_db: float) -> float:
    return speech_db + SOUNDS[sound].level_db - SPEECH_DB
