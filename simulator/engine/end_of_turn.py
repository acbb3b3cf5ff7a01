"""The end-of-turn rule: in a pause, how long until the caller is taken to have finished?"""

from __future__ import annotations

from typing import Literal, NamedTuple

from presets.layers import ResolvedVoiceConfig
from simulator.engine.caller import CallerState
from simulator.engine.events import Why
from simulator.engine.profile import Values
from simulator.engine.scenario import NO_POLICY, TurnPolicy
from simulator.engine.turn_confidence import confidence, eager_confidence, silence_needed_ms

Verdict = Literal["timeout", "confidence", "eager"]

MAX_SPECULATIONS = 3
"""Generations begun ahead of a confirmed end of turn, per caller turn."""


class Patience(NamedTuple):
    """What is in force in a state: the confidence that ends a turn, the eager one (``None``: off), the timeout."""

    threshold: float
    eager: float | None
    timeout_ms: int
    setting: str = ""
    """What the eager threshold was set to, and where."""


def patience_in(values: Values, config: ResolvedVoiceConfig, policy: TurnPolicy) -> Patience:
    """Return what is in force: a state's turn policy goes before the service's ``voice_config``.

    The policy's fields are the recogniser's own, so its eager threshold is the confidence itself.
    """
    threshold = values.eot_threshold.value if policy.stt_eot_threshold is None else policy.stt_eot_threshold
    timeout_ms = config.eot_timeout_ms if policy.stt_eot_timeout_ms is None else policy.stt_eot_timeout_ms
    if policy.stt_eager_eot_threshold is not None:
        wanted = policy.stt_eager_eot_threshold
        eager = eager_confidence(wanted, threshold, recogniser=True)
        return Patience(threshold, eager, timeout_ms, f"the state's stt_eager_eot_threshold {wanted:g}")
    setting = config.eager_eot_threshold
    if setting is None:
        return Patience(threshold, None, timeout_ms)
    eager = eager_confidence(setting, threshold, recogniser=values.recogniser_direction)
    return Patience(threshold, eager, timeout_ms, f"eager_eot_threshold {setting:g}")


class EndOfTurnRule:
    """The rule with its memory of the speculations of this turn. Times are ms on the machine's clock."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._half_life_s = values.eot_half_life_s.value
        self._speculations = 0
        self._known: tuple[ResolvedVoiceConfig, TurnPolicy, Patience] | None = None

    def begin_turn(self) -> None:
        """Forget the speculations of the turn before."""
        self._speculations = 0

    def patience(self, config: ResolvedVoiceConfig, policy: TurnPolicy = NO_POLICY) -> Patience:
        """Return what is in force under a configuration in a state."""
        known = self._known
        if known is None or known[0] is not config or known[1] is not policy:
            known = self._known = (config, policy, patience_in(self._values, config, policy))
        return known[2]

    def next(self, caller: CallerState, patience: Patience, *, may_speculate: bool) -> list[tuple[int, Verdict]]:
        """Return when each verdict is due if the pause goes on; the earliest wins, ties in this order."""
        known_ms, end_ms, q = caller.end_known_ms, caller.end_ms, caller.completeness
        half_life_s = self._half_life_s
        due: list[tuple[int, Verdict]] = [(max(known_ms, end_ms + patience.timeout_ms), "timeout")]
        needed_ms = silence_needed_ms(patience.threshold, q, half_life_s)
        if needed_ms is not None:
            due.append((max(known_ms, end_ms + needed_ms), "confidence"))
        if patience.eager is not None and may_speculate and self._speculations < MAX_SPECULATIONS:
            needed_ms = silence_needed_ms(patience.eager, q, half_life_s)
            if needed_ms is not None:
                due.append((max(known_ms, end_ms + needed_ms), "eager"))
        return due

    def confidence(self, caller: CallerState, now_ms: int) -> float:
        """Return the turn confidence at this moment of a pause."""
        return confidence(now_ms - caller.end_ms, caller.completeness, self._half_life_s)

    def speculate(self, caller: CallerState, patience: Patience, now_ms: int) -> Why:
        """Note an eager end of turn; return why."""
        self._speculations += 1
        threshold, now = patience.eager or 0.0, self.confidence(caller, now_ms)
        numbers: dict[str, float | str] = {
            "confidence": now,
            "threshold": threshold,
            "setting": patience.setting,
        }
        return Why("eager", numbers, now - threshold)

    def why(self, reason: Verdict, caller: CallerState, patience: Patience, now_ms: int) -> Why:
        """Return why the turn ended now, by ``timeout`` or by ``confidence``."""
        silence_ms, now = now_ms - caller.end_ms, self.confidence(caller, now_ms)
        if reason == "timeout":
            numbers = {"timeout_ms": patience.timeout_ms, "confidence": now}
            return Why("timeout", numbers, silence_ms - patience.timeout_ms)
        numbers = {
            "confidence": now,
            "threshold": patience.threshold,
            "silence_ms": silence_ms,
            "completeness": caller.completeness,
        }
        return Why("confidence", numbers, now - patience.threshold)
