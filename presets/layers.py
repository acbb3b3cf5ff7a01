"""Inheritance: service over workspace over environment over built-in, remembering where each value came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from presets.config import LARGEST, VoiceConfig
from presets.fields import FIELDS, FieldSpec

BUILT_IN = "built-in"


@dataclass(frozen=True, slots=True)
class Layer:
    """A named place that sets some fields; earlier layers win over later ones."""

    name: str
    config: VoiceConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedVoiceConfig:
    """The settings that apply: every field the simulator can hear, and the layer each value came from.

    Nothing is left to inherit. The fields typed ``| None`` are those whose built-in value is "off" or
    "no limit"; ``None`` says just that.
    """

    tts_model: str
    max_buffer_delay_ms: int
    eager_eot_threshold: float | None
    eot_timeout_ms: int
    post_eot_pause_ms: int
    filler_style: str
    filler_vocabulary: tuple[str, ...] | None
    backchannel_delay_ms: int
    filler_cooldown_ms: int
    progress_interval_ms: int | None
    progress_vocabulary: tuple[str, ...] | None
    transition_deadline_ms: int | None
    empathy_hold_ms: int
    max_response_sentences: int | None
    max_response_words: int | None
    barge_in_min_speech_s: float
    barge_in_cooldown_s: float
    forward_call_enabled: bool
    min_tts_speed: float | None
    origins: Mapping[str, str] = field(compare=False)


def usable(spec: FieldSpec, value: Any) -> bool:
    """Whether a set value can be acted on at all; one that cannot counts as inherited.

    A number merely beyond the documented bounds can be; less than nothing, a limit of no words, an absurdly large
    number or an unknown choice cannot.
    """
    if spec.kind == "choice":
        return value in spec.choices
    if spec.kind in ("int", "float"):
        return bool(min(1, spec.low or 0) <= value <= LARGEST)
    return True


def in_force(spec: FieldSpec, layers: Sequence[Layer]) -> tuple[Any, str]:
    """Return a field's value and the layer that gives it, most specific first, down to the built-in default."""
    for layer in layers:
        own = getattr(layer.config, spec.name)
        if own is not None and usable(spec, own):
            return own, layer.name
    return spec.default, BUILT_IN


def resolve(*layers: Layer) -> ResolvedVoiceConfig:
    """Resolve layers, most specific first, down to the built-in defaults."""
    found = {spec.name: in_force(spec, layers) for spec in FIELDS}
    values = {spec.name: found[spec.name][0] for spec in FIELDS if spec.heard}
    return ResolvedVoiceConfig(**values, origins={name: origin for name, (_, origin) in found.items()})
