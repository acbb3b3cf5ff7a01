"""One call with the simulated agent, as a function of the caller's samples: no socket, clock or thread.

Time is the count of the caller's samples; each has one sample of the agent's. Hearing and speaking are separate,
because judging a pause takes longer than a block of audio lasts: the agent's speech continues meanwhile. A sound
that was due in audio already sent plays from its beginning, late, and the next silence is shortened by the delay.
Where it hears before it speaks, as in :meth:`AgentCall.hear`, a call gives the same events and audio for any block
size.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass

import numpy as np

from base.samples import SAMPLES_PER_MS, Samples
from presets.config import VoiceConfig
from presets.layers import Layer, ResolvedVoiceConfig, resolve
from simulator.activity.end_of_turn import EndOfTurnModel
from simulator.activity.model import FRAME_SAMPLES, SpeechEnd
from simulator.engine.chunks import heard
from simulator.engine.events import Event
from simulator.engine.profile import EngineProfile
from simulator.engine.scenario import Scenario
from simulator.engine.sound import AgentSound
from simulator.live_call import SpokenAgent
from simulator.socket import messages
from simulator.socket.messages import Message, transcript
from simulator.voice.agent_renderer import AgentRenderer


class Transcript:
    """Follows one sound; words count as spoken once they have been heard to their end."""

    def __init__(self, sound: AgentSound) -> None:
        self.sound = sound
        self.done = False
        self._sent_words = 0

    def due(self, t_ms: int) -> Message | None:
        """Return what has been spoken by ``t_ms``, if that is more than the last message said."""
        sound = self.sound
        if t_ms >= sound.end_ms:
            self.done = True
            words = sound.heard_words if sound.stopped else sound.text.split()
            return transcript(sound, " ".join(words), final=True)
        words = self._spoken(t_ms)
        if len(words) <= self._sent_words:
            return None
        self._sent_words = len(words)
        return transcript(sound, " ".join(words), final=False)

    def _spoken(self, t_ms: int) -> list[str]:
        words: list[str] = []
        for piece in self.sound.planned:
            if piece.start_ms < t_ms:
                share = (t_ms - piece.start_ms) / max(piece.end_ms - piece.start_ms, 1)
                words += piece.words[: heard(piece.words, share)]
        return words


_NONE = np.zeros(0, np.float32)


@dataclass(frozen=True, slots=True)
class ServedAgent:
    """The agent that answers every call. ``renderer`` makes each call's own renderer."""

    scenario: Scenario
    profile: EngineProfile
    config: VoiceConfig
    judge: EndOfTurnModel
    renderer: Callable[[], AgentRenderer]
    seed: int = 0
    judges: Executor | None = None
    """Judges pauses in the background; ``None``: calls wait for the judgement."""


class AgentCall:
    """The agent's side of one call."""

    def __init__(self, agent: ServedAgent) -> None:
        self.late_sounds = 0
        """The number of sounds that began late."""
        self._renderer = agent.renderer()
        self._agent = SpokenAgent(
            _resolved(agent.config),
            agent.profile,
            agent.scenario,
            agent.judge,
            self._renderer,
            agent.judges,
            seed=agent.seed,
        )
        self._call = self._agent.call
        self._unheard = np.zeros(0, np.float32)
        self._undecided = False
        self._sent = self._said = 0
        self._events: deque[Event] = deque()
        self._sounds: list[Transcript] = []

    @property
    def turns(self) -> int:
        """The number of caller turns so far."""
        return self._agent.machine.turn + 1

    @property
    def judging(self) -> Future[SpeechEnd] | None:
        """The pause being judged, which :meth:`change` would wait for, or ``None``."""
        return self._call.judging

    def change(self, config: VoiceConfig) -> None:
        """Change the settings from the next frame."""
        self._agent.use(_resolved(config))

    def listen(self, samples: Samples = _NONE) -> Future[SpeechEnd] | None:
        """Hear the caller's next samples, float32 ``[n]`` at 16 kHz, without waiting for a judgement.

        If a judgement is needed to continue, return it; call this again when it is done.
        """
        self._unheard = np.concatenate([self._unheard, samples])
        while self._undecided or len(self._unheard) >= FRAME_SAMPLES:
            if not self._undecided:
                self._call.hear(self._unheard[:FRAME_SAMPLES])
                self._unheard, self._undecided = self._unheard[FRAME_SAMPLES:], True
            if (awaited := self._call.awaited) is not None:
                return awaited
            self._events += self._call.decide(self._call.revealed())
            self._undecided = False
            self._agent.prepare_sound()
            self._follow(self._call.sound)
        return None

    def speak(self, count: int) -> list[Message | Samples]:
        """Return what to send for the caller's next ``count`` samples, in order.

        That is the events so far, the agent's audio, float32 ``[count]``, and ``clear`` after a barge-in.
        """
        self._sent += count
        self._catch_up(count)
        begin, self._said = self._said, self._said + count
        said_ms = self._said // SAMPLES_PER_MS
        outgoing: list[Message | Samples] = []
        while self._events and self._events[0].t_ms * SAMPLES_PER_MS <= self._sent:
            outgoing.append(messages.event(self._events.popleft()))
        words = [message for one in self._sounds if (message := one.due(said_ms)) is not None]
        outgoing += words
        outgoing.append(self._renderer.render(self._call.sound, begin, count))
        if any(message.get("interrupted") for message in words):
            outgoing.append(messages.clear())
        self._sounds = [one for one in self._sounds if not one.done]
        return outgoing

    def hear(self, samples: Samples) -> list[Message | Samples]:
        """Hear the caller's next samples, float32 ``[n]`` at 16 kHz, and return what to send, in order."""
        awaited = self.listen(samples)
        while awaited is not None:
            wait([awaited])
            awaited = self.listen()
        return self.speak(len(samples))

    def _follow(self, sound: AgentSound | None) -> None:
        if sound is None or any(one.sound is sound for one in self._sounds):
            return
        self._sounds.append(Transcript(sound))
        due = sound.start_ms * SAMPLES_PER_MS
        if due < self._said:
            self._said = due
            self.late_sounds += 1

    def _catch_up(self, count: int) -> None:
        """Skip silence if the audio is behind because a sound began late."""
        behind = self._sent - count - self._said
        if behind <= 0:
            return
        begin = self._said
        ahead = [one.sound for one in self._sounds if one.sound.end_ms * SAMPLES_PER_MS > begin]
        free = min((one.start_ms * SAMPLES_PER_MS - begin for one in ahead), default=behind)
        self._said += max(0, min(free, behind))


def _resolved(config: VoiceConfig) -> ResolvedVoiceConfig:
    return resolve(Layer("call", config))
