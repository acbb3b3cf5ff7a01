"""What to warn of beside a field: settings that do nothing, cost more than they seem, or cannot be simulated."""

from __future__ import annotations

from collections.abc import Mapping

from presets.fields import FieldSpec
from simulator.engine.end_of_turn import eager_confidence
from simulator.engine.profile import EngineProfile

_FILLED = (
    "filler_vocabulary",
    "backchannel_delay_ms",
    "filler_cooldown_ms",
    "progress_interval_ms",
    "progress_vocabulary",
    "transition_deadline_ms",
)
"""The fields of what ``filler_style`` silent leaves out."""


def warnings_of(
    spec: FieldSpec, own: object, in_force: Mapping[str, object], profile: EngineProfile
) -> tuple[str, ...]:
    """Return what a person should know about a field as it stands; ``in_force`` has every field's value."""
    found = (
        _eager(spec, in_force, profile),
        _phrase(spec, in_force),
        _without_effect(spec, own, in_force),
        _not_simulated(spec, own, in_force),
    )
    return tuple(text for text in found if text)


def eager_hint(setting: float, profile: EngineProfile) -> str | None:
    """Return why an eager threshold has no effect, if it has none."""
    values = profile.values
    threshold = values.eot_threshold.value
    recogniser = values.recogniser_direction
    if eager_confidence(setting, threshold, recogniser=recogniser) < threshold:
        return None
    limit = f"below {threshold:.2f}" if recogniser else f"above {(0.9 - threshold) / 0.6:.2f}"
    return f"At {setting:g} it never fires before the end of turn itself: only {limit} gives a head start."


def _eager(spec: FieldSpec, in_force: Mapping[str, object], profile: EngineProfile) -> str | None:
    value = in_force[spec.name]
    if spec.name != "eager_eot_threshold" or not isinstance(value, (int, float)):
        return None
    return eager_hint(float(value), profile)


def _phrase(spec: FieldSpec, in_force: Mapping[str, object]) -> str | None:
    if spec.name != "filler_style" or in_force[spec.name] != "phrase":
        return None
    return "Phrases can delay answers that are ready: watch “filler overhang”."


def _without_effect(spec: FieldSpec, own: object, in_force: Mapping[str, object]) -> str | None:
    if own is None:
        return None
    if spec.name in _FILLED and in_force["filler_style"] == "silent":
        return "No effect while filler_style is silent."
    if spec.name == "progress_vocabulary" and in_force["progress_interval_ms"] is None:
        return "No effect without a progress_interval_ms."
    if spec.name == "forwarding" and not in_force["forward_call_enabled"]:
        return "No effect while forward_call_enabled is off."
    if spec.name == "realtime_voice" and in_force["session_provider"] in (None, "amigo"):
        return "No effect on amigo's own pipeline: session_provider is not a realtime one."
    return None


def _not_simulated(spec: FieldSpec, own: object, in_force: Mapping[str, object]) -> str | None:
    value = in_force[spec.name]
    if spec.name == "session_provider" and value not in (None, "amigo"):
        return "The readouts are those of amigo's own pipeline, not of this provider: do not judge it by them."
    if spec.name == "tts_provider" and value not in (None, "cartesia"):
        return "The readouts have the latencies of cartesia's voices, not of this provider's."
    return "Moves no readout." if own is not None and not spec.heard else None
