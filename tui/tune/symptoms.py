"""What callers complain about, which readouts measure it, and which fields to try against it.

What a field would do is never said here: it is found out by simulating.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from presets.fields import BY_NAME
from presets.layers import ResolvedVoiceConfig
from simulator.engine.end_of_turn import sensitivity_of
from simulator.engine.profile import EngineProfile
from simulator.study import Arm
from tui.tune.fields import SENSITIVITY
from tui.tune.readouts import A, B, Row
from tui.tune.trial import Measurement, Trial, TrialRunner

MOST_OFFERS = 3
_PRICE = "response_ms p50"
"""What anything may cost: shown beside every offer."""

Candidate = tuple[str, Callable[[Any], Any]]
"""A field, and a value to try instead of the current one."""

_STRIDE = 0.2
"""By how much a more or less sensitive end of turn is tried."""


@dataclass(frozen=True, slots=True)
class Symptom:
    """A complaint in callers' words; ``rows`` are the keys of the lines of the readout table that measure it."""

    says: str
    rows: tuple[str, ...]
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """A value to try for a field, and the current one."""

    name: str
    before: Any
    value: Any

    def text(self) -> str:
        """Return it in words."""
        spec = BY_NAME[self.name]
        before = spec.unset_label if self.before is None else spec.show(self.before)
        return f"{self.name}: {before} → {spec.show(self.value)}"


def _set(wanted: Any) -> Callable[[Any], Any]:
    return lambda _: wanted


def _less_sensitive(value: float) -> float:
    return round(value - _STRIDE, 2)


def _more_sensitive(value: float) -> float:
    return round(value + _STRIDE, 2)


SYMPTOMS = (
    Symptom(
        "Callers say the agent interrupts them",
        ("cut_ins", "talk_over_s"),
        (
            (SENSITIVITY, _less_sensitive),
            ("post_eot_pause_ms", lambda value: min(value + 300, 2000)),
            ("filler_style", _set("silent")),
            ("eot_timeout_ms", lambda value: max(value * 2, 2000)),
        ),
    ),
    Symptom(
        "… is slow to answer",
        ("response_ms p50", "first_sound_ms p50"),
        (
            (SENSITIVITY, _more_sensitive),
            ("max_buffer_delay_ms", lambda value: max(value - 200, 200)),
            ("post_eot_pause_ms", _set(0)),
            ("tts_model", _set("sonic-turbo")),
            ("filler_style", _set("silent")),
        ),
    ),
    Symptom(
        "… stops when I say uh-huh",
        ("false_barge_ins", "missed_barge_ins"),
        (
            ("barge_in_min_speech_s", lambda value: round(value + 0.3, 2)),
            ("barge_in_cooldown_s", lambda value: round(value + 1.5, 1)),
        ),
    ),
    Symptom(
        "… talks over me",
        ("talk_over_s", "missed_barge_ins", "barge_in_stop_ms p50"),
        (
            ("barge_in_min_speech_s", lambda value: max(round(value - 0.3, 2), 0.2)),
            ("barge_in_cooldown_s", lambda value: min(value, 0.5)),
            ("max_response_sentences", lambda value: 2 if value is None else max(value - 1, 1)),
        ),
    ),
    Symptom(
        "… there is dead air",
        ("dead_air_s", "hanging_turns", "first_sound_ms p50"),
        (
            (SENSITIVITY, _more_sensitive),
            ("filler_style", lambda value: "phrase" if value == "backchannel" else "backchannel"),
            ("backchannel_delay_ms", lambda value: value // 2),
            ("max_buffer_delay_ms", lambda value: max(value - 200, 200)),
        ),
    ),
    Symptom(
        "… sounds choppy",
        ("choppy_starts", "underruns"),
        (
            ("max_buffer_delay_ms", lambda value: min(value + 300, 1000)),
            ("tts_model", lambda value: "sonic-turbo" if value == "sonic-3" else "sonic-3"),
        ),
    ),
)


def offers(symptom: Symptom, resolved: ResolvedVoiceConfig, profile: EngineProfile) -> tuple[Offer, ...]:
    """Return the values to try that differ from the current ones, at most three."""
    found = []
    for name, wanted in symptom.candidates:
        before = getattr(resolved, name)
        value = _sensitivity(wanted, before, profile) if name == SENSITIVITY else wanted(before)
        value = _within_bounds(name, value)
        if value != before:
            found.append(Offer(name, before, value))
    return tuple(found[:MOST_OFFERS])


def _sensitivity(wanted: Callable[[float], float], before: float | None, profile: EngineProfile) -> float | None:
    """Return the sensitivity to try: unset, it stands where the profile's own threshold does."""
    sensitivity = sensitivity_of(profile.values)
    if sensitivity.head_start:
        return before
    stands_at = sensitivity.equal_to(profile.values.eot_threshold.value) if before is None else before
    if stands_at is None:
        return before
    # the recogniser's own field goes the other way
    value = wanted(stands_at) if not sensitivity.recogniser else round(2 * stands_at - wanted(stands_at), 2)
    value = _within_bounds(SENSITIVITY, value)
    return before if sensitivity.ends_at(value) == sensitivity.ends_at(stands_at) else value


def _within_bounds(name: str, value: Any) -> Any:
    """Return a number that the platform takes: the stored one may lie outside what is documented."""
    spec = BY_NAME[name]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = value if spec.low is None else max(value, type(value)(spec.low))
        value = value if spec.high is None else min(value, type(value)(spec.high))
    return value


def try_offer(
    offer: Offer,
    trial: Trial,
    trial_runner: TrialRunner,
    superseded: Callable[[], bool],
    progress: Callable[[float], None],
) -> Measurement | None:
    """Measure the draft with the offer (A) against the draft as it is (B); ``None`` if ``superseded`` said so."""
    draft = trial.arm_a
    config = draft.config.with_value(offer.name, offer.value)
    arms = (Arm(A, config, draft.inherited), Arm(B, draft.config, draft.inherited))
    return trial_runner.measure(trial.scope, arms, superseded, progress)


def measured_by(symptom: Symptom, rows: Mapping[str, Row]) -> list[str]:
    """Return the readouts of the draft that measure a symptom, a phrase each; nothing where they need labels."""
    return [f"{rows[key].title} {rows[key].values[0]}" for key in symptom.rows if key in rows]


def gain(symptom: Symptom, measurement: Measurement) -> tuple[float, ...]:
    """Return what an offer changes in the symptom's readouts, then in the response: the lowest helps most."""
    keys = dict.fromkeys((*symptom.rows, _PRICE))
    compared = (measurement.comparison.readouts.get(key.partition(" ")[0]) for key in keys)
    return tuple((one.delta.get(A) or 0.0) if one is not None else 0.0 for one in compared)


def most_helpful(symptom: Symptom, gains: Mapping[int, tuple[float, ...]]) -> int | None:
    """Return which of several offers helps most; ``None`` if none does anything for the symptom."""
    nothing = (0.0,) * len(symptom.rows)
    helping = {number: found for number, found in gains.items() if found[: len(nothing)] < nothing}
    return min(helping, key=lambda number: helping[number], default=None)


def effect(symptom: Symptom, measurement: Measurement) -> str:
    """Say what an offer did to the symptom's readouts, and to the response."""
    rows = {row.key: row for row in measurement.readouts.rows}
    keys = [key for key in dict.fromkeys((*symptom.rows, _PRICE)) if key in rows]
    effects = []
    for key in keys:
        row = rows[key]
        after, before = row.values[:2]
        effects.append(f"{row.title} {before} → {after}" if before != after else f"{row.title} stays {after}")
    return " · ".join(effects)
