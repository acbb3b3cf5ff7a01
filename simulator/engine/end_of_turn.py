"""The end-of-turn policy: when a pause ends the caller's turn, and why.

The state machine and the trade-off curve use the same policy. To add one, implement :class:`EndOfTurnPolicy`, add a
row to :data:`POLICIES`, and choose it where a profile selects its policy.

:class:`ConfidencePolicy` models how sure one can be, as silence grows, that the caller has finished. After ``s``
seconds the turn confidence is ``c(s) = 1 - 0.7 * 2^(-(s - 0.2) / h)``: 0.3 after 0.2 s; every ``h`` seconds halve
the remaining doubt. This holds for a pause with a completeness ``q`` of 0.3, which is neutral. Without an
end-of-turn model, every pause has it.

A lower ``q`` (sounds unfinished) waits longer; a higher one (sounds finished) waits less. Where a neutral pause
ends the turn after ``d`` seconds, other pauses end it

* after ``d * q / 0.3 + C * (1 - q / 0.3)`` if ``q`` is lower and ``d`` below the ceiling ``C``: a ``q`` of 0 waits
  ``C`` seconds whatever the threshold is;
* after ``d - H * (q - 0.3) / 0.7 * (1 - d / U)`` if ``q`` is higher and ``d`` below ``U``: a head start of at most
  ``H`` seconds, which shrinks as the wait grows.

Both effects fade as waits grow, because the start of a long pause does not predict its end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple, Protocol

from presets.layers import ResolvedVoiceConfig
from simulator.activity.model import NO_MODEL_COMPLETENESS, SpeechEnd
from simulator.engine.profile import Values
from simulator.engine.scenario import NO_POLICY, TurnPolicy
from simulator.engine.why import Why

EndReason = Literal["timeout", "confidence"]

KNOWN_AFTER_S = 0.2
_AT_FIRST = 1.0 - NO_MODEL_COMPLETENESS
LOWEST, HIGHEST = 0.3, 0.95
"""The range of confidences that ``eager_eot_threshold`` can set."""
_AT_ZERO, _PER_UNIT = 0.9, 0.6
OWN_THRESHOLD = "the profile's eot_threshold"


class EndOfTurnLimits(NamedTuple):
    """The confidence and the silence that end a turn, and the eager confidence that starts an answer early, if any.

    ``setting`` and ``eager_setting`` name the source of the two confidences, in words.
    """

    threshold: float
    eager: float | None
    timeout_ms: int
    setting: str = OWN_THRESHOLD
    eager_setting: str = ""


class EndOfTurnPolicy(Protocol):
    """Decides about a pause from its judgement, its length, and the configuration.

    Times are ms on the clock of ``ended``, the end of speech that began the pause. A policy keeps no state between
    pauses and never fires before ``ended.known_ms``.
    """

    def limits(self, config: ResolvedVoiceConfig, policy: TurnPolicy = NO_POLICY) -> EndOfTurnLimits:
        """Return the limits of a configuration in a state. The state's turn policy overrides ``voice_config``."""
        ...

    def end(self, ended: SpeechEnd, limits: EndOfTurnLimits) -> tuple[int, EndReason]:
        """Return when the turn ends if the pause continues, ms, and the reason."""
        ...

    def eager_ms(self, ended: SpeechEnd, limits: EndOfTurnLimits) -> int | None:
        """Return when an eager answer starts if the pause continues, ms; ``None``: never."""
        ...

    def confidence(self, ended: SpeechEnd, at_ms: float) -> float:
        """Return the confidence, 0…1, that the turn is over at a moment of the pause."""
        ...

    def setting_for(self, threshold: float) -> float | None:
        """Return the ``eager_eot_threshold`` that ends turns at a confidence; ``None``: no value does."""
        ...

    def why_end(self, reason: EndReason, ended: SpeechEnd, limits: EndOfTurnLimits, at_ms: int) -> Why:
        """Return why the turn ended at ``at_ms``."""
        ...

    def why_eager(self, ended: SpeechEnd, limits: EndOfTurnLimits, at_ms: int) -> Why:
        """Return why an eager answer started at ``at_ms``."""
        ...


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """The meaning of an ``eager_eot_threshold`` of 0…1 under a profile.

    It sets the confidence that ends a turn or, with ``head_start``, the one that starts an eager answer, unheard.
    The vendor documents higher values as more aggressive: the confidence is 0.9 - 0.6 * value. With ``recogniser``
    the value is the confidence itself, as in the field of the vendor's speech recogniser.
    """

    head_start: bool = False
    recogniser: bool = False

    def confidence(self, setting: float) -> float:
        """Return the confidence, 0…1, for a setting."""
        return setting if self.recogniser else _AT_ZERO - _PER_UNIT * setting

    def ends_at(self, setting: float) -> float:
        """Return the confidence at which a turn ends under a setting."""
        return min(max(self.confidence(setting), LOWEST), HIGHEST)

    def equal_to(self, threshold: float) -> float | None:
        """Return the setting that ends a turn at a confidence; ``None``: no value does."""
        setting = threshold if self.recogniser else (_AT_ZERO - threshold) / _PER_UNIT
        # rounding must not exclude the ends of the field's range
        setting = round(setting, 9)
        return setting if 0 <= setting <= 1 and LOWEST <= round(threshold, 9) <= HIGHEST else None


DOCUMENTED = Sensitivity()


def sensitivity_of(values: Values) -> Sensitivity:
    """Return the meaning of ``eager_eot_threshold`` under a profile."""
    return Sensitivity(values.eager_role.value == "head_start", values.eager_direction.value == "recogniser")


class LinearWait(NamedTuple):
    """How long a pause waits: ``scale`` times the wait of a neutral pause, plus ``shift_s``.

    Valid for waits below ``until_s``; longer waits do not change.
    """

    scale: float
    shift_s: float
    until_s: float


class Doubt(NamedTuple):
    """How silence and completeness reduce doubt, in seconds; see the top of this module.

    ``half_life_s`` is ``h``, ``ceiling_s`` ``C``, ``head_start_s`` ``H`` and ``head_start_until_s`` ``U``.
    """

    half_life_s: float
    ceiling_s: float = 0.0
    head_start_s: float = 0.0
    head_start_until_s: float = 1.0

    def confidence(self, silence_ms: float, completeness: float) -> float:
        """Return the turn confidence, 0…1, after ``silence_ms`` of silence."""
        silence_s = silence_ms / 1000.0
        scale, shift_s, until_s = self.line(completeness)
        if silence_s < until_s:  # the silence at which a neutral pause has the same confidence
            silence_s = (silence_s - shift_s) / scale if scale else -math.inf
        halvings = (silence_s - KNOWN_AFTER_S) / self.half_life_s
        return max(0.0, 1.0 - _AT_FIRST * math.pow(2.0, -max(halvings, -1.0)))

    def needed_ms(self, threshold: float, completeness: float) -> int | None:
        """Return the silence, in whole ms, at which the confidence reaches ``threshold``; ``None``: never."""
        if threshold >= 1.0:
            return None
        silence_s = KNOWN_AFTER_S + self.half_life_s * math.log2(_AT_FIRST / (1.0 - threshold))
        scale, shift_s, until_s = self.line(completeness)
        if silence_s < until_s:
            silence_s = silence_s * scale + shift_s
        return max(0, math.ceil(silence_s * 1000.0 - 1e-6))

    def line(self, completeness: float) -> LinearWait:
        """Return the effect of a completeness, 0…1, on the wait."""
        if completeness < NO_MODEL_COMPLETENESS:
            scale = completeness / NO_MODEL_COMPLETENESS
            return LinearWait(scale, self.ceiling_s * (1.0 - scale), self.ceiling_s)
        head_start_s = self.head_start_s * (completeness - NO_MODEL_COMPLETENESS) / _AT_FIRST
        return LinearWait(1.0 + head_start_s / self.head_start_until_s, -head_start_s, self.head_start_until_s)


@dataclass(frozen=True, slots=True)
class ConfidencePolicy:
    """Ends a turn when the turn confidence reaches a threshold, or the silence a timeout.

    ``sensitivity`` is the meaning of ``eager_eot_threshold``.
    """

    doubt: Doubt
    threshold: float
    sensitivity: Sensitivity = DOCUMENTED

    def limits(self, config: ResolvedVoiceConfig, policy: TurnPolicy = NO_POLICY) -> EndOfTurnLimits:
        """Return the limits. A state's turn policy has the recogniser's fields: they are confidences."""
        threshold, setting = self._threshold(config, policy)
        timeout_ms = config.eot_timeout_ms if policy.stt_eot_timeout_ms is None else policy.stt_eot_timeout_ms
        eager, eager_setting = self._eager(config, policy)
        if eager is not None:
            eager = min(max(eager, LOWEST), threshold)
        return EndOfTurnLimits(threshold, eager, timeout_ms, setting, eager_setting)

    def _threshold(self, config: ResolvedVoiceConfig, policy: TurnPolicy) -> tuple[float, str]:
        own, wanted = policy.stt_eot_threshold, config.eager_eot_threshold
        if own is not None:
            return own, f"the state's stt_eot_threshold {own:g}"
        if wanted is None or self.sensitivity.head_start:
            return self.threshold, OWN_THRESHOLD
        sets = "" if self.sensitivity.recogniser else f" sets {_AT_ZERO:g} − {_PER_UNIT:g} × {wanted:g}"
        return self.sensitivity.ends_at(wanted), f"eager_eot_threshold {wanted:g}{sets}"

    def _eager(self, config: ResolvedVoiceConfig, policy: TurnPolicy) -> tuple[float | None, str]:
        own, wanted = policy.stt_eager_eot_threshold, config.eager_eot_threshold
        if own is not None:
            return own, f"the state's stt_eager_eot_threshold {own:g}"
        if wanted is None or not self.sensitivity.head_start:
            return None, ""
        return self.sensitivity.confidence(wanted), f"eager_eot_threshold {wanted:g}"

    def end(self, ended: SpeechEnd, limits: EndOfTurnLimits) -> tuple[int, EndReason]:
        """Return when the turn ends, ms, and the reason: the timeout, if both fall on one moment."""
        timeout_ms = max(ended.known_ms, ended.end_ms + limits.timeout_ms)
        confident_ms = self._reaches_ms(limits.threshold, ended)
        if confident_ms is None or timeout_ms <= confident_ms:
            return timeout_ms, "timeout"
        return confident_ms, "confidence"

    def eager_ms(self, ended: SpeechEnd, limits: EndOfTurnLimits) -> int | None:
        """Return when the confidence reaches the eager threshold, ms; ``None`` without one, or if it never does."""
        return None if limits.eager is None else self._reaches_ms(limits.eager, ended)

    def confidence(self, ended: SpeechEnd, at_ms: float) -> float:
        """Return the turn confidence, 0…1, at a moment of the pause."""
        return self.doubt.confidence(at_ms - ended.end_ms, ended.completeness)

    def setting_for(self, threshold: float) -> float | None:
        """Return the setting; ``None`` with a head start, which ends no turn."""
        return None if self.sensitivity.head_start else self.sensitivity.equal_to(threshold)

    def _reaches_ms(self, threshold: float, ended: SpeechEnd) -> int | None:
        needed_ms = _needed_ms(self.doubt, threshold, ended.completeness)
        return None if needed_ms is None else max(ended.known_ms, ended.end_ms + needed_ms)

    def why_end(self, reason: EndReason, ended: SpeechEnd, limits: EndOfTurnLimits, at_ms: int) -> Why:
        """Return the reason with the deciding numbers."""
        silence_ms, now = at_ms - ended.end_ms, self.confidence(ended, at_ms)
        if reason == "timeout":
            waited = {"timeout_ms": limits.timeout_ms, "confidence": now}
            return Why("timeout", waited, silence_ms - limits.timeout_ms)
        numbers: dict[str, float | str] = {
            "confidence": now,
            "threshold": limits.threshold,
            "setting": limits.setting,
            "silence_ms": silence_ms,
            "completeness": ended.completeness,
        }
        return Why("confidence", numbers, now - limits.threshold)

    def why_eager(self, ended: SpeechEnd, limits: EndOfTurnLimits, at_ms: int) -> Why:
        """Return the reason with the deciding numbers."""
        threshold, now = limits.eager or 0.0, self.confidence(ended, at_ms)
        numbers: dict[str, float | str] = {
            "confidence": now,
            "threshold": threshold,
            "setting": limits.eager_setting,
        }
        return Why("eager", numbers, now - threshold)


POLICIES: Mapping[str, Callable[[Values], EndOfTurnPolicy]] = {
    "confidence": lambda values: ConfidencePolicy(
        Doubt(
            half_life_s=values.eot_half_life_s.value,
            ceiling_s=values.eot_ceiling_s.value,
            head_start_s=values.eot_head_start_s.value,
            head_start_until_s=values.eot_head_start_until_s.value,
        ),
        threshold=values.eot_threshold.value,
        sensitivity=sensitivity_of(values),
    )
}
"""The policies by name, each made from a profile's values."""


def end_of_turn_policy(values: Values, name: str = "confidence") -> EndOfTurnPolicy:
    """Return the policy with a profile's values."""
    return POLICIES[name](values)


@lru_cache(maxsize=8192)
def _needed_ms(doubt: Doubt, threshold: float, completeness: float) -> int | None:
    return doubt.needed_ms(threshold, completeness)


MAX_SPECULATIONS = 3
"""Eager generations, started before a confirmed end of turn, allowed per caller turn."""


class PauseWatch:
    """A policy with a cache of its limits, for repeated calls with the same settings."""

    def __init__(self, values: Values) -> None:
        self.policy = end_of_turn_policy(values)
        self.speculations = 0
        """Eager generations in the current caller turn."""
        self._known: tuple[ResolvedVoiceConfig, TurnPolicy, EndOfTurnLimits] | None = None

    def limits(self, config: ResolvedVoiceConfig, policy: TurnPolicy) -> EndOfTurnLimits:
        """Return the limits of a configuration in a state with this turn policy."""
        known = self._known
        if known is None or known[0] is not config or known[1] is not policy:
            known = self._known = (config, policy, self.policy.limits(config, policy))
        return known[2]

    def due(
        self, ended: SpeechEnd, config: ResolvedVoiceConfig, policy: TurnPolicy, *, ahead: bool
    ) -> tuple[int, EndReason | Literal["eager"]]:
        """Return the pause's next event: the end of turn and its reason or, with ``ahead``, an eager answer."""
        limits = self.limits(config, policy)
        found = self.policy.end(ended, limits)
        if limits.eager is None or not ahead or self.speculations >= MAX_SPECULATIONS:
            return found
        eager_ms = self.policy.eager_ms(ended, limits)
        return found if eager_ms is None or eager_ms >= found[0] else (eager_ms, "eager")
