"""A call as it comes: push a frame of the caller's audio, get what happened.

The machine is the one that recordings drive, so a file pushed through here frame by frame gives the same events as
:func:`simulator.replay.play` in rigid replay, to the millisecond::

    call = LiveCall(Analyzer(completeness_model()), machine)
    for frame in microphone:            # float32 [512] at 16 kHz, in order, none missing
        events = call.push(frame)       # all that happens before the *next* frame can be known
        mix(call.sound)                 # the agent's sound: when it plays, when it stops
    events = call.finish()

Time is the count of samples pushed, never a clock: a frame lasts 32 ms however late it arrives. Events come up to
one frame ahead of time, because nothing the caller does can be known before the next frame has been heard; that is
what lets an output start and stop on the sample. ``config`` may be set between frames and holds from the next one.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from presets.layers import ResolvedVoiceConfig
from simulator.activity.analyzer import Analyzer
from simulator.activity.model import FRAME_MS, FRAME_SAMPLES, Observation
from simulator.engine.events import Event
from simulator.engine.sound import AgentSound

_FOREVER_MS = 1 << 60


class Machine(Protocol):
    """What a call drives: :class:`~simulator.engine.machine.TurnMachine`, or the labels' agent in its place."""

    config: ResolvedVoiceConfig
    events: list[Event]

    @property
    def sound(self) -> AgentSound | None:
        """The agent's sound now being heard, or about to be within the frame."""
        ...

    def observe(self, seen: Observation) -> None:
        """Take note of something that became known of the caller."""
        ...

    def run_before(self, t_ms: int) -> None:
        """Let everything happen that is due before ``t_ms``."""
        ...


class LiveCall:
    """One call on the samples' clock. Not safe for use from several threads at once."""

    def __init__(self, analyzer: Analyzer, machine: Machine) -> None:
        self.machine = machine
        self.probability = 0.0
        """How likely the last frame held speech, 0…1."""
        self.now_ms = 0
        """The length of the audio pushed so far, in ms."""
        self._analyzer = analyzer
        self._told = 0

    @property
    def config(self) -> ResolvedVoiceConfig:
        """The settings in force; setting them changes every decision from the next frame on."""
        return self.machine.config

    @config.setter
    def config(self, config: ResolvedVoiceConfig) -> None:
        self.machine.config = config

    @property
    def sound(self) -> AgentSound | None:
        """The agent's sound at this moment, its pieces in ms on this call's clock."""
        return self.machine.sound

    def push(self, frame: NDArray[np.float32]) -> list[Event]:
        """Take the next frame, float32 ``[512]`` in -1…1; return what happened, in order of time.

        Raises :class:`ValueError` for a frame of another length.
        """
        return self.decide(self.listen(frame))

    def listen(self, frame: NDArray[np.float32]) -> list[Observation]:
        """Hear the next frame and return what it revealed: the half of :meth:`push` that may take time.

        What the agent does is not touched until :meth:`decide`, so the sound may be asked for meanwhile.
        Raises :class:`ValueError` for a frame of another length.
        """
        probability, seen = self._analyzer.push(self._checked(frame)[None])
        self.probability = float(probability[-1])
        return seen

    def _checked(self, frame: NDArray[np.float32]) -> NDArray[np.float32]:
        if frame.shape != (FRAME_SAMPLES,):
            raise ValueError(f"a frame is {FRAME_SAMPLES} samples, not {frame.shape}")
        return frame

    def decide(self, seen: list[Observation]) -> list[Event]:
        """Take note of what a frame revealed; return what happened, in order of time."""
        self.now_ms += FRAME_MS
        return self._advance(seen, self.now_ms + FRAME_MS)

    def finish(self) -> list[Event]:
        """End the call as if silence followed; return what is still to happen."""
        return self._advance(self._analyzer.finish(), _FOREVER_MS)

    def _advance(self, seen: list[Observation], until_ms: int) -> list[Event]:
        for observation in seen:
            self.machine.observe(observation)
        self.machine.run_before(until_ms)
        fresh = self.machine.events[self._told :]
        self._told = len(self.machine.events)
        return fresh
