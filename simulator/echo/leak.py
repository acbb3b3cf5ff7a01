"""The agent's own sound as it comes back through the caller's telephone: quieter and later."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from simulator.activity.model import FRAME_MS, FRAME_SAMPLES
from simulator.audio.samples import SAMPLE_RATE, Samples
from simulator.audio.source import open_audio
from simulator.audio.what_if import WhatIf
from simulator.engine.sound import AgentSound
from simulator.recording import Recording

MOST_LOSS_DB = 80.0
MOST_DELAY_MS = 2000
USUAL_DELAY_MS = 100

VOICE_DB = -26.0
"""The level of the bundled agent's voice, dBFS: what telephony sends speech at (ITU-T P.56, G.191)."""

_SAMPLES_PER_MS = SAMPLE_RATE // 1000


@dataclass(frozen=True, slots=True)
class Echo:
    """The agent's sound, sent at -26 dBFS, comes back ``loss_db`` quieter, ``delay_ms`` later."""

    loss_db: float
    delay_ms: int = USUAL_DELAY_MS

    def words(self) -> str:
        """Return what leaks, for people."""
        return f"with echo −{self.loss_db:g} dB after {self.delay_ms} ms"

    def to_json(self) -> dict[str, Any]:
        """Return what leaks, for scripts."""
        return {"echo_db": self.loss_db, "echo_delay_ms": self.delay_ms}


class Leak:
    """Listens to what the agent plays and says what of it is heard on the caller's side.

    Only sounds that were noted by then are heard: nothing is known of what the agent will do.
    """

    def __init__(self, echo: Echo, recording: Recording) -> None:
        self._echo = echo
        self._voice = agent_voice(recording.source.what_if.telephone) * np.float32(10.0 ** (-echo.loss_db / 20))
        self._sounds: list[AgentSound] = []

    def note(self, sound: AgentSound | None) -> None:
        """Take note of the sound now being heard, which may yet be stopped."""
        if sound is not None and (not self._sounds or self._sounds[-1] is not sound):
            self._sounds.append(sound)

    def frame(self, start_ms: int) -> Samples:
        """Return the echo in the frame that starts at ``start_ms``, float32 ``[512]``; frames come in order."""
        heard = np.zeros(FRAME_SAMPLES, np.float32)
        sent_ms = start_ms - self._echo.delay_ms
        self._sounds = [sound for sound in self._sounds if sound.end_ms > sent_ms or sound is self._sounds[-1]]
        for sound in self._sounds:
            for piece in sound.pieces:
                first, last = max(piece.start_ms, sent_ms), min(piece.end_ms, sent_ms + FRAME_MS)
                if first < last:
                    said = (first - sound.start_ms) * _SAMPLES_PER_MS
                    count = (last - first) * _SAMPLES_PER_MS
                    at = (first - sent_ms) * _SAMPLES_PER_MS
                    heard[at : at + count] = self._voice.take(range(said, said + count), mode="wrap")
        return heard


@lru_cache(maxsize=2)
def agent_voice(telephone: bool) -> Samples:
    """Return a few seconds of an agent speaking at -26 dBFS, to be repeated; as a telephone leaves it if wanted."""
    source = open_audio(
        Path(str(files("recordings"))) / "agent" / "voice.flac", what_if=WhatIf(telephone=telephone)
    )
    return source.samples()
