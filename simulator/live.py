"""A call as it comes: push a frame of the caller's audio, get what happened.

The machine is the one that recordings drive, so a file pushed through here frame by frame gives the same events as
:func:`simulator.replay.play` in rigid replay, to the millisecond::

    call = LiveCall(Analyzer(end_of_turn_model()), machine)
    for frame in microphone:            # float32 [512] at 16 kHz, in order, none missing
        events = call.push(frame)       # all that happens before the *next* frame can be known
        mix(call.sound)                 # the agent's sound: when it plays, when it stops
    events = call.finish()

Time is the count of samples pushed, never a clock: a frame lasts 32 ms however late it arrives. Events come up to
one frame ahead of time, because nothing the caller does can be known before the next frame has been heard; that is
what lets an output start and stop on the sample. ``config`` may be set between frames and holds from the next one.
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
        self._taken = 0

    @property
    def config(self) -> ResolvedVoiceConfig:
        """The current settings; setting them changes every decision from the next frame on."""
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
        fresh = self.machine.events[self._taken :]
        self._taken = len(self.machine.events)
        return fresh


@dataclass(frozen=True, slots=True)
class _Judging:
    """An end of speech that a worker is judging."""

    end: UnjudgedEnd
    verdict: Future[SpeechEnd]


class AsyncLiveCall(LiveCall):
    """A live call that does not wait for the end-of-turn model while its answer cannot matter.

    Judging a pause takes longer than a frame lasts. No pause is judged above
    :attr:`~simulator.activity.analyzer.Analyzer.most_completeness`, so for a while the agent stays silent whatever
    the answer is. Frames go on meanwhile, and the end of speech reaches the machine as soon as it is judged. Events
    keep the times of :class:`LiveCall`; some come a frame or two later.

    ``workers`` judge the pauses; without any they are judged at once. :meth:`listen` waits for a worker only where
    the outcome could matter at once, and setting ``config`` waits while :attr:`judging` has work; both raise what
    judging raised. A caller that must never wait uses :meth:`hear`, :attr:`awaited` and :meth:`revealed` instead.
    Not safe for use from several threads at once.
    """

    def __init__(self, analyzer: Analyzer, machine: TurnMachine, workers: Executor | None) -> None:
        super().__init__(analyzer, machine)
        self._turns = machine
        self._workers = workers
        self._unsettled: list[Observation | _Judging] = []

    @property
    def judging(self) -> Future[SpeechEnd] | None:
        """What is being judged, if anything is."""
        verdicts = (seen.verdict for seen in self._unsettled if isinstance(seen, _Judging))
        return next((verdict for verdict in verdicts if not verdict.done()), None)

    @property
    def awaited(self) -> Future[SpeechEnd] | None:
        """What :meth:`revealed` would have to wait for, if anything."""
        return None if self._can_wait() else self.judging

    @property
    def config(self) -> ResolvedVoiceConfig:
        """The current settings; setting them changes every decision from the next frame on."""
        return self.machine.config

    @config.setter
    def config(self, config: ResolvedVoiceConfig) -> None:
        if self._unsettled:
            for seen in self._settled():
                self.machine.observe(seen)
            self.machine.run_before(self.now_ms + FRAME_MS)
        self.machine.config = config

    def listen(self, frame: NDArray[np.float32]) -> list[Observation]:
        """Hear the next frame and return what was revealed, by it or before, and is judged."""
        self.hear(frame)
        return self.revealed()

    def hear(self, frame: NDArray[np.float32]) -> None:
        """Hear the next frame, float32 ``[512]``: the half of :meth:`listen` that never waits."""
        probability, heard = self._analyzer.hear(self._checked(frame)[None])
        self.probability = float(probability[-1])
        self._unsettled += map(self._begun, heard)

    def revealed(self) -> list[Observation]:
        """Return what was revealed and is judged: the other half."""
        return [] if self._can_wait() else self._settled()

    def decide(self, seen: list[Observation]) -> list[Event]:
        """Take note of what was revealed; return what happened, in order of time."""
        if self._unsettled:  # the machine's clock stands still until it knows of the end of speech
            self.now_ms += FRAME_MS
            return []
        return super().decide(seen)

    def finish(self) -> list[Event]:
        """End the call as if silence followed; return what is still to happen."""
        for seen in self._settled():
            self.machine.observe(seen)
        return super().finish()

    def _advance(self, seen: list[Observation], until_ms: int) -> list[Event]:
        """Return what happened, and forget it: a call may go on for hours."""
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
    """One call with the agent. ``judges`` judge pauses in the background; with ``None`` the call waits for them.

    The first sound and ``seed`` key the draws of the models' latencies. Not safe for use from several threads at
    once.
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
        """What judges whether the caller has finished."""
        self._values = profile.values
        self.use(config)
        renderer.prepare_words(self.machine.planned_speech)

    def use(self, config: ResolvedVoiceConfig) -> None:
        """Change the settings from the next frame on, and prepare the words they make likely."""
        if config is not self.call.config:
            self.call.config = config
        self.renderer.prepare_words(filler_texts(self._values, config))

    def prepare_sound(self) -> None:
        """Let the renderer prepare what the agent says, or is about to say; call it after each decision."""
        self.renderer.prepare_words(self.machine.planned_speech)
        self.renderer.note(self.call.sound)
