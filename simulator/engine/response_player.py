"""What the agent says, and its events: fillers, responses, what stops them and what is left of them then.

The machine decides whether the agent may talk now; here that becomes a sound on the floor, and events.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from presets.layers import ResolvedVoiceConfig
from simulator.engine.barge_in import BargeInPolicy, Reason, Verdict
from simulator.engine.caller import CallerState
from simulator.engine.chunks import CHOPPY_WORDS, Chunk, Words, cap, chunks_at, voice_of
from simulator.engine.events import (
    BargeIn,
    BargeInSuppressed,
    Emit,
    FillerEnded,
    FillerStarted,
    ResponseEnded,
    ResponseStarted,
    ResponseTruncated,
    Underrun,
)
from simulator.engine.generation import Generation, stages_ms
from simulator.engine.profile import Values
from simulator.engine.response import ResponseInProgress
from simulator.engine.scenario import TurnPolicy
from simulator.engine.sound import AgentPlayout, AgentSound, filler_sound, response_sound, sentences_left
from simulator.engine.why import Why

Utterance = Literal["response", "filler", "resumption", "greeting"]


class ResponsePlayer:
    """Brings the answer to the floor. Times are ms on the machine's clock; ``turn`` is the caller turn.

    What says something returns whether the agent is heard now.
    """

    def __init__(
        self, values: Values, caller: CallerState, answer: ResponseInProgress, floor: AgentPlayout, emit: Emit
    ) -> None:
        self.resume_ms: int | None = None
        """When the agent will take up again what a barge-in without words stopped; ``None``: not at all."""
        self.greeting_ms: int | None = None
        """When the greeting begins; ``None``: there is none, or it has begun."""
        self._greeting: tuple[Words, ...] = ()
        self._values = values
        self._stop_latency_ms = round(values.stop_latency_ms.value)
        self._caller = caller
        self._answer = answer
        self._floor = floor
        self._emit = emit
        self._barge_in = BargeInPolicy(caller, floor, values.laughter_limit_db.value)
        self._speech_end_ms = 0
        self._unsaid: tuple[Words, ...] = ()

    def await_answer(self, speech_end_ms: int, policy: TurnPolicy) -> None:
        """Note that a turn has ended whose last word ended at ``speech_end_ms``; ``policy`` is the answer's."""
        self._speech_end_ms, self._barge_in.turn_policy = speech_end_ms, policy
        self._floor.clear()

    def plan_greeting(self, text: str, policy: TurnPolicy, config: ResolvedVoiceConfig) -> None:
        """Have the call begin with a greeting: its words are known, so only speech synthesis precedes it."""
        self._greeting, self._barge_in.turn_policy = cap(text, None, None).sentences, policy
        self.greeting_ms = voice_of(self._values, config.tts_model, config.min_tts_speed).to_ear_ms

    def greeting_chunks(self, config: ResolvedVoiceConfig, at_ms: int) -> tuple[Chunk, ...]:
        """Return the greeting's chunks if its first sound is heard at ``at_ms``; none once it has begun."""
        if self.greeting_ms is None:
            return ()
        voice = voice_of(self._values, config.tts_model, config.min_tts_speed)
        return chunks_at(self._greeting, voice, at_ms - voice.to_ear_ms)

    def greet(self, config: ResolvedVoiceConfig, now_ms: int, turn: int) -> bool:
        """Say the greeting."""
        chunks, self.greeting_ms = self.greeting_chunks(config, now_ms), None
        sound = response_sound(chunks, self._greeting, now_ms, self._answer.last_number, turn)
        self._floor.play(sound)
        self._tell_response(sound, Why("greeting", {}), greeting=True)
        return True

    def next(self, config: ResolvedVoiceConfig) -> list[tuple[int, Utterance]]:
        """Return when the response of the answer under way is due, and a filler if one is before it."""
        sound, generation = self._floor.sound, self._answer.generation
        if generation is None:
            return []
        free_ms = sound.end_ms if sound else 0
        due_ms = max(generation.ready_ms, self._answer.quiet_until_ms(config), free_ms)
        due: list[tuple[int, Utterance]] = [(due_ms, "response")]
        filler = self._answer.fillers.next()
        if filler is not None and filler[0] < due_ms:
            due.append((max(filler[0], free_ms, self._answer.fillers_from_ms(config)), "filler"))
        return due

    def say_filler(self, config: ResolvedVoiceConfig, now_ms: int, turn: int) -> bool:
        """Say the filler that is due, if it is still wanted."""
        found = self._answer.take_filler(config, now_ms, silent=self._floor.silent)
        generation = self._answer.generation
        if found is None or generation is None:
            return False
        text, kind, why = found
        lasts_ms = voice_of(self._values, config.tts_model, config.min_tts_speed).lasts_ms(tuple(text.split()))
        self._floor.play(filler_sound(text, now_ms, lasts_ms, generation.number, turn))
        self._emit(FillerStarted, why, text=text, occasion=kind, until_ms=now_ms + lasts_ms)
        return True

    def say_response(self, config: ResolvedVoiceConfig, now_ms: int, turn: int) -> bool:
        """Say the response of the answer under way, which is over with that."""
        quiet_until_ms = self._answer.quiet_until_ms(config)
        generation, confirmed_ms = self._answer.finish()
        overhang_ms = max(0, now_ms - max(generation.ready_ms, quiet_until_ms))
        sound = response_sound(generation.chunks, generation.sentences, now_ms, generation.number, turn)
        self._floor.play(sound)
        self._tell_truncation(generation, config)
        waited = f", and waited {overhang_ms} ms for the filler to end" if overhang_ms else ""
        pause_ms = quiet_until_ms - confirmed_ms
        self._tell_response(
            sound,
            Why("response", {"ready_s": generation.ready_ms / 1000, "waited": waited}),
            filler_overhang_ms=overhang_ms,
            stages=stages_ms(generation, self._speech_end_ms, confirmed_ms, pause_ms, now_ms),
        )
        return True

    def tell_underrun(self) -> None:
        """Tell of the gap that begins now in the sound being heard."""
        _, late_ms = self._floor.underruns.pop(0)
        self._emit(Underrun, Why("underrun", {"late_ms": late_ms}, float(late_ms)), late_ms=late_ms)

    def end(self) -> AgentSound:
        """Note that the sound being heard ends now; return it."""
        sound = self._floor.end()
        latency_ms = self._values.stop_latency_ms.value
        why = Why("stopped", {"latency_ms": latency_ms}) if sound.stopped else Why("sound_end", {})
        kind = FillerEnded if sound.kind == "filler" else ResponseEnded
        self._emit(kind, why, sound.turn, interrupted=sound.stopped, generation=sound.generation)
        return sound

    # ---- barge-in

    def next_barge_in(self, config: ResolvedVoiceConfig, now_ms: int) -> tuple[int, Verdict] | None:
        """Return when the caller, going on, will stop what is heard, or will be held back from it, and by what."""
        return self._barge_in.next(config, now_ms)

    def hold(self, reason: Reason, config: ResolvedVoiceConfig, now_ms: int) -> None:
        """Tell that a barge-in is held back now."""
        why = self._barge_in.hold(reason, config, now_ms)
        self._emit(BargeInSuppressed, why, reason=reason, span=self._caller.span)

    def tell_too_short(self, config: ResolvedVoiceConfig) -> None:
        """Tell of talk-over that just ended and stopped nothing, if it was that."""
        why = self._barge_in.too_short(config)
        if why is not None:
            self._emit(BargeInSuppressed, why, reason="too_short", span=self._caller.span)

    def stop(self, config: ResolvedVoiceConfig, now_ms: int) -> None:
        """Let a barge-in stop the sound being heard and throw the answer under way away; keep what is unsaid."""
        sound, generation = self._floor.sound, self._answer.generation
        assert sound is not None
        why = self._barge_in.strike(config, now_ms)
        self._floor.stop(sound, now_ms + self._stop_latency_ms)
        ready = generation is None or 0 < generation.ready_ms <= now_ms
        self._unsaid = sentences_left(sound) if generation is None else generation.sentences if ready else ()
        discarded = self._answer.discard()
        self._emit(
            BargeIn,
            why,
            span=self._caller.span,
            speech_start_ms=self._caller.start_ms,
            stops_ms=sound.end_ms,
            interrupted_text=sound.heard_text,
            discarded_texts=sound.unheard + ([generation.text] if generation and generation.text else []),
            discarded=discarded,
        )

    def plan_resumption(self, config: ResolvedVoiceConfig, now_ms: int) -> None:
        """Have the unsaid taken up again, if the profile has it so: the caller said nothing to be answered."""
        if self._values.resume_false_interruption.value and self._unsaid:
            voice = voice_of(self._values, config.tts_model, config.min_tts_speed)
            quiet_ms = self._caller.ended.end_ms + round(self._values.resume_after_ms.value)
            self.resume_ms = max(max(quiet_ms, now_ms) + voice.to_ear_ms, self._floor.until_ms or 0)

    def resume(self, config: ResolvedVoiceConfig, now_ms: int, turn: int) -> bool:
        """Take up the sentence that the agent was stopped in."""
        self.resume_ms = None
        voice = voice_of(self._values, config.tts_model, config.min_tts_speed)
        chunks = chunks_at(self._unsaid, voice, now_ms - voice.to_ear_ms)
        sound = response_sound(chunks, self._unsaid, now_ms, self._answer.last_number, turn)
        self._floor.play(sound)
        why = Why("resume", {"quiet_ms": now_ms - self._caller.ended.end_ms})
        self._tell_response(sound, why, resumed=True)
        return True

    # ---- its events

    def _tell_truncation(self, generation: Generation, config: ResolvedVoiceConfig) -> None:
        cut = generation.words_cut
        if not cut:
            return
        limits = {
            "sentences": str(config.max_response_sentences or "none"),
            "words": str(config.max_response_words or "none"),
        }
        why = Why("truncated", limits, float(cut))
        self._emit(ResponseTruncated, why, generation=generation.number, words_cut=cut)

    def _tell_response(
        self,
        sound: AgentSound,
        why: Why,
        filler_overhang_ms: int = 0,
        stages: Mapping[str, int] | None = None,
        resumed: bool | None = None,
        greeting: bool | None = None,
    ) -> None:
        first_words = len(sound.pieces[0].words)
        self._emit(
            ResponseStarted,
            why,
            generation=sound.generation,
            text=sound.text,
            until_ms=sound.end_ms,
            chunks=len(sound.pieces),
            first_chunk_words=first_words,
            choppy=first_words < CHOPPY_WORDS,
            resumed=resumed,
            greeting=greeting,
            filler_overhang_ms=filler_overhang_ms,
            stages_ms=stages,
        )
