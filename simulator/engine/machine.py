"""The turn-taking state machine: one object for recordings and for a microphone.

Feed it observations in time order and let its own clock run in between::

    machine.observe(observation)   # what became known of the caller, at observation.known_ms
    machine.run_before(t_ms)       # everything the machine itself does before t_ms

It never looks ahead, so a recording on a virtual clock and frames as they come give the same events. ``config``
may be replaced between calls and holds for every decision after that.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import partial
from itertools import pairwise
from typing import Any, Literal

from presets.layers import ResolvedVoiceConfig
from simulator.activity.model import Observation, SpeechEnd, SpeechStart
from simulator.engine.barge_in import BargeInRule, what_was_said
from simulator.engine.caller import CallerState
from simulator.engine.end_of_turn import EndOfTurnRule
from simulator.engine.events import Event, Why, silence_why, speech_why
from simulator.engine.fillers import backchannel, navigation_filler
from simulator.engine.generation import CHOPPY_WORDS, Generation, LuckKey, Workshop
from simulator.engine.profile import EngineProfile
from simulator.engine.script import Script
from simulator.engine.sound import AgentSound, Piece, filler_sound, response_sound
from simulator.engine.stages import stages_ms
from simulator.engine.text import spoken_ms

_Timer = tuple[int, int, Callable[[], None]]


def _order(timer: _Timer) -> tuple[int, int]:
    return timer[:2]


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
        self.now_ms = 0
        self._values = profile.values
        self._workshop = Workshop(profile)
        self._script = script
        self._luck = (seed, recording)
        self._caller = CallerState()
        self._end_rule = EndOfTurnRule(profile.values)
        self._pause_acts: dict[str, tuple[int, Callable[[], None]]] = {
            "timeout": (2, partial(self._end_turn, "timeout")),
            "confidence": (3, partial(self._end_turn, "confidence")),
            "eager": (4, self._become_eager),
        }
        self._generation: Generation | None = None
        self._generations = 0
        self._navigation_told = False
        self._confirmed_ms: int | None = None
        self._onset_ms = 0
        self._speech_end_ms = 0
        self._sound: AgentSound | None = None
        self._underruns: list[tuple[int, int]] = []
        self._heard_this_turn: list[Piece] = []
        self._filler_due_ms: int | None = None
        self._last_filler: tuple[str, int] | None = None
        self.last_finished_response_ms: int | None = None
        """When the agent last came to the end of a response by itself."""
        self._barge_in_rule = BargeInRule()

    # ---- the clock

    def run_before(self, t_ms: int) -> None:
        """Let everything happen that is due before ``t_ms``."""
        while self.step_before(t_ms):
            pass

    def step_before(self, t_ms: int) -> bool:
        """Let the next thing happen if it is due before ``t_ms``; return whether something did."""
        timers = self._timers()
        if not timers:
            return False
        due_ms, _, act = min(timers, key=_order)
        if due_ms >= t_ms:
            return False
        self.now_ms = max(self.now_ms, due_ms)
        act()
        return True

    @property
    def response_sounding_since_ms(self) -> int | None:
        """When the response now being heard began, or ``None``."""
        sound = self._sound
        return sound.start_ms if sound and sound.kind == "response" and not sound.stopped else None

    @property
    def sounding_until_ms(self) -> int | None:
        """When the sound now being heard will end, or ``None``."""
        return self._sound.end_ms if self._sound else None

    @property
    def idle(self) -> bool:
        """Whether the agent has nothing to say and hears nobody."""
        return self.mode is Mode.LISTENING and self._sound is None

    def observe(self, seen: Observation) -> None:
        """Take note of something that became known of the caller; observations come in order of ``known_ms``."""
        self.run_before(seen.known_ms)
        self.now_ms = max(self.now_ms, seen.known_ms)
        self._caller.note(seen)
        if isinstance(seen, SpeechStart):
            self._on_speech_start()
        elif isinstance(seen, SpeechEnd):
            self._on_speech_end()

    def miss_response(self, anchor: str, waited_ms: int) -> None:
        """Note that the caller gave up waiting for the agent (said by a replay, which knows the caller's side)."""
        why = Why("anchor_missed", {"waited_s": waited_ms / 1000, "anchor": anchor})
        self._emit("missed_response", why, waited_s=waited_ms / 1000)

    def _timers(self) -> list[_Timer]:
        """Return what the machine will do by itself: when, in which order within one instant, and what.

        The order within one instant is: sound ends, timeout, end of turn, eager, barge-in, navigation, response,
        filler.
        """
        timers: list[_Timer] = []
        if self._sound is not None:
            timers.append((self._sound.end_ms, 0, self._end_sound))
            if self._underruns:
                timers.append((self._underruns[0][0], 1, self._tell_underrun))
        generation = self._generation
        if generation is not None and generation.navigated_ms is not None and not self._navigation_told:
            timers.append((generation.navigated_ms, 6, self._tell_navigation))
        if self.mode is Mode.PAUSE:
            due = self._end_rule.next(self._caller, self.config, may_speculate=generation is None)
            timers += [(at_ms, *self._pause_acts[verdict]) for at_ms, verdict in due]
        elif self.mode is Mode.THINKING and generation is not None:
            timers.append((self._response_due_ms(generation), 7, self._start_response))
            if self._filler_due_ms is not None:
                due_ms = (
                    self._filler_due_ms if self._sound is None else max(self._filler_due_ms, self._sound.end_ms)
                )
                timers.append((due_ms, 8, self._start_filler))
        elif self.mode is Mode.SPEAKING:
            self._add_barge_in_timer(timers)
        return timers

    def _emit(self, kind: str, why: Why, **data: Any) -> None:
        self.events.append(Event(kind, self.now_ms, self.turn, why, data))

    # ---- the caller

    def _on_speech_start(self) -> None:
        caller = self._caller
        if self.mode is Mode.LISTENING:
            self._begin_turn()
        self._emit("speech_start", speech_why(), start=caller.start_ms / 1000, span=caller.span)
        if self.mode is Mode.PAUSE:
            if self._generation is not None:
                silence_ms = caller.start_ms - caller.end_ms
                discarded = self._discard()
                self._emit("turn_resumed", Why("resumed", {"silence_ms": silence_ms}), discarded=discarded)
            self.mode = Mode.CALLER
        elif self.mode is Mode.THINKING and not self._heard_this_turn:
            after_ms = self.now_ms - (self._confirmed_ms or 0)
            discarded = self._discard()
            self._emit("turn_reopened", Why("reopened", {"after_ms": after_ms}), discarded=discarded)
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
            self.mode = Mode.PAUSE
        elif self.mode is Mode.SPEAKING or (self.mode is Mode.THINKING and self._heard_this_turn):
            too_short = self._barge_in_rule.too_short(caller, self._audible(), self.config)
            if too_short is not None:
                self._emit("barge_in_suppressed", too_short, reason="too_short", span=caller.span)

    def _begin_turn(self) -> None:
        self.turn += 1
        self._end_rule.begin_turn()
        self._onset_ms = self._caller.start_ms
        self.mode = Mode.CALLER

    # ---- end of turn

    def _become_eager(self) -> None:
        why = self._end_rule.speculate(self._caller, self.config, self.now_ms)
        generation = self._generate()
        self._emit("eager_end_of_turn", why, generation=generation.number)

    def _end_turn(self, reason: Literal["timeout", "confidence"]) -> None:
        why = self._end_rule.why(reason, self._caller, self.config, self.now_ms)
        certainty = self._end_rule.confidence(self._caller, self.now_ms)
        eager = self._generation is not None
        self._confirmed_ms = self.now_ms
        self._speech_end_ms = self._caller.end_ms
        self._heard_this_turn = []
        self._filler_due_ms = None
        self.mode = Mode.THINKING
        generation = self._generation or self._generate()
        self._emit(
            "end_of_turn",
            why,
            reason=reason,
            onset=self._onset_ms / 1000,
            confidence=round(certainty, 4),
            speech_end=self._caller.end_ms / 1000,
            span=self._caller.span,
            generation=generation.number,
            head_start_ms=self.now_ms - generation.started_ms if eager else 0,
        )
        if generation.navigated_ms is None:
            self._filler_due_ms = self.now_ms + self.config.backchannel_delay_ms
        elif self._navigation_told:
            self._apply_navigation(generation)

    # ---- making the answer

    def _generate(self) -> Generation:
        line = self._script.line(self._caller.span, self.turn)
        seed, recording = self._luck
        self._generation = self._workshop.generate(
            line,
            self.config,
            skip_navigation=self._script.skips_navigation(line),
            number=self._generations,
            key=LuckKey(seed, recording, self._caller.span),
            start_ms=self.now_ms,
        )
        self._generations += 1
        self._navigation_told = False
        self._confirmed_ms = self.now_ms if self.mode is Mode.THINKING else None
        return self._generation

    def _discard(self) -> int | None:
        """Throw away the generation under way, if any; return its number."""
        generation, self._generation = self._generation, None
        self._filler_due_ms = self._confirmed_ms = None
        return None if generation is None else generation.number

    def _tell_navigation(self) -> None:
        generation = self._generation
        assert generation is not None
        self._navigation_told = True
        if generation.navigation is None:
            numbers = {"line": generation.navigation_line or "", "fault": generation.navigation_fault or ""}
            self._emit("nav_malformed", Why("malformed", numbers), generation=generation.number)
            return
        nav = generation.navigation
        self._emit(
            "nav_decided",
            Why("navigation", {"nav_ms": self.now_ms - generation.started_ms}),
            generation=generation.number,
            code=nav.code,
            verbose=nav.verbose,
            emotion=nav.emotion,
            filler=nav.filler,
        )
        if self._confirmed_ms is not None:
            self._apply_navigation(generation)

    def _apply_navigation(self, generation: Generation) -> None:
        nav = generation.navigation
        if nav is None:
            return
        self._emit("emotion_applied", Why("emotion", {"emotion": nav.emotion}), emotion=nav.emotion)
        if nav.filler:
            self._filler_due_ms = self.now_ms + round(self._values.filler_first_audio_ms.value)

    # ---- the agent's sound

    def _audible(self) -> list[Piece]:
        """Return what was and will be heard of the agent since the last end of turn."""
        return self._heard_this_turn + (self._sound.pieces if self._sound else [])

    def _response_due_ms(self, generation: Generation) -> int:
        due_ms = max(generation.ready_ms, (self._confirmed_ms or 0) + self.config.post_eot_pause_ms)
        return due_ms if self._sound is None else max(due_ms, self._sound.end_ms)

    def _start_filler(self) -> None:
        self._filler_due_ms = None
        generation, config = self._generation, self.config
        assert generation is not None
        last, last_ms = self._last_filler or (None, None)
        if last_ms is not None and self.now_ms - last_ms < config.filler_cooldown_ms:
            return
        pick = generation.key.draw("filler")
        if generation.navigation is not None:
            text = navigation_filler(generation.navigation.filler, config, last, pick)
            why = Why("filler_navigation", {"style": config.filler_style})
        else:
            text = backchannel(config, last, pick)
            why = Why("filler_backchannel", {"delay_ms": config.backchannel_delay_ms})
        if text is None:
            return
        lasts_ms = spoken_ms(
            tuple(text.split()), self._values.speech_ms_per_char.value, self._values.shortest_sound_ms.value
        )
        self._last_filler = (text, self.now_ms)
        self._sound = filler_sound(text, self.now_ms, lasts_ms, generation.number, self.turn)
        self.mode = Mode.SPEAKING
        self._emit("filler_start", why, text=text, until=(self.now_ms + lasts_ms) / 1000)

    def _start_response(self) -> None:
        generation, confirmed_ms = self._generation, self._confirmed_ms
        assert generation is not None
        assert confirmed_ms is not None
        self._generation = self._filler_due_ms = None
        overhang_ms = max(0, self.now_ms - max(generation.ready_ms, confirmed_ms + self.config.post_eot_pause_ms))
        self._sound = response_sound(generation.chunks, self.now_ms, generation.number, self.turn)
        self._underruns = [
            (before.end_ms, piece.start_ms - before.end_ms)
            for before, piece in pairwise(self._sound.pieces)
            if piece.start_ms > before.end_ms
        ]
        self.mode = Mode.SPEAKING
        if generation.words_cut:
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
        waited = f", and waited {overhang_ms} ms for the filler to end" if overhang_ms else ""
        first_words = len(generation.chunks[0].words)
        self._emit(
            "response_start",
            Why("response", {"ready_s": generation.ready_ms / 1000, "waited": waited}),
            generation=generation.number,
            text=generation.text,
            until=self._sound.end_ms / 1000,
            chunks=len(generation.chunks),
            first_chunk_words=first_words,
            choppy=first_words < CHOPPY_WORDS,
            filler_overhang_ms=overhang_ms,
            stages_ms=stages_ms(
                generation, self._speech_end_ms, confirmed_ms, self.config.post_eot_pause_ms, self.now_ms
            ),
        )

    def _tell_underrun(self) -> None:
        _, late_ms = self._underruns.pop(0)
        self._emit("underrun", Why("underrun", {"late_ms": late_ms}, float(late_ms)), late_ms=late_ms)

    def _end_sound(self) -> None:
        sound, self._sound = self._sound, None
        assert sound is not None
        self._underruns = []
        self._heard_this_turn += sound.pieces
        latency_ms = self._values.stop_latency_ms.value
        why = Why("stopped", {"latency_ms": latency_ms}) if sound.stopped else Why("sound_end", {})
        data = {"interrupted": sound.stopped, "generation": sound.generation}
        self.events.append(Event(f"{sound.kind}_end", self.now_ms, sound.turn, why, data))
        if self.mode is not Mode.SPEAKING:
            return
        if self._generation is not None:
            self.mode = Mode.THINKING
            return
        self.last_finished_response_ms = self.now_ms
        if self._caller.open:
            self._begin_turn()
        else:
            self.mode = Mode.LISTENING

    # ---- barge-in

    def _add_barge_in_timer(self, timers: list[_Timer]) -> None:
        if self._sound is None:
            return
        found = self._barge_in_rule.next(self._caller, self._audible(), self.config, self.now_ms)
        if found is not None:
            due_ms, verdict = found
            timers.append((due_ms, 5, self._barge_in if verdict == "barge_in" else self._hold_for_cooldown))

    def _hold_for_cooldown(self) -> None:
        why = self._barge_in_rule.suppress_for_cooldown(self._caller, self._audible(), self.config, self.now_ms)
        self._emit("barge_in_suppressed", why, reason="cooldown", span=self._caller.span)

    def _barge_in(self) -> None:
        sound = self._sound
        assert sound is not None
        why = self._barge_in_rule.strike(self._caller, self._audible(), self.config, self.now_ms)
        unsaid = self._generation.text if self._generation else None
        sound.stop(self.now_ms + round(self._values.stop_latency_ms.value))
        self._underruns = [gap for gap in self._underruns if gap[0] < sound.end_ms]
        discarded = self._discard()
        self._emit("barge_in", why, **what_was_said(sound, self._caller, unsaid), discarded=discarded)
        self._begin_turn()
