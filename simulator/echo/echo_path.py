"""The agent's own sound as it comes back through the caller's telephone: quieter and later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from base.samples import SAMPLES_PER_MS, Samples
from simulator.activity.model import FRAME_SAMPLES
from simulator.engine.sound import AgentSound
from simulator.recording import Recording
from simulator.voice.agent_renderer import AgentRenderer
from simulator.voice.voice import BundledVoice

USUAL_DELAY_MS = 100


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


class EchoPath:
    """Listens to what the agent plays and says what of it is heard on the caller's side.

    The agent speaks with the bundled voice, so that a readout does not depend on what is installed. Only sounds
    that were noted by then are heard: nothing is known of what the agent will do.
    """

    def __init__(self, echo: Echo, recording: Recording) -> None:
        self._delay_ms = echo.delay_ms
        self._gain = np.float32(10.0 ** (-echo.loss_db / 20))
        self._renderer = AgentRenderer(BundledVoice(telephone=recording.source.what_if.telephone))

    def note(self, sound: AgentSound | None) -> None:
        """Take note of the sound now being heard, which may yet be stopped."""
        self._renderer.note(sound)

    def frame(self, start_ms: int) -> Samples:
        """Return the echo in the frame that starts at ``start_ms``, float32 ``[512]``; frames come in order."""
        return self._renderer.render(None, (start_ms - self._delay_ms) * SAMPLES_PER_MS, FRAME_SAMPLES) * self._gain
