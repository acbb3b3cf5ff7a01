"""A real call as recorded, both sides on one clock, to compare by ear with its simulation."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from base.samples import SAMPLES_PER_MS
from simulator.audio.source import open_audio
from simulator.echo.caller import AudioReader
from simulator.heard.happened import agent_audio
from simulator.heard.replaying import AUDIO
from simulator.playing.call_mix import Stereo
from simulator.replay import Played


class RecordedMix:
    """A stored call in its folder, from the recordings of its two sides. Use it from one thread."""

    voice = "as recorded"

    def __init__(self, folder: Path, played: Played) -> None:
        self.played = played
        self.length = played.duration_ms * SAMPLES_PER_MS
        """The length of the call in samples."""
        self._folder = folder
        self._sides: tuple[AudioReader, ...] = ()

    def read(self, start: int, count: int) -> Stereo:
        """Return ``count`` samples from ``start``.

        Raises :class:`~simulator.errors.SimulatorError` where a side cannot be read.
        """
        if not self._sides:
            self._sides = tuple(
                AudioReader(open_audio(path)) for path in (self._folder / AUDIO, agent_audio(self._folder))
            )
        return np.stack([side.read(start, count) for side in self._sides], axis=1)

    def prepare(self, _: int, __: float) -> bool:
        """Return at once: a recorded call needs no preparation."""
        return False
