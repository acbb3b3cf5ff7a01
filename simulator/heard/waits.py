"""End-of-turn waits heard in calls, the waits that each meaning of the settings predicts, and the best match."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.activity.model import NO_MODEL_COMPLETENESS
from simulator.engine.end_of_turn import OWN_THRESHOLD, ConfidencePolicy, Doubt, Sensitivity, end_of_turn_policy
from simulator.engine.profile import EngineProfile
from simulator.heard.check import ReplayedCall

NEAR_MS = 400
"""The largest distance between a logged event and the same event in the audio."""

MOST_MS = 50.0
"""The largest error that counts: the platform took some ends of turn back, or heard them differently."""

HALF_LIVES = np.round(np.arange(0.3, 1.5001, 0.02), 3)
THRESHOLDS = np.round(np.arange(0.35, 0.9001, 0.01), 3)
"""The thresholds to try."""

READINGS: Final = {
    "sensitivity": Sensitivity(),
    "sensitivity, the recogniser's way": Sensitivity(recogniser=True),
    "head_start": Sensitivity(head_start=True),
}
"""The possible meanings of ``eager_eot_threshold``: a profile's ``eager_role``, and ``eager_direction``."""

_TITLES: Final = {
    "sensitivity": "a sensitivity that ends turns sooner the higher it is",
    "sensitivity, the recogniser's way": "a sensitivity that ends turns sooner the lower it is",
    "head_start": "a head start on unheard answers",
}

_SPREAD_MS = 15.0
"""The usual distance between waits and their prediction..."""
_STRAYS = 0.2
"""...except for this share of them, which lie anywhere within a second."""

_SURE = math.log(20)
"""A meaning is supported if it is twenty times likelier than any other..."""
_SURE_SHARE = 0.95
"""...and the likeliest in this share of the resamples of calls."""

RESAMPLES = 100


@dataclass(frozen=True, slots=True)
class Wait:
    """One heard wait for an end of turn, ms after the caller's speech ended, and the values that decided it."""

    call: int
    waited_ms: float
    known_ms: int
    completeness: float
    timeout_ms: int
    threshold: float | None
    """The confidence in the call's own settings; ``None``: the profile's."""


def policy_of(profile: EngineProfile) -> ConfidencePolicy:
    """Return the end-of-turn policy whose predictions waits are compared with."""
    policy = end_of_turn_policy(profile.values)
    assert isinstance(policy, ConfidencePolicy)
    return policy


def waits_of(calls: Sequence[ReplayedCall], policy: ConfidencePolicy) -> list[Wait]:
    """Return the waits in the calls' logs."""
    return [wait for number, call in enumerate(calls) for wait in _of_call(number, call, policy)]


def _of_call(number: int, call: ReplayedCall, policy: ConfidencePolicy) -> list[Wait]:
    limits = policy.limits(call.config)
    threshold = None if limits.setting == OWN_THRESHOLD else limits.threshold
    found = []
    for turn in call.heard["turns"]:
        waited = turn["reported"].get("end_of_turn_ms")
        end_ms = 1000 * turn["caller_end_s"]
        spans = [span for span in call.activity.spans if abs(span.end_ms - end_ms) < NEAR_MS]
        if waited is None or not spans or waited >= limits.timeout_ms:
            continue
        last = max(spans, key=lambda span: span.end_ms)
        known = last.end_known_ms - last.end_ms
        found.append(Wait(number, waited, known, last.completeness, limits.timeout_ms, threshold))
    return found


def predicted_ms(wait: Wait, doubt: Doubt, threshold: float) -> int:
    """Return the predicted wait, ms."""
    needed = doubt.needed_ms(threshold, wait.completeness)
    return wait.timeout_ms if needed is None else min(max(needed, wait.known_ms), wait.timeout_ms)


def errors_ms(waits: Sequence[Wait], policy: ConfidencePolicy) -> NDArray[np.float64]:
    """Return the absolute error of each wait's prediction, ms: ``[wait, half-life, threshold]``."""
    own: list[float] = THRESHOLDS.tolist()
    asked = sorted({wait.threshold for wait in waits if wait.threshold is not None})
    columns = {threshold: len(own) + number for number, threshold in enumerate(asked)}
    doubts = [policy.doubt._replace(half_life_s=half_life) for half_life in HALF_LIVES.tolist()]
    # the wait of a neutral pause; completeness maps it linearly
    plain = np.array(
        [[doubt.needed_ms(one, NO_MODEL_COMPLETENESS) for one in (*own, *asked)] for doubt in doubts], np.float64
    )
    off = np.empty((len(waits), len(HALF_LIVES), len(THRESHOLDS)))
    for number, wait in enumerate(waits):
        silence = plain[:, : len(own)] if wait.threshold is None else plain[:, [columns[wait.threshold]]]
        scale, shift_s, until_s = policy.doubt.line(wait.completeness)
        needed = np.where(silence < 1000 * until_s, silence * scale + 1000 * shift_s, silence)
        off[number] = np.abs(np.clip(np.ceil(needed - 1e-6), wait.known_ms, wait.timeout_ms) - wait.waited_ms)
    return off


# ---- the meaning of eager_eot_threshold that the waits support


@dataclass(frozen=True, slots=True)
class RoleEvidence:
    """The likelihood of the waits under each meaning of ``eager_eot_threshold``.

    ``supported`` is ``None`` where the waits do not decide. ``log_likelihood`` is relative to the likeliest
    meaning. ``n`` waits come from ``calls`` calls, ``under`` of them from calls that set the field. ``why`` is a
    sentence.
    """

    supported: str | None
    log_likelihood: dict[str, float]
    n: int
    under: int
    calls: int
    why: str

    def words(self) -> str:
        """Return the result in a line."""
        return (
            self.why if self.supported is None else f"eager_eot_threshold is {_TITLES[self.supported]}: {self.why}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return the evidence as JSON values."""
        return {
            "supported": self.supported,
            "log_likelihood": self.log_likelihood,
            "n": self.n,
            "n_with_setting": self.under,
            "calls": self.calls,
            "sentence": self.why,
        }

    def values(self) -> dict[str, Any]:
        """Return the profile values of the supported meaning; empty if none is supported."""
        if self.supported is None:
            return {}
        reading = READINGS[self.supported]
        origin = {"origin": "fitted from calls", "note": self.why}
        likewise = {"origin": "fitted from calls", "note": "by the same waits as eager_role"}
        role = "head_start" if reading.head_start else "sensitivity"
        values: dict[str, Any] = {"eager_role": {"value": role, **origin}}
        if not reading.head_start:
            values["eager_direction"] = {"value": "recogniser" if reading.recogniser else "documented", **likewise}
        return values


def role_evidence(calls: Sequence[ReplayedCall], profile: EngineProfile, fewest: int) -> RoleEvidence:
    """Return which meaning of ``eager_eot_threshold`` the waits of calls support."""
    settings = {call.config.eager_eot_threshold for call in calls}
    under = {number for number, call in enumerate(calls) if call.config.eager_eot_threshold is not None}
    policies = {name: replace(policy_of(profile), sensitivity=reading) for name, reading in READINGS.items()}
    found = {name: waits_of(calls, policy) for name, policy in policies.items()}
    waits = found["sensitivity"]
    n, with_setting = len(waits), sum(wait.call in under for wait in waits)
    if with_setting < fewest:
        why = (
            f"cannot tell what eager_eot_threshold does: {with_setting} logged waits are of calls that set it, "
            f"and that needs {fewest}"
        )
        return RoleEvidence(None, {}, n, with_setting, len(calls), why)
    if len(settings) < 2:
        why = f"cannot tell what eager_eot_threshold does: all {len(calls)} calls have it at {_listed(settings)}"
        return RoleEvidence(None, {}, n, with_setting, len(calls), why)
    by_call = {name: _by_call(found[name], policy, len(calls)) for name, policy in policies.items()}
    free = {name: int(any(wait.threshold is None for wait in own)) for name, own in found.items()}
    once = np.ones(len(calls), np.int64)
    likely = _likelihoods(by_call, free, once, n)
    best = max(likely, key=lambda name: likely[name])
    drawn = np.random.default_rng(0).integers(0, len(calls), (RESAMPLES, len(calls)))
    again = [_likelihoods(by_call, free, np.bincount(one, minlength=len(calls)), n) for one in drawn]
    share = sum(max(one, key=lambda name: one[name]) == best for one in again) / RESAMPLES
    others = [name for name in likely if name != best]
    second = max(others, key=lambda name: likely[name])
    ahead = likely[best] - likely[second]
    relative = {name: round(value - likely[best], 1) for name, value in likely.items()}
    times = "more than 1,000" if ahead > math.log(1000) else f"{math.exp(ahead):,.0f}"
    seen = f"{n} logged waits of {len(calls)} calls, {with_setting} of them at {_listed(settings)}"
    sure = f"likeliest in {share:.0%} of resamples of calls; {seen}"
    if ahead >= _SURE and share >= _SURE_SHARE:
        why = f"{times} times likelier than {_TITLES[second]}, and {sure}"
        return RoleEvidence(best, relative, n, with_setting, len(calls), why)
    either = f"{_TITLES[best]} or {_TITLES[second]}"
    why = f"cannot tell whether eager_eot_threshold is {either}: the first is {times} times likelier, and {sure}"
    return RoleEvidence(None, relative, n, with_setting, len(calls), why)


def _listed(settings: set[float | None]) -> str:
    return ", ".join(f"{one:g}" for one in sorted(one for one in settings if one is not None))


def _by_call(waits: Sequence[Wait], policy: ConfidencePolicy, calls: int) -> NDArray[np.float64]:
    """Return the log-likelihood of each call's waits: ``[call, half-life, threshold]``."""
    near = (1 - _STRAYS) * np.exp(-errors_ms(waits, policy) / _SPREAD_MS) / (2 * _SPREAD_MS)
    each = np.log(near + _STRAYS / 1000)
    found = np.zeros((calls, *each.shape[1:]))
    np.add.at(found, [wait.call for wait in waits], each)
    return found


def _likelihoods(
    by_call: dict[str, NDArray[np.float64]], free: dict[str, int], weight: NDArray[np.int64], n: int
) -> dict[str, float]:
    """Return each meaning's best log-likelihood, minus a penalty for a free threshold."""
    return {
        name: float(np.tensordot(weight, each, axes=1).max()) - free[name] * math.log(n) / 2
        for name, each in by_call.items()
    }
