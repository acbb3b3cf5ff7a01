"""The output of a player: a speaker, or a silent clock that runs at the same rate."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from base.samples import SAMPLE_RATE, Samples
from simulator.child_process import ChildProcess
from simulator.devices.portaudio import not_answering

TIMEOUT_S = 10.0
"""The time limit for opening the speaker."""


@dataclass(frozen=True, slots=True)
class SpeakerReport:
    """A message from the speaker; ``None``: unchanged. ``where`` describes the opened device."""

    opened: str | None = None
    where: str | None = None
    played: int | None = None
    trouble: str | None = None


class Speaker(Protocol):
    """Plays samples at positions, counted from 0 since it was opened."""

    name: str
    trouble: str
    """Why nothing more will be heard; empty if it works."""

    @property
    def ready(self) -> bool:
        """Whether it is known to work, or to have failed."""
        ...

    @property
    def played(self) -> int:
        """The number of samples played."""
        ...

    def put(self, index: int, samples: Samples) -> None:
        """Play samples, float32 ``[n]`` at 16 kHz, from a position; they replace everything from there on."""
        ...

    def close(self) -> None:
        """Release it."""
        ...


class NoSpeaker:
    """A clock without sound."""

    name = "no speaker"
    trouble = ""
    ready = True

    def __init__(self) -> None:
        self._end = self._from = 0
        self._since_s = time.monotonic()

    @property
    def played(self) -> int:
        """The number of samples that a speaker would have played."""
        return min(self._end, self._from + int((time.monotonic() - self._since_s) * SAMPLE_RATE))

    def put(self, index: int, samples: Samples) -> None:
        """Take samples; the clock stops while there are none."""
        played = self.played
        if played == self._end:
            self._from, self._since_s = played, time.monotonic()
        self._end = max(index + len(samples), played)

    def close(self) -> None:
        """Do nothing."""


class SystemSpeaker:
    """A speaker in a separate process: the one named ``wanted`` while it exists, else the default.

    ``where`` describes the opened device; it is empty for the default if no other was wanted.
    """

    def __init__(self, wanted: str = "") -> None:
        self.name = self.where = ""
        self.trouble = ""
        self._played = 0
        self._answer_by_s = time.monotonic() + TIMEOUT_S
        self._child = ChildProcess(
            "simulator.playing.speaker_process", wanted, received=self._note, ended=self._ended
        )

    @property
    def ready(self) -> bool:
        """Whether it is open, or opening failed."""
        if not self.name and not self.trouble and time.monotonic() > self._answer_by_s:
            self.trouble = not_answering()
        return bool(self.name or self.trouble)

    @property
    def played(self) -> int:
        """The number of samples the speaker has taken."""
        return self._played

    def put(self, index: int, samples: Samples) -> None:
        """Play samples, float32 ``[n]`` at 16 kHz, from a position; they replace everything from there on."""
        self._child.send((index, samples))

    def close(self) -> None:
        """End its process, which silences it at once."""
        self._child.close_soon()

    def _note(self, report: SpeakerReport) -> None:
        self._played = self._played if report.played is None else report.played
        self.where = self.where if report.where is None else report.where
        self.name = report.opened or self.name
        self.trouble = report.trouble or self.trouble

    def _ended(self) -> None:
        self.trouble = self.trouble or "the sound system failed; try again"


def fade(samples: Samples, *, rising: bool) -> Samples:
    """Return samples, float32 ``[n]``, faded in (``rising``) or out over their whole length."""
    ramp = np.linspace(0.0, 1.0, len(samples), dtype=np.float32)
    return samples * (ramp if rising else ramp[::-1])
