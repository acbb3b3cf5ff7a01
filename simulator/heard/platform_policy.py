"""The platform's own turn policy for calls' settings, beside what a profile derives from them.

The form of the platform's answer is undocumented, so names are searched at any depth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from simulator.engine.end_of_turn import Sensitivity
from simulator.engine.profile import EngineProfile
from simulator.heard.check import ReplayedCall
from simulator.heard.waits import READINGS, policy_of

_NAMES: Final = {
    "threshold": ("eot_threshold", "end_of_turn_threshold", "eot_confidence", "end_of_turn_confidence_threshold"),
    "eager": ("eager_eot_threshold", "eager_end_of_turn_threshold", "eager_threshold"),
    "timeout_ms": ("eot_timeout_ms", "end_of_turn_timeout_ms"),
}
"""The platform's possible names for end-of-turn limits; its recogniser's names begin with ``stt_``."""

_DEEPEST: Final = 4
_NEAR: Final = 0.02
_LONGEST_MS: Final = 600_000

ORIGIN: Final = "documented"
NOTE: Final = "the platform's own turn policy for these settings (config-to-policy)"


@dataclass(frozen=True, slots=True)
class Limits:
    """The confidence that ends a turn, the eager confidence, and the silence that ends it (ms).

    ``None`` where the answer has no value.
    """

    threshold: float | None = None
    eager: float | None = None
    timeout_ms: float | None = None

    def to_json(self) -> dict[str, float | None]:
        """Return the limits as JSON values."""
        return {"threshold": self.threshold, "eager": self.eager, "timeout_ms": self.timeout_ms}

    def words(self) -> str:
        """Return the limits in words."""
        ends = [
            "" if self.threshold is None else f"at confidence {self.threshold:.2f}",
            "" if self.timeout_ms is None else f"after {self.timeout_ms:.0f} ms of silence",
        ]
        found = [
            f"turns end {' or '.join(one for one in ends if one)}" if any(ends) else "",
            "" if self.eager is None else f"eager answers start at {self.eager:.2f}",
        ]
        return ", ".join(one for one in found if one) or "nothing about the end of turn"


@dataclass(frozen=True, slots=True)
class PolicyReading:
    """The limits of one ``voice_config``, by a profile and by the platform.

    ``setting`` is its ``eager_eot_threshold``.
    """

    setting: float | None
    calls: int
    ours: Limits
    platform: Limits

    def to_json(self) -> dict[str, Any]:
        """Return the reading as JSON values."""
        return {
            "eager_eot_threshold": self.setting,
            "calls": self.calls,
            "ours": self.ours.to_json(),
            "platform": self.platform.to_json(),
        }

    def words(self) -> str:
        """Return both readings in a sentence."""
        setting = "not set" if self.setting is None else f"{self.setting:g}"
        calls = f"{self.calls} call{'' if self.calls == 1 else 's'}"
        return (
            f"eager_eot_threshold {setting} ({calls}): the platform says {self.platform.words()}; "
            f"the profile says {self.ours.words()}"
        )


def read_policy(raw: Mapping[str, Any]) -> Limits:
    """Return the end-of-turn limits in a platform's answer, at any depth."""
    flat = dict(reversed(list(_flattened(raw, _DEEPEST))))

    def first(names: Sequence[str], fits: Callable[[float], bool]) -> float | None:
        for name in (one for each in names for one in (f"stt_{each}", each)):
            value = flat.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool) and fits(value):
                return float(value)
        return None

    return Limits(
        first(_NAMES["threshold"], lambda value: 0 < value <= 1),
        first(_NAMES["eager"], lambda value: 0 < value <= 1),
        first(_NAMES["timeout_ms"], lambda value: 0 < value <= _LONGEST_MS),
    )


def _flattened(raw: Mapping[str, Any], deepest: int) -> Iterator[tuple[str, Any]]:
    """Yield each name with its value, outermost first."""
    yield from ((name.casefold(), value) for name, value in raw.items())
    if deepest:
        for value in raw.values():
            if isinstance(value, dict):
                yield from _flattened(value, deepest - 1)


def readings(calls: Sequence[ReplayedCall], profile: EngineProfile) -> list[PolicyReading]:
    """Return the distinct readings of those calls' settings that the platform has answered."""
    policy = policy_of(profile)
    found: Counter[tuple[float | None, Limits, Limits]] = Counter()
    for call in calls:
        if call.record.turn_policy:
            limits = policy.limits(call.config)
            ours = Limits(limits.threshold, limits.eager, float(limits.timeout_ms))
            found[call.config.eager_eot_threshold, ours, read_policy(call.record.turn_policy)] += 1
    read = [PolicyReading(setting, count, ours, theirs) for (setting, ours, theirs), count in found.items()]
    return sorted(read, key=lambda one: (one.setting is not None, one.setting or 0.0))


def taken(found: Sequence[PolicyReading]) -> dict[str, Any]:
    """Return profile values implied by the platform's answers: the sensitivity's role and direction, the threshold.

    Empty where the answers are silent or contradict each other.
    """
    origin = {"origin": ORIGIN, "note": NOTE}
    values: dict[str, Any] = {}
    set_ones = [one for one in found if one.setting is not None]
    possible = (*READINGS.values(), Sensitivity(head_start=True, recogniser=True))
    fitting = [reading for reading in possible if set_ones and all(_fits(one, reading) for one in set_ones)]
    reading = fitting[0] if len(fitting) == 1 else None
    if reading is not None:
        values["eager_role"] = {"value": "head_start" if reading.head_start else "sensitivity", **origin}
        values["eager_direction"] = {"value": "recogniser" if reading.recogniser else "documented", **origin}
    own = {
        one.platform.threshold
        for one in found
        if one.platform.threshold is not None
        and (one.setting is None or (reading is not None and reading.head_start))
    }
    if len(own) == 1:
        values["eot_threshold"] = {"value": own.pop(), **origin}
    return values


def _fits(one: PolicyReading, reading: Sensitivity) -> bool:
    """Whether the platform's answer for a setting matches one meaning of the setting."""
    assert one.setting is not None
    if reading.head_start:
        return one.platform.eager is not None and abs(one.platform.eager - reading.confidence(one.setting)) < _NEAR
    threshold = one.platform.threshold
    return threshold is not None and abs(threshold - reading.ends_at(one.setting)) < _NEAR
