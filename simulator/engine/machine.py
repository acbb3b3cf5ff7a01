"""The turn-taking state machine: one object for recordings and for a microphone.

Feed it observations in time order and let its own clock run in between::

    machine.observe(observation)   # what became known of the caller, at observation.known_ms
    machine.run_before(t_ms)       # everything the machine itself does before t_ms

It never looks ahead, so a recording on a virtual clock and frames as they come give the same events. ``config``
may be replaced between calls and holds for every decision after that; what is being generated already keeps the
settings it was begun with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from functools import partial
from typing import Any, Literal

from presets.layers import ResolvedVoiceConfig
from simulator.activity.model import Observation, Resumption, SpeechEnd, SpeechStart
from simulator.engine.answer import Answer, Due
from simulator.engine.barge_in import BargeInRule, Reason, what_was_said
from simulator.engine.caller import CallerState
from simulator.engine.chunks import CHOPPY_WORDS, Words, chunks_at, voice_of
from simulator.engine.end_of_turn import EndOfTurnRule, Verdict
from simulator.engine.events import Event, Why, silence_why, speech_why
from simulator.engine.floor import Floor
from simulator.engine.generation import Generation
from simulator.engine.profile import EngineProfile
from simulator.engine.scenario import NO_STATE, State
from simulator.engine.script import Script
from simulator.engine.sound import AgentSound, filler_sound, response_sound, sentences_left
from simulator.engine.stages import stages_ms


class Mode(Enum):
    """Where the conversation stands."""

    LISTENING = "listening"
    CALLER = "caller"
    PAUSE = "pause"
    THINKING = "thinking"
    SPEAKING = "speaking"


class TurnMachine:
    """Decides, from what is known of the caller so far, when the agent thinks, speaks and stops."""

    def __init__(
        self,
        config: ResolvedVoiceConfig,
        profile: EngineProfile,
        script: Script,
        *,
        recording: str,
        seed: int = 0,
    ) -> None:
        self.config = config
        self.events: list[Event] = []
        self.mode = Mode.LISTENING
        self.turn = -1
        self.now_ms = self._reached_ms = 0
        self.last_finished_response_ms: int | None = None
        """When the agent last came to the end of a response by itself."""
        self._values = profile.values
        self._script = script
        self._caller = CallerState()
        self._floor = Floor()
        self._answer = Answer(profile.values, script, (seed, recording), self._emit)
        self._end_rule = EndOfTurnRule(profile.values)
        self._barge_in_rule = BargeInRule()
        self._pause_acts: dict[Verdict, tuple[int, Callable[[], None]]] = {
            "timeout": (2, partial(self._end_turn, "timeout")),
            "confidence": (3, partial(self._end_turn, "confidence")),
            "eager": (4, self._become_eager),
        }
        self._heard_in: State = NO_STATE
        self._said_in: State = NO_STATE
        self._onset_ms = 0
        self._speech_end_ms = 0
        self._barged_in = self._silenced = False
        self._had_words = False
        self._unsaid: tuple[Words, ...] = ()
        self._resume_ms: int | None = None

    # ---- the clock

    def run_before(self, t_ms: int) -> None:
        """Let everything happen that is due before ``t_ms``."""
        while self.step_before(t_ms):
            pass
        self._reached_ms = max(self._reached_ms, t_ms)

    def step_before(self, t_ms: int) -> bool:
        """Let the next thing happen if it is due before ``t_ms``; return whether something did."""
        timers = self._timers()
        if not timers:
            return False
        due_ms, _, act = min(timers)
        if due_ms >= t_ms:
            return False
        # under settings that were changed since, it may have been due already: it happens now, not in the past
        self.now_ms = max(self.now_ms, due_ms, self._reached_ms)
        act()
        return True

    def observe(self, seen: Observation) -> None:
        """Take note of something that became known of the caller; observations come in order of ``known_ms``."""
        self.run_before(seen.known_ms)
        self.now_ms = max(self.now_ms, seen.known_ms)
        self._caller.note(seen)
        if isinstance(seen, SpeechStart):
            self._on_speech_start()
        elif isinstance(seen, SpeechEnd):
            self._on_speech_end()
        elif isinstance(seen, Resumption) and self.mode is Mode.THINKING:
            self._reopen()

    def _timers(self) -> list[Due]:
        """Return what the machine will do by itself: when, in which order within one instant, and what.

        The order within one instant is: sound ends, underrun, timeout, end of turn, eager, barge-in, navigation,
        tools, response, filler, resumption.
        """
        timers: list[Due] = []
        floor, mode = self._floor, self.mode
        if floor.sound is None and (mode is Mode.CALLER or (mode is Mode.LISTENING and self._resume_ms is None)):
            return timers
        if floor.sound is not None:
            timers.append((floor.sound.end_ms, 0, self._end_sound))
            if floor.underruns:
                timers.append((floor.underruns[0][0], 1, self._tell_underrun))
        if self._answer.generation is not None:
            self._answer.add_timers(timers)
        if mode is Mode.PAUSE:
            may_speculate = self._answer.generation is None
            patience = self._end_rule.patience(self.config, self._heard_in.turn_policy)
            for at_ms, verdict in self._end_rule.next(self._caller, patience, may_speculate=may_speculate):
                timers.append((at_ms, *self._pause_acts[verdict]))
        elif mode is Mode.THINKING:
            self._add_sound_timers(timers)
        elif mode is Mode.SPEAKING:
            self._add_barge_in_timer(timers)
        elif self._resume_ms is not None and mode is Mode.LISTENING:
            timers.append((self._resume_ms, 10, self._resume_sentence))
        return timers

    def _emit(self, kind: str, why: Why, **data: Any) -> None:
        self.events.append(Event(kind, self.now_ms, self.turn, why, data))

    # ---- what others may ask

    @property
    def response_sounding_since_ms(self) -> int | None:
        """When the response now being heard began, or ``None``."""
        sound = self._floor.sound
        return sound.start_ms if sound and sound.kind == "response" and not sound.stopped else None

    @property
    def sounding_until_ms(self) -> int | None:
        """When the sound now being heard will end, or ``None``."""
        return self._floor.sound.end_ms if self._floor.sound else None

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
        generation = self._answer.generation
        return tuple((chunk.words, chunk.duration_ms) for chunk in generation.plan) if generation else ()

    @property
    def idle(self) -> bool:
        """Whether the agent has nothing to say and hears nobody."""
        return self.mode is Mode.LISTENING and self._floor.sound is None and self._resume_ms is None

    @property
    def threshold(self) -> float:
        """The turn confidence that ends a turn in the state the caller is now heard in."""
        return self._end_rule.patience(self.config, self._heard_in.turn_policy).threshold

    @property
    def eager_threshold(self) -> float | None:
        """The turn confidence that begins an answer ahead of time in that state; ``None``: none does."""
        return self._end_rule.patience(self.config, self._heard_in.turn_policy).eager

    def turn_confidence(self, now_ms: int) -> float | None:
        """Return the turn confidence at a moment of the pause under way; ``None`` outside a pause."""
        return self._end_rule.confidence(self._caller, now_ms) if self.mode is Mode.PAUSE else None

    def nothing_heard_before(self, t_ms: int, span: int, end_ms: int, known_ms: int, most: float) -> bool:
        """Whether nothing is heard or confirmed before ``t_ms``, if the caller's speech ended, however it sounded.

        Span ``span`` then ended at ``end_ms``, known at ``known_ms``, and is judged ``most`` finished or less. An
        answer may have been begun ahead of time all the same: nobody hears that. False also where it is not known.
        """
        if any(due_ms < t_ms for due_ms, _, _ in self._timers()):
            return False
        if self.mode is not Mode.CALLER:
            return self.mode is Mode.SPEAKING
        if self._barged_in and not self._had_words:
            return False
        ended = replace(self._caller, end_ms=end_ms, completeness=most, completeness_known_ms=known_ms)
        patience = self._end_rule.patience(self.config, self._script.heard_in(span, self.turn).turn_policy)
        return all(due_ms >= t_ms for due_ms, _ in self._end_rule.next(ended, patience, may_speculate=False))

    def miss_response(self, anchor: str, waited_ms: int) -> None:
        """Note that the caller gave up waiting for the agent (said by a replay, which knows the caller's side)."""
        why = Why("anchor_missed", {"waited_s": waited_ms / 1000, "anchor": anchor})
        self._emit("missed_response", why, waited_s=waited_ms / 1000)

    # ---- the caller

    def _on_speech_start(self) -> None:
        caller = self._caller
        if self.mode is Mode.LISTENING:
            self._begin_turn(barged_in=self._silenced)
        self._emit("speech_start", speech_why(), start=caller.start_ms / 1000, span=caller.span)
        self._had_words = self._had_words or caller.span not in self._script.wordless
        if self.mode is Mode.PAUSE:
            if self._answer.generation is not None:
                silence_ms = caller.start_ms - caller.end_ms
                discarded = self._answer.discard()
                self._emit("turn_resumed", Why("resumed", {"silence_ms": silence_ms}), discarded=discarded)
            self.mode = Mode.CALLER
        elif self.mode is Mode.THINKING:
            self._reopen()

    def _reopen(self) -> None:
        """The caller goes on while nothing is heard of the agent, before it or after a filler: same turn."""
        after_ms = self.now_ms - (self._answer.confirmed_ms or 0)
        rule = "reopened" if self._floor.silent else "reopened_after_filler"
        discarded = self._answer.discard()
        self._emit("turn_reopened", Why(rule, {"after_ms": after_ms}), discarded=discarded)
        self.mode = Mode.CALLER

    def _on_speech_end(self) -> None:
        caller = self._caller
        self._emit(
            "speech_end",
            silence_why(),
            end=caller.end_ms / 1000,
            span=caller.span,
            completeness=caller.completeness,
        )
        if self.mode is Mode.CALLER:
            self._heard_in = self._script.heard_in(caller.span, self.turn)
            if self._barged_in and not self._had_words:
                self._fall_silent()
            else:
                self.mode = Mode.PAUSE
        elif self.mode is Mode.SPEAKING or (self.mode is Mode.THINKING and self._floor.heard):
            too_short = self._barge_in_rule.too_short(caller, self._floor.audible(), self.config)
            if too_short is not None:
                self._emit("barge_in_suppressed", too_short, reason="too_short", span=caller.span)

    def _begin_turn(self, *, barged_in: bool = False) -> None:
        self.turn += 1
        self._end_rule.begin_turn()
        self._onset_ms = self._caller.start_ms
        self._barged_in = barged_in
        self._had_words = self._caller.span not in self._script.wordless
        self._resume_ms = None
        self.mode = Mode.CALLER

    # ---- end of turn

    def _become_eager(self) -> None:
        patience = self._end_rule.patience(self.config, self._heard_in.turn_policy)
        why = self._end_rule.speculate(self._caller, patience, self.now_ms)
        generation = self._answer.begin(self._caller.span, self.turn, self._heard_in, self.config, self.now_ms)
        self._emit("eager_end_of_turn", why, generation=generation.number)

    def _end_turn(self, reason: Literal["timeout", "confidence"]) -> None:
        caller, now_ms = self._caller, self.now_ms
        patience = self._end_rule.patience(self.config, self._heard_in.turn_policy)
        why = self._end_rule.why(reason, caller, patience, now_ms)
        certainty = self._end_rule.confidence(caller, now_ms)
        eager = self._answer.generation
        self._speech_end_ms = caller.end_ms
        self._silenced = False
        self._floor.clear()
        self.mode = Mode.THINKING
        generation = eager or self._answer.begin(caller.span, self.turn, self._heard_in, self.config, now_ms)
        self._emit(
            "end_of_turn",
            why,
            reason=reason,
            onset=self._onset_ms / 1000,
            confidence=round(certainty, 4),
            speech_end=caller.end_ms / 1000,
            span=caller.span,
            generation=generation.number,
            head_start_ms=now_ms - generation.started_ms if eager else 0,
        )
        self._said_in = self._script.scenario.state_of(generation.line)
        self._answer.confirm(self.config, now_ms)

    # ---- the agent's sound

    def _add_sound_timers(self, timers: list[Due]) -> None:
        sound, generation = self._floor.sound, self._answer.generation
        if generation is None:
            return
        free_ms = sound.end_ms if sound else 0
        due_ms = max(generation.ready_ms, self._answer.quiet_until_ms(self.config), free_ms)
        timers.append((due_ms, 8, self._start_response))
        filler = self._answer.fillers.next()
        if filler is not None and filler[0] < due_ms:
            from_ms = self._answer.fillers_from_ms(self.config)
            timers.append((max(filler[0], free_ms, from_ms), 9, self._start_filler))

    def _start_filler(self) -> None:
        found = self._answer.take_filler(self.config, self.now_ms, silent=self._floor.silent)
        generation = self._answer.generation
        if found is None or generation is None:
            return
        text, kind, why = found
        voice = voice_of(self._values, self.config.tts_model, self.config.min_tts_speed)
        lasts_ms = voice.lasts_ms(tuple(text.split()))
        self._floor.play(filler_sound(text, self.now_ms, lasts_ms, generation.number, self.turn))
        self.mode = Mode.SPEAKING
        self._emit("filler_start", why, text=text, occasion=kind, until=(self.now_ms + lasts_ms) / 1000)

    def _start_response(self) -> None:
        quiet_until_ms = self._answer.quiet_until_ms(self.config)
        generation, confirmed_ms = self._answer.finish()
        overhang_ms = max(0, self.now_ms - max(generation.ready_ms, quiet_until_ms))
        self._floor.play(
            response_sound(generation.chunks, generation.sentences, self.now_ms, generation.number, self.turn)
        )
        self.mode = Mode.SPEAKING
        self._tell_truncation(generation)
        waited = f", and waited {overhang_ms} ms for the filler to end" if overhang_ms else ""
        why = Why("response", {"ready_s": generation.ready_ms / 1000, "waited": waited})
        self._tell_response(
            why,
            filler_overhang_ms=overhang_ms,
            stages_ms=stages_ms(
                generation, self._speech_end_ms, confirmed_ms, quiet_until_ms - confirmed_ms, self.now_ms
            ),
        )

    def _tell_truncation(self, generation: Generation) -> None:
        if not generation.words_cut:
            return
        limits = {
            "sentences": str(self.config.max_response_sentences or "none"),
            "words": str(self.config.max_response_words or "none"),
        }
        self._emit(
            "response_truncated",
            Why("truncated", limits, float(generation.words_cut)),
            generation=generation.number,
            words_cut=generation.words_cut,
        )

    def _tell_response(self, why: Why, **more: Any) -> None:
        sound = self._floor.sound
        assert sound is not None
        first_words = len(sound.pieces[0].words)
        self._emit(
            "response_start",
            why,
            generation=sound.generation,
            text=sound.text,
            until=sound.end_ms / 1000,
            chunks=len(sound.pieces),
            first_chunk_words=first_words,
            choppy=first_words < CHOPPY_WORDS,
            **more,
        )

    def _tell_underrun(self) -> None:
        _, late_ms = self._floor.underruns.pop(0)
        self._emit("underrun", Why("underrun", {"late_ms": late_ms}, float(late_ms)), late_ms=late_ms)

    def _end_sound(self) -> None:
        sound = self._floor.end()
        latency_ms = self._values.stop_latency_ms.value
        why = Why("stopped", {"latency_ms": latency_ms}) if sound.stopped else Why("sound_end", {})
        data = {"interrupted": sound.stopped, "generation": sound.generation}
        self.events.append(Event(f"{sound.kind}_end", self.now_ms, sound.turn, why, data))
        if sound.kind == "response" and not sound.stopped:
            self.last_finished_response_ms = self.now_ms
        if self.mode is not Mode.SPEAKING:
            return
        if self._answer.generation is not None:
            self.mode = Mode.THINKING
            if self._caller.voiced:
                self._reopen()
            return
        if self._caller.open:
            self._begin_turn()
        else:
            self.mode = Mode.LISTENING

    # ---- barge-in

    def _add_barge_in_timer(self, timers: list[Due]) -> None:
        if self._floor.sound is None or not self._caller.voiced:
            return
        policy = self._said_in.turn_policy
        found = self._barge_in_rule.next(
            self._caller, self._floor.audible(), self.config, self.now_ms, policy, self._floor.began_ms
        )
        if found is not None:
            due_ms, verdict = found
            timers.append((due_ms, 5, self._barge_in if verdict == "barge_in" else partial(self._hold, verdict)))

    def _hold(self, reason: Reason) -> None:
        policy = self._said_in.turn_policy
        why = self._barge_in_rule.hold(
            reason, self._caller, self._floor.audible(), self.config, self.now_ms, policy, self._floor.began_ms
        )
        self._emit("barge_in_suppressed", why, reason=reason, span=self._caller.span)

    def _barge_in(self) -> None:
        sound = self._floor.sound
        assert sound is not None
        why = self._barge_in_rule.strike(self._caller, self._floor.audible(), self.config, self.now_ms)
        self._floor.stop(sound, self.now_ms + round(self._values.stop_latency_ms.value))
        generation = self._answer.generation
        ready = generation is None or 0 < generation.ready_ms <= self.now_ms
        self._unsaid = sentences_left(sound) if generation is None else generation.sentences if ready else ()
        discarded = self._answer.discard()
        unsaid = generation.text if generation else None
        self._emit("barge_in", why, **what_was_said(sound, self._caller, unsaid), discarded=discarded)
        self._begin_turn(barged_in=True)

    def _fall_silent(self) -> None:
        """After a barge-in that held no words there is nothing to answer: wait for the caller's words."""
        self.mode = Mode.LISTENING
        self._silenced = True
        if self._values.resume_false_interruption.value and self._unsaid:
            voice = voice_of(self._values, self.config.tts_model, self.config.min_tts_speed)
            quiet_ms = self._caller.end_ms + round(self._values.resume_after_ms.value)
            self._resume_ms = max(max(quiet_ms, self.now_ms) + voice.to_ear_ms, self.sounding_until_ms or 0)

    def _resume_sentence(self) -> None:
        self._resume_ms = None
        self._silenced = False
        voice = voice_of(self._values, self.config.tts_model, self.config.min_tts_speed)
        chunks = chunks_at(self._unsaid, voice, self.now_ms - voice.to_ear_ms)
        self._floor.play(response_sound(chunks, self._unsaid, self.now_ms, self._answer.last_number, self.turn))
        self.mode = Mode.SPEAKING
        quiet_ms = self.now_ms - self._caller.end_ms
        self._tell_response(Why("resume", {"quiet_ms": quiet_ms}), resumed=True, filler_overhang_ms=0)
