"""A live call that does not wait for the end-of-turn model, as long as nothing can come of what it will say.

To judge a pause takes longer than a frame lasts. But no pause is judged above
:attr:`~simulator.activity.analyzer.Analyzer.most_completeness`, so for a while nothing can be heard of the agent
whatever the answer: meanwhile frames go on, and the end of speech reaches the machine as soon as it is judged. The
events are those of :class:`~simulator.live.LiveCall`, with the same times; some are told a frame or two later.
"""

from __future__ import annotations

from concurrent.futures import Executor, Future
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from presets.layers import ResolvedVoiceConfig
from simulator.activity.analyzer import Analyzer, UnjudgedEnd
from simulator.activity.model import FRAME_MS, Observation, SpeechEnd
from simulator.engine.events import Event
from simulator.engine.machine import TurnMachine
from simulator.live import LiveCall


@dataclass(frozen=True, slots=True)
class _Judging:
    """An end of speech that a worker is judging."""

    end: UnjudgedEnd
    verdict: Future[SpeechEnd]


class AsyncLiveCall(LiveCall):
    """A call whose pauses ``workers`` judge; without any they are judged at once.

    :meth:`listen` waits for a worker only where the outcome could matter at once, and setting ``config`` while
    there is something :attr:`judging`; both raise what judging raised. Who may not wait uses :meth:`hear`,
    :attr:`awaited` and :meth:`revealed` in its place. Not safe for use from several threads at once.
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
        """The settings in force; setting them changes every decision from the next frame on."""
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
