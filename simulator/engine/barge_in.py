"""The barge-in rule: has the caller spoken over the agent for long enough, and not too soon after the last time?"""

from __future__ import annotations

from typing import Literal

from presets.layers import ResolvedVoiceConfig
from simulator.activity.model import FRAME_MS
from simulator.engine.caller import CallerState
from simulator.engine.events import Why
from simulator.engine.sound import AgentSound, Piece, overlap_ms, reached_ms

Verdict = Literal["barge_in", "cooldown"]


class BargeInRule:
    """The rule with its memory of the last barge-in. Times are ms on the machine's clock."""

    def __init__(self) -> None:
        self._last_ms: int | None = None
        self._told_span = -1

    def next(
        self, caller: CallerState, audible: list[Piece], config: ResolvedVoiceConfig, now_ms: int
    ) -> tuple[int, Verdict] | None:
        """Return when the rule will speak if the caller goes on, and what it will say; ``None``: it will not.

        It speaks only at the end of a frame, because only then is it known that the caller spoke in it.
        """
        if not caller.voiced:
            return None
        due_ms = self._reached_ms(caller, audible, config, now_ms)
        if due_ms is None or self._last_ms is None:
            return None if due_ms is None else (due_ms, "barge_in")
        free_ms = self._last_ms + round(config.barge_in_cooldown_s * 1000)
        if due_ms < free_ms:
            if self._told_span != caller.span:
                return due_ms, "cooldown"
            due_ms = self._reached_ms(caller, audible, config, free_ms)
        return None if due_ms is None else (due_ms, "barge_in")

    @staticmethod
    def _reached_ms(
        caller: CallerState, audible: list[Piece], config: ResolvedVoiceConfig, not_before_ms: int
    ) -> int | None:
        frames = max(0, -((caller.start_known_ms - not_before_ms) // FRAME_MS))
        grid_ms = caller.start_known_ms + frames * FRAME_MS
        needed_ms = round(config.barge_in_min_speech_s * 1000)
        return reached_ms(audible, caller.start_ms, needed_ms, grid_ms, FRAME_MS)

    def suppress_for_cooldown(
        self, caller: CallerState, audible: list[Piece], config: ResolvedVoiceConfig, now_ms: int
    ) -> Why:
        """Note that this span was held back by the cooldown; return why."""
        self._told_span = caller.span
        since_s = (now_ms - (self._last_ms or 0)) / 1000
        extra: dict[str, float | str] = {"since_s": since_s, "cooldown_s": config.barge_in_cooldown_s}
        return _why("cooldown", overlap_ms(audible, caller.start_ms, now_ms), config, extra)

    def too_short(self, caller: CallerState, audible: list[Piece], config: ResolvedVoiceConfig) -> Why | None:
        """Return why a span that just ended did not stop the agent; ``None`` if it was not over it, or was told."""
        spoken_ms = overlap_ms(audible, caller.start_ms, caller.end_ms)
        if not spoken_ms or self._told_span == caller.span:
            return None
        return _why("too_short", spoken_ms, config, {})

    def strike(self, caller: CallerState, audible: list[Piece], config: ResolvedVoiceConfig, now_ms: int) -> Why:
        """Note a barge-in at ``now_ms``; return why."""
        waited = f", and the cooldown of {config.barge_in_cooldown_s:g} s is over"
        cooldown = waited if self._told_span == caller.span else ""
        self._last_ms = now_ms
        spoken_ms = overlap_ms(audible, caller.start_ms, now_ms)
        return _why("barge_in", spoken_ms, config, {"cooldown": cooldown})


def _why(rule: str, spoken_ms: int, config: ResolvedVoiceConfig, more: dict[str, float | str]) -> Why:
    spoken_s, needed_s = spoken_ms / 1000, config.barge_in_min_speech_s
    return Why(rule, {"spoken_s": spoken_s, "needed_s": needed_s, **more}, round(spoken_s - needed_s, 3))


def what_was_said(sound: AgentSound, caller: CallerState, unsaid: str | None) -> dict[str, object]:
    """Return what a ``barge_in`` event tells of a sound that was just stopped."""
    return {
        "span": caller.span,
        "speech_start": caller.start_ms / 1000,
        "stops": sound.end_ms / 1000,
        "interrupted_text": " ".join(sound.heard_words),
        "discarded_texts": sound.unheard + ([unsaid] if unsaid else []),
    }
