"""The turn-taking state machine: one object for recordings and for a microphone.

Feed it observations in time order, and let its own clock run in between::

    machine.observe(observation)   # what became known of the caller, at observation.known_ms
    machine.run_before(t_ms)       # everything the machine itself does before t_ms

The machine never looks ahead, so a recording on a virtual clock and live frames give the same events. ``config``
may be replaced at any time. It applies to every later decision; an answer already in preparation keeps its own
settings.
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
    """Decides when the agent thinks, speaks and stops, from what is known of the caller so far."""

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

        ``brief``: emit only the events that readouts need, without reasons and confidences. ``planner`` must be
        made for the same profile, script, recording and seed. A shared planner reuses answers between runs.
        """
        self.events: list[Event] = []
        self._config = config
        self._brief = brief
        self._due_ms = _UNKNOWN_MS
        """When the machine's next action is due; unknown after each action."""
        self._act: Act = "sound_end"
        self.mode = LISTENING
        self.turn = -1
        self.now_ms = self._reached_ms = 0
        self.last_finished_response_ms: int | None = None
        """When the agent last finished a response uninterrupted."""
        self._script = script
        self._caller = CallerState()
        self._playout = AgentPlayout()
        planner = planner or GenerationPlanner(profile.values, script, (seed, recording))
        self._answer = ResponseInProgress(profile.values, planner, self._emit, brief=brief)
        self._player = ResponsePlayer(
            profile.values, self._caller, self._answer, self._playout, self._emit, brief=brief
        )
        self._pause = PauseWatch(profile.values)
        self._heard_in: State = NO_STATE
        self._onset_ms = 0
        self._barged_in = self._silenced = False
        self._had_words = False
        if self._player.plan_greeting(script.scenario, config):
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
        """Run everything that is due before ``t_ms``."""
        while self.step_before(t_ms):
            pass
        if t_ms > self._reached_ms:
            self._reached_ms = t_ms

    def step_before(self, t_ms: int) -> bool:
        """Run the next action if it is due before ``t_ms``; return whether there was one."""
        due_ms = self._due_ms
        if due_ms == _UNKNOWN_MS:
            due_ms = self._next_ms()
        if due_ms >= t_ms:
            return False
        # after a change of settings an action may be overdue: it runs now, not in the past
        if due_ms < self._reached_ms:
            due_ms = self._reached_ms
        if due_ms > self.now_ms:
            self.now_ms = due_ms
        self._due_ms = _UNKNOWN_MS
        _ACTS[self._act](self)
        return True

    def observe(self, seen: Observation, shift_ms: int = 0) -> None:
        """Take an observation of the caller, ``shift_ms`` later than its own times.

        Observations come in order of ``known_ms``.
        """
        if self._brief and self.mode is CALLER and not isinstance(seen, (SpeechEnd, SpeechStart)):
            return  # nothing else within this span has an effect
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
            return  # the observation does not change the next action
        self._due_ms = _NEVER_MS if self.mode is CALLER and self._playout.sound is None else _UNKNOWN_MS

    def _next_ms(self) -> int:
        """Return when the machine's next action is due, ms."""
        if self._due_ms == _UNKNOWN_MS:
            due = self._soonest()
            if due is None:
                self._due_ms = _NEVER_MS
            else:
                self._due_ms, _, self._act = due
        return self._due_ms

    def _soonest(self) -> Due | None:
        """Return the machine's next action with its time and its order within one instant."""
        mode, player, found = self.mode, self._player, self._playout.next
        if mode is CALLER:
            return found
        if self._answer.generation is not None:
            due = self._answer.next()
            if due is not None and (found is None or due < found):
                found = due
        decided: tuple[int, Act] | None
        if mode is SPEAKING:
            decided = player.next_while_speaking(self._config, self.now_ms)
        elif mode is THINKING:
            decided = player.next(self._config)
        elif mode is PAUSE:
            ahead, policy = self._answer.generation is None, self._heard_in.turn_policy
            decided = self._pause.due(self._caller.ended, self._config, policy, ahead=ahead)
        else:
            decided = None if player.resume_ms is None else (player.resume_ms, "resumption")
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

    # ---- queries

    @property
    def response_sounding_since_ms(self) -> int | None:
        """When the response now playing began, ms, or ``None``."""
        return self._playout.response_since_ms

    @property
    def sounding_until_ms(self) -> int | None:
        """When the sound now playing will end, ms, or ``None``."""
        return self._playout.until_ms

    @property
    def sound(self) -> AgentSound | None:
        """The filler or response now playing. Its pieces are stretches of speech with their words, in ms."""
        return self._playout.sound

    @property
    def sounds(self) -> list[AgentSound]:
        """Every sound since the call began, including the current one."""
        return self._playout.played

    @property
    def planned_speech(self) -> tuple[tuple[Words, int], ...]:
        """The planned speech of the current answer, as far as it is known: words and their length, ms."""
        return self._player.planned_speech(self._config)

    @property
    def idle(self) -> bool:
        """Whether the agent has nothing to say and the caller is not speaking."""
        return self.mode is LISTENING and self._playout.sound is None and self._player.resume_ms is None

    @property
    def limits(self) -> EndOfTurnLimits:
        """The end-of-turn limits of the state in which the caller is heard."""
        return self._pause.limits(self._config, self._heard_in.turn_policy)

    def turn_confidence(self, now_ms: int) -> float | None:
        """Return the turn confidence at a moment of the current pause; ``None`` outside a pause."""
        return self._pause.policy.confidence(self._caller.ended, now_ms) if self.mode is PAUSE else None

    def nothing_heard_before(self, t_ms: int, span: int, end_ms: int, known_ms: int, most: float) -> bool:
        """Whether nothing would be heard or confirmed before ``t_ms`` if the caller's speech ended now.

        Span ``span`` ends at ``end_ms``, known at ``known_ms``, with a completeness of ``most`` or less. An eager
        answer may still start, unheard. Also false where the result is not known.
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
        """Note that the caller gave up waiting for the agent; elastic replay calls this."""
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
                self._player.discard_in_pause()
            self.mode = CALLER
        elif self.mode is THINKING:
            self._reopen()

    def _reopen(self) -> None:
        """Continue the turn: the caller resumed before the response was heard."""
        self._player.discard_after_end(self.now_ms)
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
        elif self.mode is SPEAKING or (self.mode is THINKING and self._playout.heard):
            self._player.emit_too_short(self._config)

    def _begin_turn(self, *, barged_in: bool = False) -> None:
        self.turn += 1
        self._pause.speculations = 0
        self._onset_ms = self._caller.start_ms
        self._barged_in = barged_in
        self._had_words = self._caller.span not in self._script.wordless
        self._player.resume_ms = None
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
        self._player.await_answer(ended.end_ms, generation.opening.said_in.turn_policy)
        self._answer.confirm(self._config, now_ms)

    # ---- the agent's sound and barge-in

    def _speak(self, say: Callable[[ResolvedVoiceConfig, int, int], bool]) -> None:
        if say(self._config, self.now_ms, self.turn):
            self.mode = SPEAKING
            self._silenced = False

    def _end_sound(self) -> None:
        sound = self._player.end()
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
        self._player.hold(reason, self._config, self.now_ms)

    def _barge_in(self) -> None:
        self._player.stop(self._config, self.now_ms)
        self._begin_turn(barged_in=True)

    def _fall_silent(self) -> None:
        """Wait for the caller's words: a barge-in without words needs no answer."""
        self.mode = LISTENING
        self._silenced = True
        self._player.plan_resumption(self._config, self.now_ms)


_ACTS: Mapping[Act, Callable[[TurnMachine], None]] = {
    "sound_end": TurnMachine._end_sound,
    "underrun": lambda one: one._player.emit_underrun(),
    "timeout": lambda one: one._end_turn("timeout"),
    "confidence": lambda one: one._end_turn("confidence"),
    "eager": TurnMachine._become_eager,
    "barge_in": TurnMachine._barge_in,
    "shield": lambda one: one._hold("shield"),
    "cooldown": lambda one: one._hold("cooldown"),
    "laughter": lambda one: one._hold("laughter"),
    "navigation": lambda one: one._answer.emit_navigation(),
    "tool": lambda one: one._answer.emit_tool(),
    "response": lambda one: one._speak(one._player.say_response),
    "filler": lambda one: one._speak(one._player.say_filler),
    "resumption": lambda one: one._speak(one._player.resume),
    "greeting": lambda one: one._speak(one._player.greet),
}
"""How the machine performs each of its own actions."""
