"""One call with the simulated agent, as a function of the caller's samples: no socket, no clock, no thread.

Time is the count of the caller's samples. For each of them there is one of the agent's: what the agent says at a
moment of the call is returned when the caller's audio up to that moment has been heard. A call that is fed the
same samples, cut up in any way, gives the same events and the same audio.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from presets.config import VoiceConfig
from presets.layers import Layer, ResolvedVoiceConfig, resolve
from simulator.activity.analyzer import Analyzer, Completeness
from simulator.activity.model import FRAME_SAMPLES
from simulator.audio.samples import SAMPLE_RATE, Samples
from simulator.engine.events import Event
from simulator.engine.machine import TurnMachine
from simulator.engine.profile import EngineProfile
from simulator.engine.scenario import Scenario
from simulator.engine.script import Script
from simulator.engine.sound import AgentSound
from simulator.live import LiveCall
from simulator.socket import messages
from simulator.socket.messages import Message
from simulator.socket.transcript import Transcript
from simulator.voice.mouth import Mouth

CALL_NAME = "call"
"""What every call is called where models' latencies are drawn: the same audio meets the same luck in each."""

_SAMPLES_PER_MS = SAMPLE_RATE // 1000


@dataclass(frozen=True, slots=True)
class Agent:
    """What answers every call. ``mouth`` makes a call's own mouth."""

    scenario: Scenario
    profile: EngineProfile
    config: VoiceConfig
    judge: Completeness | None
    mouth: Callable[[], Mouth]
    seed: int = 0


class AgentCall:
    """The agent's side of one call. Not safe for use from several threads at once."""

    def __init__(self, agent: Agent) -> None:
        self.config = agent.config
        """The ``voice_config`` in force, as it is set."""
        self._machine = TurnMachine(
            _resolved(agent.config), agent.profile, Script(agent.scenario), recording=CALL_NAME, seed=agent.seed
        )
        self._call = LiveCall(Analyzer(agent.judge), self._machine)
        self._mouth = agent.mouth()
        self._waiting = np.zeros(0, np.float32)
        self._at = 0
        self._events: deque[Event] = deque()
        self._sounds: list[Transcript] = []

    @property
    def now_ms(self) -> int:
        """How much of the caller has been heard, in ms."""
        return self._at // _SAMPLES_PER_MS

    @property
    def turns(self) -> int:
        """How many turns the caller has taken so far."""
        return self._machine.turn + 1

    def change(self, config: VoiceConfig) -> None:
        """Change the settings; they hold from the next frame on."""
        self.config = config
        self._call.config = _resolved(config)

    def hear(self, samples: Samples) -> list[Message | Samples]:
        """Take the caller's next samples, float32 ``[n]`` at 16 kHz; return what is to be sent, in order.

        That is what happened in them, the agent's audio, float32 ``[n]``, and ``clear`` where a barge-in has
        stopped it.
        """
        self._listen(samples)
        begin, self._at = self._at, self._at + len(samples)
        now_ms = self._at / _SAMPLES_PER_MS
        told: list[Message | Samples] = []
        while self._events and self._events[0].t_ms <= now_ms:
            told.append(messages.event(self._events.popleft()))
        said = [message for follows in self._sounds if (message := follows.due(int(now_ms))) is not None]
        told += said
        told.append(self._mouth.render(self._call.sound, begin, len(samples)))
        if any(message.get("interrupted") for message in said):
            told.append(messages.clear())
        self._sounds = [follows for follows in self._sounds if not follows.done]
        return told

    def _listen(self, samples: Samples) -> None:
        """Hear whole frames; each lets everything happen that can be known before the next."""
        waiting = np.concatenate([self._waiting, samples])
        whole = len(waiting) // FRAME_SAMPLES * FRAME_SAMPLES
        for frame in waiting[:whole].reshape(-1, FRAME_SAMPLES):
            self._events += self._call.push(frame)
            self._note(self._call.sound)
        self._waiting = waiting[whole:]

    def _note(self, sound: AgentSound | None) -> None:
        self._mouth.note(sound)
        if sound is not None and not any(follows.sound is sound for follows in self._sounds):
            self._sounds.append(Transcript(sound))


def _resolved(config: VoiceConfig) -> ResolvedVoiceConfig:
    return resolve(Layer(CALL_NAME, config))
