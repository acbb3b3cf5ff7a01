"""Inheritance: service over workspace over environment over built-in, with the origin of each value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from presets.config import LARGEST, VoiceConfig
from presets.fields import FIELDS, FieldSpec

BUILT_IN = "built-in"


@dataclass(frozen=True, slots=True)
class Layer:
    """A named layer that sets some fields; earlier layers override later ones."""

    name: str
    config: VoiceConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedVoiceConfig:
    """The effective settings: every field that the simulator models, and the layer of each value.

    Nothing is left to inherit. In fields typed ``| None``, ``None`` is a value: "off" or "no limit".
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
    """Whether a set value can be used at all; one that cannot counts as inherited.

    A number outside the documented bounds can be used. A negative number, a limit of no words, an absurdly large
    number or an unknown choice cannot.
    """
    if spec.kind == "choice":
        return value in spec.choices
    if spec.kind in ("int", "float"):
        return bool(min(1, spec.low or 0) <= value <= LARGEST)
    return True


def effective(spec: FieldSpec, layers: Sequence[Layer]) -> tuple[Any, str]:
    """Return a field's effective value and its layer, most specific first, down to the built-in default."""
    for layer in layers:
        own = getattr(layer.config, spec.name)
        if own is not None and usable(spec, own):
            return own, layer.name
    return spec.default, BUILT_IN


def resolve(*layers: Layer) -> ResolvedVoiceConfig:
    """Resolve layers, most specific first, down to the built-in defaults."""
    found = {spec.name: effective(spec, layers) for spec in FIELDS}
    values = {spec.name: found[spec.name][0] for spec in FIELDS if spec.heard}
    return ResolvedVoiceConfig(**values, origins={name: origin for name, (_, origin) in found.items()})
