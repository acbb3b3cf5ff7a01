"""The agent's speech and its events: fillers, responses, what stops them, and what remains unsaid.

The machine decides whether the agent may speak now; this module turns the decision into sound and events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from presets.layers import ResolvedVoiceConfig
from simulator.engine.barge_in import BargeInPolicy, Reason, Verdict
from simulator.engine.caller import CallerState
from simulator.engine.chunks import CHOPPY_WORDS, Chunk, Words, cap, chunks_at, words_of
from simulator.engine.events import (
    BargeIn,
    BargeInSuppressed,
    Emit,
    FillerEnded,
    FillerStarted,
    ResponseEnded,
    ResponseStarted,
    ResponseTruncated,
    TurnReopened,
    TurnResumed,
    Underrun,
)
from simulator.engine.generation import NOT_SPLIT, Generation, stages_ms
from simulator.engine.profile import Values
from simulator.engine.response import ResponseInProgress
from simulator.engine.scenario import Scenario, TurnPolicy
from simulator.engine.sound import AgentPlayout, AgentSound, filler_sound, response_sound, sentences_left
from simulator.engine.why import Why

Utterance = Literal["response", "filler", "resumption", "greeting"]


class ResponsePlayer:
    """Plays the answer. Times are ms on the machine's clock; ``turn`` is the caller turn.

    Methods that speak return whether the agent is heard now. ``brief``: waits are not split into stages.
    """

    def __init__(
        self,
        values: Values,
        caller: CallerState,
        answer: ResponseInProgress,
        playout: AgentPlayout,
        emit: Emit,
        *,
        brief: bool = False,
    ) -> None:
        self.resume_ms: int | None = None
        """When the agent resumes a response that a barge-in without words stopped; ``None``: never."""
        self._greeting_ms: int | None = None
        """When the greeting begins; ``None``: there is none, or it has begun."""
        self._greeting: tuple[Words, ...] = ()
        self._values = values
        self._stop_latency_ms = round(values.stop_latency_ms.value)
        self._caller = caller
        self._answer = answer
        self._playout = playout
        self._emit = emit
        self._brief = brief
        self._barge_in = BargeInPolicy(caller, playout, values.laughter_limit_db.value)
        self._speech_end_ms = 0
        self._unsaid: tuple[Words, ...] = ()

    def await_answer(self, speech_end_ms: int, policy: TurnPolicy) -> None:
        """Note the end of a turn whose last word ended at ``speech_end_ms``; ``policy`` is that of the answer."""
        self._speech_end_ms, self._barge_in.turn_policy = speech_end_ms, policy
        self._playout.clear()

    def plan_greeting(self, scenario: Scenario, config: ResolvedVoiceConfig) -> bool:
        """Plan the scenario's greeting at the start of the call; return whether there is one.

        Its words are known, so only speech synthesis precedes it.
        """
        if scenario.greeting is None:
            return False
        self._greeting = cap(scenario.greeting, None, None).sentences
        self._barge_in.turn_policy = scenario.state_before(0).turn_policy
        self._greeting_ms = self._answer.voice(config).to_ear_ms
        return True

    def planned_speech(self, config: ResolvedVoiceConfig) -> tuple[tuple[Words, int], ...]:
        """Return the planned speech of the current answer, as far as it is known: words and their length, ms."""
        generation = self._answer.generation
        chunks = generation.plan if generation else self._greeting_chunks(config, 0)
        return tuple((chunk.words, chunk.duration_ms) for chunk in chunks)

    def _greeting_chunks(self, config: ResolvedVoiceConfig, at_ms: int) -> tuple[Chunk, ...]:
        """Return the greeting's chunks if its first sound plays at ``at_ms``; none once it has begun."""
        if self._greeting_ms is None:
            return ()
        voice = self._answer.voice(config)
        return chunks_at(self._greeting, voice, at_ms - voice.to_ear_ms)

    def greet(self, config: ResolvedVoiceConfig, now_ms: int, turn: int) -> bool:
        """Play the greeting."""
        chunks, self._greeting_ms = self._greeting_chunks(config, now_ms), None
        sound = response_sound(chunks, self._greeting, now_ms, self._answer.last_number, turn)
        self._playout.play(sound)
        self._tell_response(sound, chunks, lambda: Why("greeting", {}), sound.text, greeting=True)
        return True

    def discard_in_pause(self) -> None:
        """Discard an eager answer: the caller resumes in the same turn."""
        silence_ms = self._caller.start_ms - self._caller.ended.end_ms
        discarded = self._answer.discard()
        self._emit(TurnResumed, lambda: Why("resumed", {"silence_ms": silence_ms}), discarded=discarded)

    def discard_after_end(self, now_ms: int) -> None:
        """Discard the answer to a turn that had ended: the caller resumes it before the response."""
        after_ms = now_ms - (self._answer.confirmed_ms or 0)
        rule = "reopened" if self._playout.silent else "reopened_after_filler"
        discarded = self._answer.discard()
        self._emit(TurnReopened, lambda: Why(rule, {"after_ms": after_ms}), discarded=discarded)

    def next(self, config: ResolvedVoiceConfig) -> tuple[int, Utterance] | None:
        """Return when the current answer's response is due, or the filler before it."""
        sound, answer = self._playout.sound, self._answer
        if answer.generation is None:
            return None
        free_ms = sound.end_ms if sound else 0
        due_ms = max(answer.generation.ready_ms, answer.quiet_until_ms(config), free_ms)
        filler = answer.fillers.next
        if filler is not None and filler[0] < due_ms:
            filler_ms = max(filler[0], free_ms, answer.fillers_from_ms(config))
            if filler_ms < due_ms:
                return filler_ms, "filler"
        return due_ms, "response"

    def say_filler(self, config: ResolvedVoiceConfig, now_ms: int, turn: int) -> bool:
        """Play the filler that is due, if it is still wanted."""
        found = self._answer.take_filler(config, now_ms, silent=self._playout.silent)
        generation = self._answer.generation
        if found is None or generation is None:
            return False
        text, kind, why = found
        lasts_ms = self._answer.voice(config).lasts_ms(words_of(text))
        self._playout.play(filler_sound(text, now_ms, lasts_ms, generation.number, turn))
        self._emit(FillerStarted, why, text=text, occasion=kind, until_ms=now_ms + lasts_ms)
        return True

    def say_response(self, config: ResolvedVoiceConfig, now_ms: int, turn: int) -> bool:
        """Play the current answer's response, which finishes the answer."""
        quiet_until_ms = self._answer.quiet_until_ms(config)
        generation, confirmed_ms = self._answer.finish()
        overhang_ms = max(0, now_ms - max(generation.ready_ms, quiet_until_ms))
        said = generation.said
        sound = response_sound(
            generation.plan, said.sentences, now_ms, generation.number, turn, written_ms=generation.first_token_ms
        )
        self._playout.play(sound)
        self._tell_truncation(generation, config)
        waited = f", and waited {overhang_ms} ms for the filler to end" if overhang_ms else ""
        self._tell_response(
            sound,
            generation.plan,
            lambda: Why("response", {"ready_s": generation.ready_ms / 1000, "waited": waited}),
            said.text,
            filler_overhang_ms=overhang_ms,
            stages=NOT_SPLIT
            if self._brief
            else stages_ms(generation, self._speech_end_ms, confirmed_ms, quiet_until_ms - confirmed_ms, now_ms),
        )
        return True

    def emit_underrun(self) -> None:
        """Emit the gap that begins now in the current sound."""
        sound = self._playout.sound
        assert sound is not None
        late_ms = self._playout.take_underrun(sound)
        self._emit(Underrun, lambda: Why("underrun", {"late_ms": late_ms}, float(late_ms)), late_ms=late_ms)

    def end(self) -> AgentSound:
        """Note the end of the current sound; return it."""
        sound = self._playout.end()
        kind = FillerEnded if sound.kind == "filler" else ResponseEnded
        why = self._why_stopped if sound.stopped else _why_ended
        self._emit(kind, why, sound.turn, interrupted=sound.stopped, generation=sound.generation)
        return sound

    def _why_stopped(self) -> Why:
        return Why("stopped", {"latency_ms": self._values.stop_latency_ms.value})

    # ---- barge-in

    def next_while_speaking(
        self, config: ResolvedVoiceConfig, now_ms: int
    ) -> tuple[int, Verdict | Utterance] | None:
        """Return when the greeting begins, if it has not yet begun.

        Otherwise return the barge-in policy's next decision and its time.
        """
        if self._greeting_ms is not None:
            return self._greeting_ms, "greeting"
        return self._barge_in.next(config, now_ms) if self._caller.voiced else None

    def hold(self, reason: Reason, config: ResolvedVoiceConfig, now_ms: int) -> None:
        """Emit that a barge-in is held now."""
        self._barge_in.note_hold(reason)
        self._emit(
            BargeInSuppressed,
            lambda: self._barge_in.why_held(reason, config, now_ms),
            reason=reason,
            span=self._caller.span,
        )

    def emit_too_short(self, config: ResolvedVoiceConfig) -> None:
        """Emit that talk-over just ended without stopping the agent, if that is so."""
        if self._barge_in.too_short(config):
            self._emit(
                BargeInSuppressed,
                lambda: self._barge_in.why_too_short(config),
                reason="too_short",
                span=self._caller.span,
            )

    def stop(self, config: ResolvedVoiceConfig, now_ms: int) -> None:
        """Stop the current sound for a barge-in, discard the current answer, and keep what is unsaid."""
        sound, generation = self._playout.sound, self._answer.generation
        assert sound is not None
        self._barge_in.note_strike(now_ms)
        self._playout.stop(sound, now_ms + self._stop_latency_ms)
        ready = generation is None or 0 < generation.ready_ms <= now_ms
        self._unsaid = sentences_left(sound) if generation is None else generation.said.sentences if ready else ()
        discarded = self._answer.discard()
        self._emit(
            BargeIn,
            lambda: self._barge_in.why_struck(config, now_ms),
            span=self._caller.span,
            speech_start_ms=self._caller.start_ms,
            stops_ms=sound.end_ms,
            interrupted_text=sound.heard_text,
            discarded_texts=sound.unheard + ([generation.said.text] if generation and generation.said.text else []),
            discarded=discarded,
        )

    def plan_resumption(self, config: ResolvedVoiceConfig, now_ms: int) -> None:
        """Plan to resume the unsaid text, if the profile does so: the caller said nothing to answer."""
        if self._values.resume_false_interruption.value and self._unsaid:
            voice = self._answer.voice(config)
            quiet_ms = self._caller.ended.end_ms + round(self._values.resume_after_ms.value)
            self.resume_ms = max(max(quiet_ms, now_ms) + voice.to_ear_ms, self._playout.until_ms or 0)

    def resume(self, config: ResolvedVoiceConfig, now_ms: int, turn: int) -> bool:
        """Resume at the sentence in which the agent was stopped."""
        self.resume_ms = None
        voice = self._answer.voice(config)
        chunks = chunks_at(self._unsaid, voice, now_ms - voice.to_ear_ms)
        sound = response_sound(chunks, self._unsaid, now_ms, self._answer.last_number, turn)
        self._playout.play(sound)
        quiet_ms = now_ms - self._caller.ended.end_ms
        why = Why("resume", {"quiet_ms": quiet_ms})
        self._tell_response(sound, chunks, lambda: why, sound.text, resumed=True)
        return True

    # ---- its events

    def _tell_truncation(self, generation: Generation, config: ResolvedVoiceConfig) -> None:
        cut = generation.said.words_cut
        if cut:
            self._emit(
                ResponseTruncated,
                lambda: _why_truncated(cut, config),
                generation=generation.number,
                words_cut=cut,
            )

    def _tell_response(
        self,
        sound: AgentSound,
        chunks: tuple[Chunk, ...],
        why: Callable[[], Why],
        text: str,
        filler_overhang_ms: int = 0,
        stages: Mapping[str, int] | None = None,
        resumed: bool | None = None,
        greeting: bool | None = None,
    ) -> None:
        first_words = len(chunks[0].words)
        self._emit(
            ResponseStarted,
            why,
            generation=sound.generation,
            text=text,
            until_ms=sound.end_ms,
            chunks=len(chunks),
            first_chunk_words=first_words,
            choppy=first_words < CHOPPY_WORDS,
            resumed=resumed,
            greeting=greeting,
            filler_overhang_ms=filler_overhang_ms,
            stages_ms=stages,
        )


def _why_ended() -> Why:
    return Why("sound_end", {})


def _why_truncated(cut: int, config: ResolvedVoiceConfig) -> Why:
    limits = {
        "sentences": str(config.max_response_sentences or "none"),
        "words": str(config.max_response_words or "none"),
    }
    return Why("truncated", limits, float(cut))
