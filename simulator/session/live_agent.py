"""The agent's side of a live call: frames in, decisions and the agent's sound out, with measured latencies.

It has no device, thread or clock: time is the count of samples. The settings may change between frames.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Executor
from dataclasses import replace

import numpy as np

from base.samples import SAMPLES_PER_MS, Samples
from presets.layers import ResolvedVoiceConfig
from simulator.activity.end_of_turn import EndOfTurnModel
from simulator.activity.model import FRAME_MS
from simulator.engine.events import BargeIn, EndOfTurn, Event, ResponseStarted, SoundStarted, TurnReopened
from simulator.engine.profile import EngineProfile
from simulator.engine.scenario import Scenario
from simulator.live_call import SpokenAgent
from simulator.session.state import DecisionTimes, TurnLatency
from simulator.voice.agent_renderer import AgentRenderer
from simulator.voice.voice import Voice

KEPT_TURNS = 50

KEPT_FRAMES = 1875
"""Frames in a minute."""

_EVERY = 31
"""The update interval of the statistics: about once a second."""


class Latencies:
    """The last turns' latencies, ms from the detected end of speech."""

    def __init__(self) -> None:
        self._turns: deque[TurnLatency] = deque(maxlen=KEPT_TURNS)
        self._speech_end_ms = 0
        self._open = False

    def note(self, event: Event, arm: str) -> None:
        """Take an event; events come in order."""
        if isinstance(event, EndOfTurn):
            self._speech_end_ms = event.speech_end_ms
            self._turns.append(TurnLatency(event.turn, arm, event.t_ms - self._speech_end_ms))
            self._open = True
        elif isinstance(event, TurnReopened) and self._open:
            # the caller had not finished, so nothing was answered
            self._turns.pop()
            self._open = False
        elif isinstance(event, SoundStarted) and self._open:
            self._sound(event)

    def _sound(self, event: SoundStarted) -> None:
        after_ms = event.t_ms - self._speech_end_ms
        last = self._turns[-1]
        if last.first_sound_ms is None:
            last = replace(last, first_sound_ms=after_ms)
        if isinstance(event, ResponseStarted):
            last = replace(last, response_ms=after_ms)
            self._open = False
        self._turns[-1] = last

    def last(self) -> tuple[TurnLatency, ...]:
        """Return the latencies, oldest first."""
        return tuple(self._turns)


class DecisionLatency:
    """Collects the decision time of every frame, and their distribution."""

    def __init__(self) -> None:
        self.times = DecisionTimes()
        self._last_ms: deque[float] = deque(maxlen=KEPT_FRAMES)
        self._unreported = 0

    def note(self, took_ms: float) -> None:
        """Add the time from the arrival of a frame's last sample to its decisions, ms."""
        self._last_ms.append(took_ms)
        self._unreported += 1
        if self._unreported >= _EVERY:
            self._unreported = 0
            middle, slow, slowest = (float(one) for one in np.percentile(self._last_ms, (50, 99, 100)))
            self.times = DecisionTimes(round(middle, 2), round(slow, 2), round(slowest, 2), len(self._last_ms))


AHEAD_MS = 300
"""How much sound is handed over in advance: enough to decide on the end of the caller's speech meanwhile."""


class LiveAgent:
    """One call with the simulated agent. Not thread-safe.

    ``workers`` synthesise the agent's speech, ``judges`` run the end-of-turn model.
    """

    def __init__(
        self,
        config: ResolvedVoiceConfig,
        profile: EngineProfile,
        scenario: Scenario,
        judge: EndOfTurnModel,
        voice: Voice,
        workers: Executor | None,
        judges: Executor,
        seed: int,
    ) -> None:
        self.renderer = AgentRenderer(voice, workers)
        self._agent = SpokenAgent(config, profile, scenario, judge, self.renderer, judges, seed=seed)
        self.machine, self._call = self._agent.machine, self._agent.call
        self.latencies = Latencies()
        self._silenced_ms = self._said_ms = 0

    @property
    def now_ms(self) -> int:
        """The length of the audio heard so far, ms."""
        return self._call.now_ms

    @property
    def probability(self) -> float:
        """The speech probability of the last frame, 0…1."""
        return self._call.probability

    @property
    def end_of_turn_model(self) -> str:
        """The name of the end-of-turn model."""
        return self._agent.end_of_turn_model

    def use(self, config: ResolvedVoiceConfig) -> None:
        """Change the settings from the next frame."""
        self._agent.use(config)

    def sounds_at(self, start_ms: int, end_ms: int) -> bool:
        """Whether the agent is planned to sound between two times of the call, ms."""
        sound = self._call.sound
        return sound is not None and any(
            piece.start_ms < end_ms and start_ms < piece.end_ms for piece in sound.pieces
        )

    def hear(self, frame: Samples, arm: str) -> list[Event]:
        """Take the next frame, float32 ``[512]``; return the events in time order."""
        events = self._call.push(frame)
        self._agent.prepare_sound()
        for event in events:
            self.latencies.note(event, arm)
            if isinstance(event, BargeIn):
                self._silenced_ms = event.stops_ms
                self.unsay()
        return events

    def unsay(self) -> None:
        """Note that sound handed over in advance was cut off and is not heard."""
        self._said_ms = min(self._said_ms, self.now_ms)

    def say(self) -> tuple[Samples, bool]:
        """Return what the agent says next, float32 ``[n]`` at 16 kHz, and whether it continues after that.

        The samples reach at least to the end of the next frame. Of a sound that has begun they reach further,
        because it can only be stopped. After a barge-in's decision they are silence: in a live call the stop takes
        the speaker's own time, not the profile's ``stop_latency_ms``.
        """
        sound = self._call.sound
        until_ms = self.now_ms + FRAME_MS
        if sound is not None:
            until_ms = max(until_ms, min(until_ms + AHEAD_MS, sound.end_ms))
        from_ms, self._said_ms = self._said_ms, max(self._said_ms, until_ms)
        said = self.renderer.render(sound, from_ms * SAMPLES_PER_MS, (self._said_ms - from_ms) * SAMPLES_PER_MS)
        silenced = self.now_ms < self._silenced_ms
        if silenced:
            said[: max(0, self._silenced_ms - from_ms) * SAMPLES_PER_MS] = 0.0
        return said, not silenced and sound is not None and sound.end_ms > self._said_ms

    def text(self) -> str:
        """Return the words of the sound now playing."""
        sound = self._call.sound
        return sound.text if sound else ""
