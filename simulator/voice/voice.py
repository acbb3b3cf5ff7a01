"""Voices of the agent, and which of them can be had here."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Protocol

from base.samples import Samples
from simulator.errors import VoiceError
from simulator.voice.bundled import BundledVoice

SPOKEN, CLIPS, SILENT = "hibari", "clips", "silent"
VOICES = (SPOKEN, CLIPS, SILENT)
"""What a voice may be asked for by: speech of the agent's own words, bundled clips, none."""


class Voice(Protocol):
    """Speaks, from any thread."""

    @property
    def name(self) -> str:
        """What it is, for people."""
        ...

    @property
    def instant(self) -> bool:
        """Whether speaking takes next to no time, so that nobody need prepare it."""
        ...

    def spoken(self, words: tuple[str, ...], duration_ms: int) -> Samples | None:
        """Return the words as speech that lasts exactly ``duration_ms``, float32 ``[duration_ms * 16]`` at 16 kHz.

        It is audible (:data:`~base.samples.AUDIBLE_DB`) within 10 ms of both ends. ``None``: there is
        nothing to hear, show the words.
        """
        ...


class SilentVoice:
    """Says nothing: the agent's words are only shown."""

    name = "none, words only"
    instant = True

    def spoken(self, words: tuple[str, ...], duration_ms: int) -> Samples | None:  # noqa: ARG002  as every voice
        """Return ``None``."""
        return None


def voice_for(name: str | None = None) -> Voice:
    """Return the voice asked for, one of :data:`VOICES`; without a name, the best there is: hibari, else clips.

    Raises :class:`~simulator.errors.VoiceError` for an unknown name, or if hibari is asked for and not installed.
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
