"""The turn-taking state machine: one object for recordings and for a microphone.

Feed it observations in time order and let its own clock run in between::

    machine.observe(observation)   # what became known of the caller, at observation.known_ms
    machine.run_before(t_ms)       # everything the machine itself does before t_ms

It never looks ahead, so a recording on a virtual clock and frames as they come give the same events. ``config``
may be replaced between calls and holds for every decision after that; what is being generated already keeps the
settings it was begun with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Concatenate

from presets.layers import ResolvedVoiceConfig
from simulator.activity.model import Observation, Resumption, SpeechEnd, SpeechStart
from simulator.engine.barge_in import Reason
from simulator.engine.caller import CALLER, LISTENING, ORDER, PAUSE, SPEAKING, THINKING, Act, CallerState, Due
from simulator.engine.chunks import Words
from simulator.engine.end_of_turn import EndOfTurnLimits, EndReason, PauseWatch
from simulator.engine.events import (
    MEASURED,
    EagerEndOfTurn,
    EndOfTurn,
    Event,
    MissedResponse,
    P,
    SpeechEnded,
    SpeechStarted,
)
from simulator.engine.generation import GenerationPlanner
from simulator.engine.profile import EngineProfile
from simulator.engine.response import ResponseInProgress
from simulator.engine.response_player import ResponsePlayer
from simulator.engine.scenario import NO_STATE, Script, State
from simulator.engine.sound import AgentPlayout, AgentSound
from simulator.engine.why import UNASKED, Why, silence_why, speech_why

if TYPE_CHECKING:
    from simulator.audio.source import SoundKey

_UNKNOWN_MS, _NEVER_MS = -1, 1 << 62


class TurnMachine:
    """Decides, from what is known of the caller so far, when the agent thinks, speaks and stops."""

    def __init__(
        self,
        config: ResolvedVoiceConfig,
        profile: EngineProfile,
        script: Script,
        *,
        recording: str | SoundKey,
        seed: int = 0,
        brief: bool = False,
        planner: GenerationPlanner | None = None,
    ) -> None:
        """Begin a call.

        ``brief``: report only events that readouts need, without reasons and confidences.
        ``planner`` is one that was made for the same profile, script, recording and seed: it remembers answers.
        """
        self.events: list[Event] = []
        self._config = config
        self._brief = brief
        self._due_ms = _UNKNOWN_MS
        """When the next thing happens that the machine does by itself; unknown again after each that happened."""
        self._act: Act = "sound_end"
        self.mode = LISTENING
        self.turn = -1
        self.now_ms = self._reached_ms = 0
        self.last_finished_response_ms: int | None = None
        """When the agent last came to the end of a response by itself."""
        self._script = script
        self._caller = CallerState()
        self._floor = AgentPlayout()
        planner = planner or GenerationPlanner(profile.values, script, (seed, recording))
        self._answer = ResponseInProgress(profile.values, planner, self._emit, brief=brief)
        self._delivery = ResponsePlayer(
            profile.values, self._caller, self._answer, self._floor, self._emit, brief=brief
        )
        self._pause = PauseWatch(profile.values)
        self._heard_in: State = NO_STATE
        self._onset_ms = 0
        self._barged_in = self._silenced = False
        self._had_words = False
        if self._delivery.plan_greeting(script.scenario, config):
            self.mode = SPEAKING

    # ---- the clock

    @property
    def config(self) -> ResolvedVoiceConfig:
        """The current settings."""
        return self._config

    @config.setter
    def config(self, config: ResolvedVoiceConfig) -> None:
        self._config = config
        self._due_ms = _UNKNOWN_MS

    def run_before(self, t_ms: int) -> None:
        """Let everything happen that is due before ``t_ms``."""
        while self.step_before(t_ms):
            pass
        if t_ms > self._reached_ms:
            self._reached_ms = t_ms

    def step_before(self, t_ms: int) -> bool:
        """Let the next thing happen if it is due before ``t_ms``; return whether something did."""
        due_ms = self._due_ms
        if due_ms == _UNKNOWN_MS:
            due_ms = self._next_ms()
        if due_ms >= t_ms:
            return False
        # under settings that were changed since, it may have been due already: it happens now, not in the past
        if due_ms < self._reached_ms:
            due_ms = self._reached_ms
        if due_ms > self.now_ms:
            self.now_ms = due_ms
        self._due_ms = _UNKNOWN_MS
        _ACTS[self._act](self)
        return True

    def observe(self, seen: Observation, shift_ms: int = 0) -> None:
        """Take note of something that became known of the caller, ``shift_ms`` later than it says.

        Observations come in order of ``known_ms``.
        """
        if self._brief and self.mode is CALLER and not isinstance(seen, (SpeechEnd, SpeechStart)):
            return  # until this span ends, nothing in it changes what happens
        known_ms = seen.known_ms + shift_ms
        if self._due_ms < known_ms:  # also where it is unknown
            self.run_before(known_ms)
        if known_ms > self.now_ms:
            self.now_ms = known_ms
        if known_ms > self._reached_ms:
            self._reached_ms = known_ms
        self._caller.note(seen, shift_ms)
        if isinstance(seen, SpeechStart):
            self._on_speech_start()
        elif isinstance(seen, SpeechEnd):
            self._on_speech_end()
        elif self.mode is THINKING and isinstance(seen, Resumption):
            self._reopen()
        elif self.mode is not SPEAKING:
            return  # what happens next does not depend on it
        self._due_ms = _NEVER_MS if self.mode is CALLER and self._floor.sound is None else _UNKNOWN_MS

    def _next_ms(self) -> int:
        """Return when the machine will do something by itself; that changes only when something happened."""
        if self._due_ms == _UNKNOWN_MS:
            due = self._soonest()
            if due is None:
                self._due_ms = _NEVER_MS
            else:
                self._due_ms, _, self._act = due
        return self._due_ms

    def _soonest(self) -> Due | None:
        """Return what the machine will do next by itself: when, in which order within one instant, and what."""
        mode, delivery, found = self.mode, self._delivery, self._floor.next
        if mode is CALLER:
            return found
        if self._answer.generation is not None:
            due = self._answer.next()
            if due is not None and (found is None or due < found):
                found = due
        decided: tuple[int, Act] | None
        if mode is SPEAKING:
            decided = delivery.next_while_speaking(self._config, self.now_ms)
        elif mode is THINKING:
            decided = delivery.next(self._config)
        elif mode is PAUSE:
            ahead, policy = self._answer.generation is None, self._heard_in.turn_policy
            decided = self._pause.due(self._caller.ended, self._config, policy, ahead=ahead)
        else:
            decided = None if delivery.resume_ms is None else (delivery.resume_ms, "resumption")
        if decided is None:
            return found
        at_ms, act = decided
        due = (at_ms, ORDER[act], act)
        return due if found is None or due < found else found

    def _emit(
        self,
        kind: Callable[Concatenate[int, int, Why, P], Event],
        why: Callable[[], Why],
        turn: int | None = None,
        /,
        *args: P.args,
        **facts: P.kwargs,
    ) -> None:
        if not self._brief:
            reason = why()
        elif kind in MEASURED:
            reason = UNASKED
        else:
            return
        self.events.append(kind(self.now_ms, self.turn if turn is None else turn, reason, *args, **facts))

    # ---- what others may ask

    @property
    def response_sounding_since_ms(self) -> int | None:
        """When the response now being heard began, or ``None``."""
        return self._floor.response_since_ms

    @property
    def sounding_until_ms(self) -> int | None:
        """When the sound now being heard will end, or ``None``."""
        return self._floor.until_ms

    @property
    def sound(self) -> AgentSound | None:
        """The filler or response now being heard: its pieces are stretches of speech with their words, in ms."""
        return self._floor.sound

    @property
    def sounds(self) -> list[AgentSound]:
        """Every sound since the call began, the one now being heard included."""
        return self._floor.played

    @property
    def planned_speech(self) -> tuple[tuple[Words, int], ...]:
        """What the answer under way will say, as far as is known: words, and how long they will last, in ms."""
        return self._delivery.planned_speech(self._config)

    @property
    def idle(self) -> bool:
        """Whether the agent has nothing to say and hears no speech."""
        return self.mode is LISTENING and self._floor.sound is None and self._delivery.resume_ms is None

    @property
    def limits(self) -> EndOfTurnLimits:
        """What ends a turn, or begins an answer ahead of its end, in the state the caller is now heard in."""
        return self._pause.limits(self._config, self._heard_in.turn_policy)

    def turn_confidence(self, now_ms: int) -> float | None:
        """Return the turn confidence at a moment of the pause under way; ``None`` outside a pause."""
        return self._pause.policy.confidence(self._caller.ended, now_ms) if self.mode is PAUSE else None

    def nothing_heard_before(self, t_ms: int, span: int, end_ms: int, known_ms: int, most: float) -> bool:
        """Whether nothing is heard or confirmed before ``t_ms``, if the caller's speech ended, however it sounded.

        Span ``span`` then ended at ``end_ms``, known at ``known_ms``, and is judged ``most`` finished or less. An
        answer may have been begun ahead of time all the same, unheard. False also where it is not known.
        """
        if self._next_ms() < t_ms:
            return False
        if self.mode is not CALLER:
            return self.mode in (SPEAKING, THINKING)
        if self._barged_in and not self._had_words:
            return False
        limits = self._pause.limits(self._config, self._script.heard_in(span, self.turn).turn_policy)
        return self._pause.policy.end(SpeechEnd(known_ms, end_ms, span, most), limits)[0] >= t_ms

    def miss_response(self, anchor: str, waited_ms: int) -> None:
        """Note that the caller gave up waiting for the agent (said by a replay, which knows the caller's side)."""
        self._emit(
            MissedResponse,
            lambda: Why("anchor_missed", {"waited_s": waited_ms / 1000, "anchor": anchor}),
            waited_ms=waited_ms,
        )

    # ---- the caller

    def _on_speech_start(self) -> None:
        caller = self._caller
        if self.mode is LISTENING:
            self._begin_turn(barged_in=self._silenced)
        if not self._brief:
            self._emit(SpeechStarted, speech_why, start_ms=caller.start_ms, span=caller.span)
        self._had_words = self._had_words or caller.span not in self._script.wordless
        if self.mode is PAUSE:
            if self._answer.generation is not None:
                self._delivery.discard_in_pause()
            self.mode = CALLER
        elif self.mode is THINKING:
            self._reopen()

    def _reopen(self) -> None:
        """The caller goes on while nothing is heard of the agent, before it or after a filler: same turn."""
        self._delivery.discard_after_end(self.now_ms)
        self.mode = CALLER

    def _on_speech_end(self) -> None:
        caller, ended = self._caller, self._caller.ended
        if not self._brief:
            self._emit(
                SpeechEnded, silence_why, end_ms=ended.end_ms, span=ended.span, completeness=ended.completeness
            )
        if self.mode is CALLER:
            self._heard_in = self._script.heard_in(caller.span, self.turn)
            if self._barged_in and not self._had_words:
                self._fall_silent()
            else:
                self.mode = PAUSE
        elif self.mode is SPEAKING or (self.mode is THINKING and self._floor.heard):
            self._delivery.tell_too_short(self._config)

    def _begin_turn(self, *, barged_in: bool = False) -> None:
        self.turn += 1
        self._pause.speculations = 0
        self._onset_ms = self._caller.start_ms
        self._barged_in = barged_in
        self._had_words = self._caller.span not in self._script.wordless
        self._delivery.resume_ms = None
        self.mode = CALLER

    # ---- end of turn

    def _become_eager(self) -> None:
        self._pause.speculations += 1
        ended, now_ms = self._caller.ended, self.now_ms
        generation = self._answer.begin(self._caller.span, self.turn, self._config, now_ms)
        self._emit(
            EagerEndOfTurn,
            lambda: self._pause.policy.why_eager(ended, self.limits, now_ms),
            generation=generation.number,
        )

    def _end_turn(self, reason: EndReason) -> None:
        ended, now_ms = self._caller.ended, self.now_ms
        eager = self._answer.generation
        self.mode = THINKING
        generation = eager or self._answer.begin(ended.span, self.turn, self._config, now_ms)
        self._emit(
            EndOfTurn,
            lambda: self._pause.policy.why_end(reason, ended, self.limits, now_ms),
            reason=reason,
            onset_ms=self._onset_ms,
            confidence=0.0 if self._brief else round(self._pause.policy.confidence(ended, now_ms), 4),
            speech_end_ms=ended.end_ms,
            span=ended.span,
            generation=generation.number,
            head_start_ms=now_ms - generation.started_ms if eager else 0,
        )
        self._delivery.await_answer(ended.end_ms, generation.opening.said_in.turn_policy)
        self._answer.confirm(self._config, now_ms)

    # ---- the agent's sound, and barge-in

    def _speak(self, say: Callable[[ResolvedVoiceConfig, int, int], bool]) -> None:
        if say(self._config, self.now_ms, self.turn):
            self.mode = SPEAKING
            self._silenced = False

    def _end_sound(self) -> None:
        sound = self._delivery.end()
        if sound.kind == "response" and not sound.stopped:
            self.last_finished_response_ms = self.now_ms
        if self.mode is not SPEAKING:
            return
        if self._answer.generation is not None:
            self.mode = THINKING
            if self._caller.voiced:
                self._reopen()
            return
        if self._caller.open:
            self._begin_turn()
        else:
            self.mode = LISTENING

    def _hold(self, reason: Reason) -> None:
        self._delivery.hold(reason, self._config, self.now_ms)

    def _barge_in(self) -> None:
        self._delivery.stop(self._config, self.now_ms)
        self._begin_turn(barged_in=True)

    def _fall_silent(self) -> None:
        """After a barge-in that held no words there is nothing to answer: wait for the caller's words."""
        self.mode = LISTENING
        self._silenced = True
        self._delivery.plan_resumption(self._config, self.now_ms)


_ACTS: Mapping[Act, Callable[[TurnMachine], None]] = {
    "sound_end": TurnMachine._end_sound,
    "underrun": lambda one: one._delivery.tell_underrun(),
    "timeout": lambda one: one._end_turn("timeout"),
    "confidence": lambda one: one._end_turn("confidence"),
    "eager": TurnMachine._become_eager,
    "barge_in": TurnMachine._barge_in,
    "shield": lambda one: one._hold("shield"),
    "cooldown": lambda one: one._hold("cooldown"),
    "laughter": lambda one: one._hold("laughter"),
    "navigation": lambda one: one._answer.tell_navigation(),
    "tool": lambda one: one._answer.tell_tool(),
    "response": lambda one: one._speak(one._delivery.say_response),
    "filler": lambda one: one._speak(one._delivery.say_filler),
    "resumption": lambda one: one._speak(one._delivery.resume),
    "greeting": lambda one: one._speak(one._delivery.greet),
}
"""How the machine does each thing that it does by itself."""
