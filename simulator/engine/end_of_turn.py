"""The end-of-turn policy: in a pause, when is the caller taken to have finished, and why?

The state machine and the trade-off curve ask the same policy. A further one implements :class:`EndOfTurnPolicy`,
gets a row in :data:`POLICIES`, and is chosen where a profile says so.

:class:`ConfidencePolicy` asks how sure one can be, as silence grows, that the caller has finished. For a pause of
``s`` seconds whose start sounded complete to the degree ``q`` the turn confidence is
``c(s) = 1 - (1 - q) * 2^(-(s - 0.2) / h)``: it starts at ``q`` after 0.2 s and closes half of the remaining doubt
every ``h`` seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple, Protocol

from presets.layers import ResolvedVoiceConfig
from simulator.activity.model import SpeechEnd
from simulator.engine.profile import Values
from simulator.engine.scenario import NO_POLICY, TurnPolicy
from simulator.engine.why import Why

EndReason = Literal["timeout", "confidence"]

KNOWN_AFTER_S = 0.2
EAGER_FLOOR = 0.3


class EndOfTurnLimits(NamedTuple):
    """The confidence and the silence that end a turn, and the confidence that begins an answer ahead, if any."""

    threshold: float
    eager: float | None
    timeout_ms: int
    eager_setting: str = ""
    """What the eager threshold was set to, and where."""


class EndOfTurnPolicy(Protocol):
    """Decides about a pause from how it was judged, how long it has lasted, and the configuration.

    Times are ms on the clock of ``ended``, the end of speech that began the pause. A policy keeps nothing from one
    pause to the next, and fires no earlier than ``ended.known_ms``.
    """

    def limits(self, config: ResolvedVoiceConfig, policy: TurnPolicy = NO_POLICY) -> EndOfTurnLimits:
        """Return what holds under a configuration in a state: its turn policy goes before ``voice_config``."""
        ...

    def end(self, ended: SpeechEnd, limits: EndOfTurnLimits) -> tuple[int, EndReason]:
        """Return when the turn ends if the pause goes on, and by what."""
        ...

    def eager_ms(self, ended: SpeechEnd, limits: EndOfTurnLimits) -> int | None:
        """Return when an answer is begun ahead if the pause goes on; ``None``: never."""
        ...

    def confidence(self, ended: SpeechEnd, at_ms: float) -> float:
        """Return the confidence, 0…1, that the turn is over, at a moment of the pause."""
        ...

    def why_end(self, reason: EndReason, ended: SpeechEnd, limits: EndOfTurnLimits, at_ms: int) -> Why:
        """Return why the turn ended at ``at_ms``."""
        ...

    def why_eager(self, ended: SpeechEnd, limits: EndOfTurnLimits, at_ms: int) -> Why:
        """Return why an answer was begun ahead at ``at_ms``."""
        ...


@dataclass(frozen=True, slots=True)
class ConfidencePolicy:
    """Ends a turn where the turn confidence reaches a threshold, or the silence a timeout.

    ``recogniser_direction``: ``eager_eot_threshold`` is the confidence itself, as in the recogniser's own field.
    """

    half_life_s: float
    threshold: float
    recogniser_direction: bool = False

    def limits(self, config: ResolvedVoiceConfig, policy: TurnPolicy = NO_POLICY) -> EndOfTurnLimits:
        """Return what holds. The fields of a state's turn policy are the recogniser's: confidences themselves."""
        threshold = self.threshold if policy.stt_eot_threshold is None else policy.stt_eot_threshold
        timeout_ms = config.eot_timeout_ms if policy.stt_eot_timeout_ms is None else policy.stt_eot_timeout_ms
        if policy.stt_eager_eot_threshold is not None:
            wanted = policy.stt_eager_eot_threshold
            eager = eager_confidence(wanted, threshold, recogniser=True)
            return EndOfTurnLimits(threshold, eager, timeout_ms, f"the state's stt_eager_eot_threshold {wanted:g}")
        setting = config.eager_eot_threshold
        if setting is None:
            return EndOfTurnLimits(threshold, None, timeout_ms)
        eager = eager_confidence(setting, threshold, recogniser=self.recogniser_direction)
        return EndOfTurnLimits(threshold, eager, timeout_ms, f"eager_eot_threshold {setting:g}")

    def end(self, ended: SpeechEnd, limits: EndOfTurnLimits) -> tuple[int, EndReason]:
        """Return when the turn ends, and by what; at one moment, by the timeout."""
        timeout_ms = max(ended.known_ms, ended.end_ms + limits.timeout_ms)
        confident_ms = self._reaches_ms(limits.threshold, ended)
        if confident_ms is None or timeout_ms <= confident_ms:
            return timeout_ms, "timeout"
        return confident_ms, "confidence"

    def eager_ms(self, ended: SpeechEnd, limits: EndOfTurnLimits) -> int | None:
        """Return when the confidence reaches the eager threshold, if there is one."""
        return None if limits.eager is None else self._reaches_ms(limits.eager, ended)

    def confidence(self, ended: SpeechEnd, at_ms: float) -> float:
        """Return the turn confidence."""
        return confidence(at_ms - ended.end_ms, ended.completeness, self.half_life_s)

    def _reaches_ms(self, threshold: float, ended: SpeechEnd) -> int | None:
        needed_ms = silence_needed_ms(threshold, ended.completeness, self.half_life_s)
        return None if needed_ms is None else max(ended.known_ms, ended.end_ms + needed_ms)

    def why_end(self, reason: EndReason, ended: SpeechEnd, limits: EndOfTurnLimits, at_ms: int) -> Why:
        """Return the numbers that decided."""
        silence_ms, now = at_ms - ended.end_ms, self.confidence(ended, at_ms)
        if reason == "timeout":
            numbers = {"timeout_ms": limits.timeout_ms, "confidence": now}
            return Why("timeout", numbers, silence_ms - limits.timeout_ms)
        numbers = {
            "confidence": now,
            "threshold": limits.threshold,
            "silence_ms": silence_ms,
            "completeness": ended.completeness,
        }
        return Why("confidence", numbers, now - limits.threshold)

    def why_eager(self, ended: SpeechEnd, limits: EndOfTurnLimits, at_ms: int) -> Why:
        """Return the numbers that decided."""
        threshold, now = limits.eager or 0.0, self.confidence(ended, at_ms)
        numbers: dict[str, float | str] = {
            "confidence": now,
            "threshold": threshold,
            "setting": limits.eager_setting,
        }
        return Why("eager", numbers, now - threshold)


POLICIES: Mapping[str, Callable[[Values], EndOfTurnPolicy]] = {
    "confidence": lambda values: ConfidencePolicy(
        values.eot_half_life_s.value, values.eot_threshold.value, values.recogniser_direction
    )
}
"""The policies by name, each made from a profile's values."""


def end_of_turn_policy(values: Values, name: str = "confidence") -> EndOfTurnPolicy:
    """Return the policy of a profile with these values."""
    return POLICIES[name](values)


def confidence(silence_ms: float, completeness: float, half_life_s: float) -> float:
    """Return the turn confidence after ``silence_ms`` of silence."""
    halvings = (silence_ms / 1000.0 - KNOWN_AFTER_S) / half_life_s
    return 1.0 - (1.0 - completeness) * math.pow(2.0, -halvings)


@lru_cache(maxsize=8192)
def silence_needed_ms(threshold: float, completeness: float, half_life_s: float) -> int | None:
    """Return the silence, in whole ms, at which the confidence reaches ``threshold``; ``None``: never."""
    if completeness >= threshold:
        return 0
    if threshold >= 1.0:
        return None
    seconds = KNOWN_AFTER_S + half_life_s * math.log2((1.0 - completeness) / (1.0 - threshold))
    return max(0, math.ceil(seconds * 1000.0 - 1e-6))


def eager_confidence(setting: float, threshold: float, *, recogniser: bool) -> float:
    """Return the confidence an ``eager_eot_threshold`` of ``setting`` asks for, at most that of the end of turn.

    The vendor documents higher as more aggressive; its recogniser's own field of that name is the confidence
    itself (``recogniser``).
    """
    wanted = setting if recogniser else 0.9 - 0.6 * setting
    return min(max(wanted, EAGER_FLOOR), threshold)
