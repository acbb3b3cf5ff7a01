"""A live call: push a frame of the caller's audio, get the events.

The machine is the one that recordings drive. A file pushed frame by frame gives the same events as
:func:`simulator.replay.play` in rigid replay, to the millisecond::

    call = LiveCall(Analyzer(end_of_turn_model()), machine)
    for frame in microphone:            # float32 [512] at 16 kHz, in order, none missing
        events = call.push(frame)       # all that happens before the *next* frame can be known
        mix(call.sound)                 # the agent's sound: when it plays, when it stops
    events = call.finish()

Time is the count of samples pushed, never a clock: a frame lasts 32 ms however late it arrives. Events come up to
one frame early, because nothing the caller does can be known before the next frame. This lets an output start and
stop on the exact sample. ``config`` may be set between frames and applies from the next one.
"""

from __future__ import annotations

from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from presets.layers import ResolvedVoiceConfig
from simulator.activity.analyzer import Analyzer, UnjudgedEnd
from simulator.activity.end_of_turn import EndOfTurnModel
from simulator.activity.model import FRAME_MS, FRAME_SAMPLES, Observation, SpeechEnd
from simulator.engine.events import Event
from simulator.engine.machine import TurnMachine
from simulator.engine.profile import EngineProfile
from simulator.engine.scenario import Scenario, Script
from simulator.engine.sound import AgentSound
from simulator.voice.agent_renderer import AgentRenderer, filler_texts

_FOREVER_MS = 1 << 60


class Machine(Protocol):
    """A call's machine: :class:`~simulator.engine.machine.TurnMachine`, or one that plays labelled windows."""

    config: ResolvedVoiceConfig
    events: list[Event]

    @property
    def sound(self) -> AgentSound | None:
        """The agent's sound now playing, or about to start within the frame."""
        ...

    def observe(self, seen: Observation) -> None:
        """Take an observation of the caller."""
        ...

    def run_before(self, t_ms: int) -> None:
        """Run everything that is due before ``t_ms``."""
        ...


class LiveCall:
    """One call on the samples' clock. Not thread-safe."""

    def __init__(self, analyzer: Analyzer, machine: Machine) -> None:
        self.machine = machine
        self.probability = 0.0
        """The speech probability of the last frame, 0…1."""
        self.now_ms = 0
        """The length of the audio pushed so far, ms."""
        self._analyzer = analyzer
        self._taken = 0

    @property
    def config(self) -> ResolvedVoiceConfig:
        """The current settings; a new value applies to every decision from the next frame."""
        return self.machine.config

    @config.setter
    def config(self, config: ResolvedVoiceConfig) -> None:
        self.machine.config = config

    @property
    def sound(self) -> AgentSound | None:
        """The agent's sound at this moment, its pieces in ms on this call's clock."""
        return self.machine.sound

    def push(self, frame: NDArray[np.float32]) -> list[Event]:
        """Take the next frame, float32 ``[512]`` in -1…1 at 16 kHz; return the events in time order.

        Raises :class:`ValueError` for a frame of another length.
        """
        return self.decide(self.listen(frame))

    def listen(self, frame: NDArray[np.float32]) -> list[Observation]:
        """Analyse the next frame, float32 ``[512]``, and return its observations: the slow half of :meth:`push`.

        The agent does not change until :meth:`decide`, so ``sound`` may be read meanwhile. Raises
        :class:`ValueError` for a frame of another length.
        """
        probability, seen = self._analyzer.push(self._checked(frame)[None])
        self.probability = float(probability[-1])
        return seen

    def _checked(self, frame: NDArray[np.float32]) -> NDArray[np.float32]:
        if frame.shape != (FRAME_SAMPLES,):
            raise ValueError(f"a frame is {FRAME_SAMPLES} samples, not {frame.shape}")
        return frame

    def decide(self, seen: list[Observation]) -> list[Event]:
        """Pass a frame's observations to the machine; return the events in time order."""
        self.now_ms += FRAME_MS
        return self._advance(seen, self.now_ms + FRAME_MS)

    def finish(self) -> list[Event]:
        """End the call as if silence followed; return the remaining events."""
        return self._advance(self._analyzer.finish(), _FOREVER_MS)

    def _advance(self, seen: list[Observation], until_ms: int) -> list[Event]:
        for observation in seen:
            self.machine.observe(observation)
        self.machine.run_before(until_ms)
        fresh = self.machine.events[self._taken :]
        self._taken = len(self.machine.events)
        return fresh


@dataclass(frozen=True, slots=True)
class _Judging:
    """An end of speech that a worker is judging."""

    end: UnjudgedEnd
    verdict: Future[SpeechEnd]


class AsyncLiveCall(LiveCall):
    """A live call that waits for the end-of-turn model only when its answer can matter.

    Judging a pause takes longer than a frame. No pause gets a completeness above
    :attr:`~simulator.activity.analyzer.Analyzer.most_completeness`, so for a while the agent stays silent whatever
    the answer is. Frames continue meanwhile, and the machine gets the end of speech as soon as it is judged. Events
    have the same times as in :class:`LiveCall`; some arrive a frame or two later.

    ``workers`` judge the pauses; ``None`` judges them at once. :meth:`listen` waits for a worker only if the result
    could matter at once. Setting ``config`` waits while :attr:`judging` has work. Both raise what judging raised. A
    caller that must never wait uses :meth:`hear`, :attr:`awaited` and :meth:`revealed` instead. Not thread-safe.
    """

    def __init__(self, analyzer: Analyzer, machine: TurnMachine, workers: Executor | None) -> None:
        super().__init__(analyzer, machine)
        self._turns = machine
        self._workers = workers
        self._unsettled: list[Observation | _Judging] = []

    @property
    def judging(self) -> Future[SpeechEnd] | None:
        """The judgement in progress, or ``None``."""
        verdicts = (seen.verdict for seen in self._unsettled if isinstance(seen, _Judging))
        return next((verdict for verdict in verdicts if not verdict.done()), None)

    @property
    def awaited(self) -> Future[SpeechEnd] | None:
        """The judgement that :meth:`revealed` would wait for, or ``None``."""
        return None if self._can_wait() else self.judging

    @property
    def config(self) -> ResolvedVoiceConfig:
        """The current settings; a new value applies to every decision from the next frame."""
        return self.machine.config

    @config.setter
    def config(self, config: ResolvedVoiceConfig) -> None:
        if self._unsettled:
            for seen in self._settled():
                self.machine.observe(seen)
            self.machine.run_before(self.now_ms + FRAME_MS)
        self.machine.config = config

    def listen(self, frame: NDArray[np.float32]) -> list[Observation]:
        """Analyse the next frame, float32 ``[512]``; return the observations that are fully judged."""
        self.hear(frame)
        return self.revealed()

    def hear(self, frame: NDArray[np.float32]) -> None:
        """Analyse the next frame, float32 ``[512]``: the half of :meth:`listen` that never waits."""
        probability, heard = self._analyzer.hear(self._checked(frame)[None])
        self.probability = float(probability[-1])
        self._unsettled += map(self._begun, heard)

    def revealed(self) -> list[Observation]:
        """Return the observations that are fully judged: the other half of :meth:`listen`."""
        return [] if self._can_wait() else self._settled()

    def decide(self, seen: list[Observation]) -> list[Event]:
        """Pass observations to the machine; return the events in time order."""
        if self._unsettled:  # the machine's clock stops until it knows the end of speech
            self.now_ms += FRAME_MS
            return []
        return super().decide(seen)

    def finish(self) -> list[Event]:
        """End the call as if silence followed; return the remaining events."""
        for seen in self._settled():
            self.machine.observe(seen)
        return super().finish()

    def _advance(self, seen: list[Observation], until_ms: int) -> list[Event]:
        """Return the new events, and delete them here: a call may last for hours."""
        fresh = super()._advance(seen, until_ms)
        self.machine.events.clear()
        self._taken = 0
        del self._turns.sounds[:-1]
        return fresh

    def _begun(self, seen: Observation | UnjudgedEnd) -> Observation | _Judging:
        if not isinstance(seen, UnjudgedEnd):
            return seen
        return seen.judge() if self._workers is None else _Judging(seen, self._workers.submit(seen.judge))

    def _can_wait(self) -> bool:
        if len(self._unsettled) != 1 or not isinstance(judging := self._unsettled[0], _Judging):
            return False
        if judging.verdict.done():
            return False
        end, most = judging.end, self._analyzer.most_completeness
        ahead_ms = self.now_ms + 2 * FRAME_MS
        return self._turns.nothing_heard_before(ahead_ms, end.span, end.end_ms, end.known_ms, most)

    def _settled(self) -> list[Observation]:
        unsettled, self._unsettled = self._unsettled, []
        return [seen.verdict.result() if isinstance(seen, _Judging) else seen for seen in unsettled]


# ---- the agent of a live call


class SpokenAgent:
    """One call with the agent. ``judges`` judge pauses in the background; with ``None`` the call waits.

    The first sound and ``seed`` are the key of the latency draws. Not thread-safe.
    """

    def __init__(
        self,
        config: ResolvedVoiceConfig,
        profile: EngineProfile,
        scenario: Scenario,
        judge: EndOfTurnModel,
        renderer: AgentRenderer,
        judges: Executor | None,
        *,
        seed: int,
    ) -> None:
        analyzer = Analyzer(judge)
        self.machine = TurnMachine(config, profile, Script(scenario), recording=analyzer.sound_key, seed=seed)
        self.call = AsyncLiveCall(analyzer, self.machine, judges)
        self.renderer = renderer
        self.end_of_turn_model = analyzer.end_of_turn_model
        """The name of the end-of-turn model."""
        self._values = profile.values
        self.use(config)
        renderer.prepare_words(self.machine.planned_speech)

    def use(self, config: ResolvedVoiceConfig) -> None:
        """Change the settings from the next frame, and prepare the words that become likely."""
        if config is not self.call.config:
            self.call.config = config
        self.renderer.prepare_words(filler_texts(self._values, config))

    def prepare_sound(self) -> None:
        """Let the renderer prepare what the agent says, or is about to say. Call it after each decision."""
        self.renderer.prepare_words(self.machine.planned_speech)
        self.renderer.note(self.call.sound)
