"""Fits an engine profile to real calls: latencies from their logs, end of turn and the rest from the audio.

Half of the calls fit the values, and the other half validates them, group by group. A group that does not bring the
simulation closer to the other half is not offered.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.engine.profile import EngineProfile, ProfileFile
from simulator.errors import ProfileError
from simulator.heard.check import Check, ReplayedCall, check
from simulator.heard.platform_policy import PolicyReading, readings, taken
from simulator.heard.waits import (
    HALF_LIVES,
    MOST_MS,
    NEAR_MS,
    RESAMPLES,
    THRESHOLDS,
    RoleEvidence,
    errors_ms,
    policy_of,
    predicted_ms,
    role_evidence,
    waits_of,
)
from simulator.profile_fitting import FittedCall, TimedSegment, fit, profile_content

FEWEST_CALLS = 4
"""The fewest calls, two for each half."""

FEWEST = 6
"""The fewest measurements for a value: with fewer, even their range misses the median in over 5 % of cases."""

_RESAMPLES = 400


@dataclass(frozen=True, slots=True)
class FittedProfile:
    """A profile file's content, its accuracy on the calls not used for the fit, and notes."""

    content: dict[str, Any]
    before: Check
    after: Check
    role: RoleEvidence
    policies: tuple[PolicyReading, ...] = ()
    doubts: tuple[str, ...] = ()
    not_offered: tuple[str, ...] = ()
    fitted_on: tuple[str, ...] = ()
    """The ids of the calls used for the fit."""


@dataclass(slots=True)
class _Group:
    """Values accepted or rejected together, by the error of ``what`` on other calls, ms."""

    what: str
    judge: Callable[[Sequence[ReplayedCall], EngineProfile], float]
    values: dict[str, Any] = field(default_factory=dict)


def fit_heard(
    calls: Sequence[ReplayedCall], name: str, base: ProfileFile, *, take_policy: bool = False
) -> FittedProfile:
    """Fit a profile to half of the calls, and validate it on the other half.

    ``take_policy``: values of the platform's own turn policies take precedence over fitted ones.

    Raises :class:`~simulator.errors.ProfileError` if there are too few calls, or no value improves the match.
    """
    if len(calls) < FEWEST_CALLS:
        raise ProfileError(
            f"{name}: a fit needs {FEWEST_CALLS} calls that can be replayed, and there are {len(calls)}"
        )
    ordered = sorted(calls, key=lambda call: (call.record.started_at or "", call.record.id))
    own, others = ordered[::2], ordered[1::2]
    doubts: list[str] = []
    role = role_evidence(own, base.profile, FEWEST)
    groups = _fitted_groups(own, name, base, role, doubts)
    before = check(others, base.profile)
    kept, not_offered = _better(groups, others, base.profile, before)
    policies = readings(ordered, base.profile)
    if take_policy:
        said = taken(policies)
        if not said:
            doubts.append("the platform's turn policies give no usable value for these calls' settings")
        kept |= said
    after = check(others, _with(base.profile, kept))
    if not kept or _error(after) >= _error(before):
        raise ProfileError(
            f"{name}: no fitted value improves the match on the calls not used for the fit; "
            f"{'; '.join([*not_offered, *doubts]) or 'pull more calls'}"
        )
    described = (
        f"Fitted to {len(own)} calls by audio and log. On {len(others)} others the median error of the response "
        f"fell from {_error(before):.0f} to {_error(after):.0f} ms."
    )
    content = profile_content(name, base, described, kept)
    return FittedProfile(
        content,
        before,
        after,
        role,
        tuple(policies),
        tuple(doubts),
        tuple(not_offered),
        tuple(call.record.id for call in own),
    )


def _fitted_groups(
    calls: Sequence[ReplayedCall], name: str, base: ProfileFile, role: RoleEvidence, doubts: list[str]
) -> list[_Group]:
    """Return the fitted values by group; reasons for values that could not be fitted go to ``doubts``."""
    end_of_turn = _end_of_turn(calls, _with(base.profile, role.values()), doubts)
    if end_of_turn:
        end_of_turn |= role.values()
    return [
        _latencies(calls, name, base, doubts),
        _Group("the responses", _response_error, _sound_values(calls, doubts)),
        _Group("the waits for ends of turn", _wait_error, end_of_turn),
        _Group("the stops", _stop_error, _stop_value(calls, base.profile, doubts)),
    ]


def _better(
    groups: Sequence[_Group], others: Sequence[ReplayedCall], profile: EngineProfile, before: Check
) -> tuple[dict[str, Any], list[str]]:
    """Return the values that improve the match on other calls, and a sentence for each rejected group.

    If all groups together improve the responses, the groups about responses are kept. Every other group is judged
    by its own error.
    """
    kept, not_offered = dict[str, Any](), list[str]()
    if _response_error(others, _with(profile, _values(groups))) < _error(before):
        kept = _values(group for group in groups if group.judge is _response_error)
        groups = [group for group in groups if group.judge is not _response_error]
    for group in groups:
        if not group.values:
            continue
        tried = group.judge(others, _with(profile, kept | group.values))
        without = group.judge(others, _with(profile, kept))
        if tried < without:
            kept = kept | group.values
        elif math.isinf(without):
            not_offered.append(
                f"{', '.join(group.values)}: not offered, as the calls not used for the fit contain none of "
                f"{group.what}"
            )
        else:
            not_offered.append(
                f"{', '.join(group.values)}: not offered, as it does not improve {group.what} of the calls not "
                f"used for the fit (error {tried:.0f} ms instead of {without:.0f} ms)"
            )
    return kept, not_offered


def _values(groups: Iterable[_Group]) -> dict[str, Any]:
    return {name: value for group in groups for name, value in group.values.items()}


def _error(found: Check) -> float:
    size = found.absolute(0.5)
    return float("inf") if size is None else size


def _response_error(calls: Sequence[ReplayedCall], profile: EngineProfile) -> float:
    return _error(check(calls, profile))


def _wait_error(calls: Sequence[ReplayedCall], profile: EngineProfile) -> float:
    """Return the mean absolute error of end-of-turn waits, ms; each error counts at most 50 ms."""
    policy = policy_of(profile)
    off = [
        min(MOST_MS, abs(predicted_ms(wait, policy.doubt, wait.threshold or policy.threshold) - wait.waited_ms))
        for wait in waits_of(calls, policy)
    ]
    return sum(off) / len(off) if off else 0.0


def _with(profile: EngineProfile, values: dict[str, Any]) -> EngineProfile:
    raw = profile.model_dump(by_alias=True)
    raw["values"] = raw["values"] | values
    return EngineProfile.model_validate(raw)


# ---- latencies, from the logs


def _latencies(calls: Sequence[ReplayedCall], name: str, base: ProfileFile, doubts: list[str]) -> _Group:
    group = _Group("the responses", _response_error)
    logged = [FittedCall(Path(call.record.id), _segments(call), call.config) for call in calls]
    if not any(call.segments for call in logged):
        doubts.append("navigation, first token and voice stay: the calls' logs have no latencies")
        return group
    try:
        found = fit(logged, name, base, calls[0].config)
    except ProfileError as error:
        doubts.append(str(error))
        return group
    doubts += found.doubts
    group.values = found.content["values"]
    return group


def _segments(call: ReplayedCall) -> tuple[TimedSegment, ...]:
    """Return the logged answers in the timeline's format; an answer with a tool is marked."""
    found: list[TimedSegment] = []
    for number, turn in enumerate(call.record.logged("agent")):
        figures = {
            "nav_ms": turn.figure("navigation_ms"),
            "render_ms": turn.figure("render_ms"),
            "audio_ttfb_ms": turn.figure("voice_first_audio_ms"),
        }
        if any(figures.values()):
            found.append(TimedSegment(type="agent_speech", turn_index=number, label=turn.text or "", **figures))
            if turn.tools:
                found.append(TimedSegment(type="tool_call", turn_index=number))
    return tuple(found)


# ---- transport, stopping and speaking, from the audio


def _sound_values(calls: Sequence[ReplayedCall], doubts: list[str]) -> dict[str, Any]:
    makers: tuple[tuple[str, Callable[[], list[float]], str], ...] = (
        ("transport_ms", lambda: _late(calls, "response"), "audible minus logged start of responses"),
        ("filler_first_audio_ms", lambda: _late(calls, "filler"), "audible minus logged start of fillers"),
        ("speech_ms_per_char", lambda: _rates(calls), "audible length of responses by their characters"),
    )
    found: dict[str, Any] = {}
    for name, measure, method in makers:
        found |= _middle(name, measure(), method, doubts)
    return found


def _stop_value(calls: Sequence[ReplayedCall], profile: EngineProfile, doubts: list[str]) -> dict[str, Any]:
    own = profile.values.stop_latency_ms.value
    values = [own + late for late in _stops(calls, profile)]
    return _middle("stop_latency_ms", values, "audible stops minus the barge-in rule's time", doubts)


def _middle(name: str, values: Sequence[float], method: str, doubts: list[str]) -> dict[str, Any]:
    """Return the median of measurements as a profile's value, or note why there is none."""
    if len(values) < FEWEST:
        doubts.append(f"{name} stays: {len(values)} measurements ({method}), and a fit needs {FEWEST}")
        return {}
    places = 1 if name == "speech_ms_per_char" else 0
    low, high = _interval(values)
    value = round(max(0.0, median(values)), places)
    note = f"median of {method}; n={len(values)}, 95% interval [{low:.{places}f}, {high:.{places}f}]"
    return {name: {"value": value, "origin": "fitted from calls", "note": note}}


def _interval(values: Sequence[float]) -> tuple[float, float]:
    """Return a 95 % bootstrap interval of the median."""
    drawn = np.random.default_rng(0).choice(np.asarray(values, np.float64), (_RESAMPLES, len(values)))
    low, high = np.quantile(np.median(drawn, axis=1), [0.025, 0.975])
    return float(low), float(high)


def _begins(call: ReplayedCall) -> list[float]:
    return [1000 * start for start, _ in call.heard["stretches"]["agent"]]


def _late(calls: Sequence[ReplayedCall], kind: str) -> list[float]:
    """Return how much later the agent's sounds are heard than logged, ms.

    A heard beginning belongs to the nearest logged sound: sounds without a gap share one beginning.
    """
    found = []
    for call in calls:
        logged = call.record.logged("agent")
        for begin in _begins(call):
            turn = min(logged, key=lambda one: abs(begin - one.from_ms), default=None)
            if turn is not None and turn.kind == kind and abs(begin - turn.from_ms) < NEAR_MS:
                found.append(begin - turn.from_ms)
    return found


def _rates(calls: Sequence[ReplayedCall]) -> list[float]:
    """Return the agent's speaking time per character, ms, for responses heard to their end."""
    found = []
    for call in calls:
        stretches = [(1000 * start, 1000 * end) for start, end in call.heard["stretches"]["agent"]]
        spoken = [1000 * start for start, _ in call.heard["stretches"]["caller"]]
        agent = call.record.logged("agent")
        for number, turn in enumerate(agent):
            at_ms, until_ms = turn.from_ms, turn.to_ms
            after = [one.from_ms for one in agent[number + 1 :]][:1]
            own = [one for one in stretches if abs(one[0] - at_ms) < NEAR_MS]
            cut = any(at_ms < start < until_ms + NEAR_MS for start in spoken)
            if turn.kind != "response" or not turn.text or len(turn.text) < 20 or not own or cut:
                continue
            limit = min([until_ms + NEAR_MS, *after])
            end = max((end for start, end in stretches if own[0][0] <= start < limit), default=own[0][1])
            found.append((end - own[0][0]) / len(turn.text))
    return found


def _stops(calls: Sequence[ReplayedCall], profile: EngineProfile) -> list[float]:
    """Return how much later the agent stops than in simulation, ms."""
    found: list[float] = []
    for call in calls:
        heard = call.heard["values"].get("barge_in_stop_ms", [])
        simulated = call.simulate(profile, 0).times.get("barge_in_stop_ms", ())
        if len(heard) == len(simulated):
            found += [a - b for a, b in zip(heard, simulated, strict=True)]
    return found


def _stop_error(calls: Sequence[ReplayedCall], profile: EngineProfile) -> float:
    """Return the median absolute error of the stops, ms; infinite where none is heard."""
    return median([abs(late) for late in _stops(calls, profile)] or [float("inf")])


# ---- the end of turn


def _end_of_turn(calls: Sequence[ReplayedCall], profile: EngineProfile, doubts: list[str]) -> dict[str, Any]:
    policy = policy_of(profile)
    waits = waits_of(calls, policy)
    own = sum(wait.threshold is None for wait in waits)
    if len(waits) < FEWEST:
        doubts.append(f"the end of turn stays: {len(waits)} of its waits are in the logs, and a fit needs {FEWEST}")
        return {}
    off = np.minimum(errors_ms(waits, policy), MOST_MS)
    half_life, threshold = _best(off)
    order = np.array([wait.call for wait in waits])
    drawn = np.random.default_rng(0).integers(0, len(calls), (RESAMPLES, len(calls)))
    weights = [np.bincount(calls_drawn, minlength=len(calls))[order] for calls_drawn in drawn]
    again = np.array([_best(off, weight) for weight in weights])
    low, high = np.quantile(again, [0.025, 0.975], axis=0)
    method = f"so that the logged waits for ends of turn are met; n={len(waits)} turns of {len(calls)} calls"

    def value(found: float, at: int, count: str) -> dict[str, Any]:
        note = f"{method}{count}, 95% interval [{low[at]:.2f}, {high[at]:.2f}]"
        return {"value": round(found, 3), "origin": "fitted from calls", "note": note}

    values = {"eot_half_life_s": value(half_life, 0, "")}
    if own >= FEWEST:
        values["eot_threshold"] = value(threshold, 1, f", {own} of them under the profile's own threshold")
    else:
        doubts.append(
            f"eot_threshold stays: {own} turns were heard under it (other settings have a threshold of their own)"
        )
    return values


def _best(off: NDArray[np.float64], weight: NDArray[np.int64] | None = None) -> tuple[float, float]:
    """Return the half-life and threshold whose waits match best."""
    total = off.sum(axis=0) if weight is None else np.tensordot(weight, off, axes=1)
    half_life, threshold = np.unravel_index(int(total.argmin()), total.shape)
    return float(HALF_LIVES[half_life]), float(THRESHOLDS[threshold])
