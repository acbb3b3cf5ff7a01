"""A real call as it was recorded, both sides on one clock, to be heard beside what was simulated of it."""

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
    """A kept call in its folder, as the recordings of its two sides have it. Use it from one thread."""

    voice = "as recorded"

    def __init__(self, folder: Path, played: Played) -> None:
        self.played = played
        self.length = played.duration_ms * SAMPLES_PER_MS
        """Samples from the start to the end of the call."""
        self._folder = folder
        self._sides: tuple[AudioReader, ...] = ()

    def read(self, start: int, count: int) -> Stereo:
        """Return a window. Raises :class:`~simulator.errors.SimulatorError` where a side cannot be read."""
        if not self._sides:
            self._sides = tuple(
                AudioReader(open_audio(path)) for path in (self._folder / AUDIO, agent_audio(self._folder))
            )
        return np.stack([side.read(start, count) for side in self._sides], axis=1)

    def prepare(self, _: int, __: float) -> bool:
        """Nothing of it has to be made ready."""
        return False
