"""The agent's side of a live call: frames in, decisions and the agent's sound out. No device, no thread, no clock.

Time is the count of samples heard. The settings may change between frames.
"""

from __future__ import annotations

from concurrent.futures import Executor

from base.samples import SAMPLES_PER_MS, Samples
from presets.layers import ResolvedVoiceConfig
from simulator.activity.end_of_turn import EndOfTurnModel
from simulator.activity.model import FRAME_MS
from simulator.engine.events import BargeIn, Event
from simulator.engine.profile import EngineProfile
from simulator.engine.scenario import Scenario
from simulator.live import SpokenAgent
from simulator.session.latencies import Latencies
from simulator.voice.agent_renderer import AgentRenderer
from simulator.voice.voice import Voice

CALL_NAME = "live"
"""What the call is called where models' latencies are drawn."""

AHEAD_MS = 300
"""How much of a sound is handed over ahead of time: what deciding on the end of the caller's speech may take."""


class LiveAgent:
    """One call with the simulated agent. Not safe for use from several threads at once.

    ``workers`` make the agent's speech, ``judges`` say how finished the caller sounded.
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
        self._agent = SpokenAgent(
            config, profile, scenario, judge, self.renderer, judges, name=CALL_NAME, seed=seed
        )
        self.machine, self._call = self._agent.machine, self._agent.call
        self.latencies = Latencies()
        self._hushed_ms = self._said_ms = 0

    @property
    def now_ms(self) -> int:
        """How much was heard, in ms."""
        return self._call.now_ms

    @property
    def probability(self) -> float:
        """How likely the last frame held speech."""
        return self._call.probability

    @property
    def end_of_turn_model(self) -> str:
        """What judges whether the caller has finished."""
        return self._agent.end_of_turn_model

    def use(self, config: ResolvedVoiceConfig) -> None:
        """Change the settings, from the next frame on."""
        self._agent.use(config)

    def sounds_at(self, start_ms: int, end_ms: int) -> bool:
        """Whether the agent is heard somewhere in a stretch of the call, as far as is planned."""
        sound = self._call.sound
        return sound is not None and any(
            piece.start_ms < end_ms and start_ms < piece.end_ms for piece in sound.pieces
        )

    def hear(self, frame: Samples, arm: str) -> list[Event]:
        """Take the next frame, float32 ``[512]``; return what happened, in order of time."""
        events = self._call.push(frame)
        self._agent.prepare_sound()
        for event in events:
            self.latencies.note(event, arm)
            if isinstance(event, BargeIn):
                self._hushed_ms = event.stops_ms
                self.unsay()
        return events

    def unsay(self) -> None:
        """Take note that what was handed over ahead of time is not heard: it was cut off."""
        self._said_ms = min(self._said_ms, self.now_ms)

    def say(self) -> tuple[Samples, bool]:
        """Return what the agent says next, float32 ``[n]`` at 16 kHz, and whether it goes on after that.

        That is at least up to the end of the next frame, and of a sound that has begun a little more, since all
        that can happen to it is a stop. From a barge-in's decision on it is silence: the time that a stop takes is
        the speaker's own here, not the profile's ``stop_latency_ms``.
        """
        sound = self._call.sound
        until_ms = self.now_ms + FRAME_MS
        if sound is not None:
            until_ms = max(until_ms, min(until_ms + AHEAD_MS, sound.end_ms))
        from_ms, self._said_ms = self._said_ms, max(self._said_ms, until_ms)
        said = self.renderer.render(sound, from_ms * SAMPLES_PER_MS, (self._said_ms - from_ms) * SAMPLES_PER_MS)
        hushed = self.now_ms < self._hushed_ms
        if hushed:
            said[: max(0, self._hushed_ms - from_ms) * SAMPLES_PER_MS] = 0.0
        return said, not hushed and sound is not None and sound.end_ms > self._said_ms

    def text(self) -> str:
        """Return the words of the sound now heard."""
        sound = self._call.sound
        return sound.text if sound else ""
