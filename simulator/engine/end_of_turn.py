"""The end-of-turn rule: in a pause, how long until the caller is taken to have finished?"""

from __future__ import annotations

from typing import Literal

from presets.layers import ResolvedVoiceConfig
from simulator.engine.caller import CallerState
from simulator.engine.events import Why
from simulator.engine.patience import confidence, silence_needed_ms
from simulator.engine.profile import Values

Verdict = Literal["timeout", "confidence", "eager"]

MAX_SPECULATIONS = 3
"""Generations begun ahead of a confirmed end of turn, per caller turn."""


class EndOfTurnRule:
    """The rule with its memory of the speculations of this turn. Times are ms on the machine's clock."""

    def __init__(self, values: Values) -> None:
        self._threshold = values.eot_threshold.value
        self._half_life_s = values.eot_half_life_s.value
        self._eager_confidence = values.eager_confidence
        self._speculations = 0

    def begin_turn(self) -> None:
        """Forget the speculations of the turn before."""
        self._speculations = 0

    def next(
        self, caller: CallerState, config: ResolvedVoiceConfig, *, may_speculate: bool
    ) -> list[tuple[int, Verdict]]:
        """Return when each verdict is due if the pause goes on; the earliest wins, ties in this order."""
        due: list[tuple[int, Verdict]] = []
        self._add(due, caller, config.eot_timeout_ms, "timeout")
        self._add(due, caller, self._needed_ms(caller, self._threshold), "confidence")
        eager = self._eager_threshold(config)
        if eager is not None and may_speculate and self._speculations < MAX_SPECULATIONS:
            self._add(due, caller, self._needed_ms(caller, eager), "eager")
        return due

    def confidence(self, caller: CallerState, now_ms: int) -> float:
        """Return the turn confidence at this moment of a pause."""
        return confidence(now_ms - caller.end_ms, caller.completeness, self._half_life_s)

    def speculate(self, caller: CallerState, config: ResolvedVoiceConfig, now_ms: int) -> Why:
        """Note an eager end of turn; return why."""
        self._speculations += 1
        threshold, now = self._eager_threshold(config) or 0.0, self.confidence(caller, now_ms)
        setting = config.eager_eot_threshold or 0.0
        numbers = {"confidence": now, "threshold": threshold, "setting": setting}
        return Why("eager", numbers, now - threshold)

    def why(self, reason: Verdict, caller: CallerState, config: ResolvedVoiceConfig, now_ms: int) -> Why:
        """Return why the turn ended now, by ``timeout`` or by ``confidence``."""
        silence_ms, now = now_ms - caller.end_ms, self.confidence(caller, now_ms)
        if reason == "timeout":
            numbers = {"timeout_ms": config.eot_timeout_ms, "confidence": now}
            return Why("timeout", numbers, silence_ms - config.eot_timeout_ms)
        numbers = {
            "confidence": now,
            "threshold": self._threshold,
            "silence_ms": silence_ms,
            "completeness": caller.completeness,
        }
        return Why("confidence", numbers, now - self._threshold)

    @staticmethod
    def _add(due: list[tuple[int, Verdict]], caller: CallerState, silence_ms: int | None, what: Verdict) -> None:
        if silence_ms is not None:
            due.append((max(caller.completeness_known_ms, caller.end_ms + silence_ms), what))

    def _needed_ms(self, caller: CallerState, threshold: float) -> int | None:
        return silence_needed_ms(threshold, caller.completeness, self._half_life_s)

    def _eager_threshold(self, config: ResolvedVoiceConfig) -> float | None:
        setting = config.eager_eot_threshold
        return None if setting is None else self._eager_confidence(setting)
