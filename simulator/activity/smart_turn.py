"""End-of-turn completeness: how finished the caller sounds, from the sound alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from simulator.activity.log_mel import log_mel
from simulator.activity.models import open_session
from simulator.audio.source import Samples


class SmartTurn:
    """Smart Turn v3.2: a Whisper-tiny encoder with a completeness head; its output is already a probability."""

    name = "smart-turn v3.2"

    def __init__(self, path: Path) -> None:
        self._session = open_session(path)

    def completeness(self, samples: Samples) -> float:
        """Return 0…1: how much the turn so far, float32 ``[n]`` at 16 kHz up to this pause, sounds finished."""
        (output,) = self._session.run(None, {"input_features": log_mel(samples)[None]})
        return float(np.clip(output[0, 0], 0.0, 1.0))
