"""``VoiceConfig``: one layer's settings. ``None`` means "inherit", never "the default"."""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from base.masking import masked_words
from presets.fields import BY_NAME, FieldSpec

LARGEST = 10**9
"""No field needs a larger number; larger ones would only overflow later arithmetic."""

_WRONG = object()
"""Marks a value that is not valid for its field's type."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault of one field, in words that say how to correct it."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class ConfigError(ValueError):
    """A voice configuration that cannot be used; the message is one line and says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceConfig:
    """One layer's ``voice_config``: every field is optional, and unknown fields are kept unchanged.

    A field that is ``None`` is inherited from the layer above. That differs from a value equal to the default.
    :func:`parse` and :func:`load` check types, :func:`check` the ranges: a stored value may be out of range and
    must still be shown.
    """

    tts_model: str | None = None
    max_buffer_delay_ms: int | None = None
    eager_eot_threshold: float | None = None
    eot_timeout_ms: int | None = None
    post_eot_pause_ms: int | None = None
    filler_style: str | None = None
    filler_vocabulary: tuple[str, ...] | None = None
    backchannel_delay_ms: int | None = None
    filler_cooldown_ms: int | None = None
    progress_interval_ms: int | None = None
    progress_vocabulary: tuple[str, ...] | None = None
    transition_deadline_ms: int | None = None
    empathy_hold_ms: int | None = None
    max_response_sentences: int | None = None
    max_response_words: int | None = None
    barge_in_min_speech_s: float | None = None
    barge_in_cooldown_s: float | None = None
    forward_call_enabled: bool | None = None
    forwarding: Mapping[str, Any] | None = None
    min_tts_speed: float | None = None
    tts_provider: str | None = None
    tts_config: Mapping[str, Any] | None = None
    language_providers: Mapping[str, Any] | None = None
    session_provider: str | None = None
    realtime_voice: str | None = None

    unknown: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Fields that this version of Turnlab does not know, unchanged."""

    def set_values(self) -> dict[str, Any]:
        """Return only the fields that this layer sets, known and unknown, as JSON values."""
        known = {name: getattr(self, name) for name in _NAMES}
        values = {name: _as_json(value) for name, value in (known | dict(self.unknown)).items()}
        return {name: value for name, value in values.items() if value is not None}

    def unknown_fields(self) -> tuple[str, ...]:
        """Return the names that this version of Turnlab does not know, in their original order."""
        return tuple(self.unknown)

    def with_value(self, name: str, value: object) -> VoiceConfig:
        """Return a copy with one field changed (``None`` makes it inherit).

        Raises :class:`ConfigError` if the value has the wrong type for the field.
        """
        raw = self.set_values()
        raw[name] = value
        return parse(raw)


_NAMES = tuple(one.name for one in fields(VoiceConfig) if one.name != "unknown")


def _as_json(value: object) -> Any:
    """Return a copy of a value in JSON's types; a number that is not finite becomes ``None``."""
    if isinstance(value, Mapping):
        return {str(name): _as_json(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_json(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _is_json(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(name, str) and _is_json(one) for name, one in value.items())
    if isinstance(value, list):
        return all(map(_is_json, value))
    return (
        value is None or isinstance(value, (str, bool, int)) or (isinstance(value, float) and math.isfinite(value))
    )


def _typed(spec: FieldSpec, value: object) -> Any:
    """Return a value in its field's type, or ``_WRONG``."""
    match spec.kind:
        case "int" | "float" if isinstance(value, bool):
            right = False
        case "int":
            right = isinstance(value, int)
        case "float":
            right = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
        case "choice":
            right = isinstance(value, str)
        case "bool":
            right = isinstance(value, bool)
        case "words":
            right = isinstance(value, (list, tuple)) and all(isinstance(word, str) for word in value)
            value = tuple(value) if right and isinstance(value, list) else value
        case "object":
            right = isinstance(value, dict) and _is_json(value)
            value = _as_json(value) if right else value
    return value if right else _WRONG


def _read(raw: Mapping[str, object]) -> tuple[VoiceConfig, list[str]]:
    """Return the valid fields of ``raw``, and the names of those with a wrong type."""
    known = {
        name: _typed(BY_NAME[name], value) for name, value in raw.items() if name in BY_NAME and value is not None
    }
    wrong = [name for name, value in known.items() if value is _WRONG]
    unknown = {name: value for name, value in raw.items() if name not in BY_NAME}
    return VoiceConfig(**{name: known[name] for name in known if name not in wrong}, unknown=unknown), wrong


def _type_message(name: str) -> str:
    spec = BY_NAME[name]
    expected = {
        "int": "a whole number",
        "float": "a number",
        "choice": f"one of {', '.join(spec.choices)}",
        "bool": "true or false",
        "words": "a list of strings",
        "object": "a JSON object",
    }[spec.kind]
    return f"must be {expected}, or null to inherit"


def load(raw: Mapping[str, object]) -> tuple[VoiceConfig, list[Problem]]:
    """Read a stored configuration with any content.

    Fields of the wrong type are reported and count as inherited. Values out of range are reported and kept. Never
    raises for a mapping.
    """
    kept = {name: value for name, value in raw.items() if _is_text(name)}
    problems = [Problem(repr(name), "is not a valid field name; left out") for name in raw if name not in kept]
    config, wrong = _read(kept)
    problems += [Problem(name, _type_message(name)) for name in wrong]
    return config, problems + check(config)


def _is_text(name: object) -> bool:
    """Whether a name can be encoded as UTF-8: a lone surrogate cannot."""
    try:
        return isinstance(name, str) and bool(name.encode() or True)
    except UnicodeEncodeError:
        return False


def parse(raw: object, *, source: str = "voice_config") -> VoiceConfig:
    """Read a configuration that the user wrote.

    Raises :class:`ConfigError` for a wrong type, with the field and the remedy. :func:`check` checks the ranges.
    """
    if not isinstance(raw, Mapping):
        raise ConfigError(f'{source}: must be a JSON object of fields, such as {{"max_buffer_delay_ms": 300}}')
    if not _is_text(json.dumps(raw, ensure_ascii=False, default=str)):
        raise ConfigError(f"{source}: holds half a character (a lone surrogate such as \\ud83d); write it whole")
    return of_values(raw, source=source)


def of_values(values: Mapping[str, object], *, source: str = "voice_config") -> VoiceConfig:
    """Return the configuration that sets ``values``. Raises :class:`ConfigError` for a wrong type."""
    config, wrong = _read(values)
    if wrong:
        raise ConfigError(f"{source}: {wrong[0]} {_type_message(wrong[0])}")
    return config


def check(config: VoiceConfig) -> list[Problem]:
    """Return every value outside a documented bound or choice; empty if all are valid."""
    problems = []
    for name, spec in BY_NAME.items():
        value = getattr(config, name)
        message = None if value is None else _range_message(spec, value)
        if message:
            problems.append(Problem(name, message))
    return problems


def _range_message(spec: FieldSpec, value: Any) -> str | None:
    if spec.kind == "words" and not all(word.strip() for word in value):
        return "must not hold empty words; take them out"
    if spec.kind == "choice" and value not in spec.choices:
        return f"must be one of {', '.join(spec.choices)}, not {value!r}"
    if spec.kind in ("int", "float"):
        if abs(value) > LARGEST:
            return f"must be a number of at most {LARGEST:g}"
        if (spec.low is not None and value < spec.low) or (spec.high is not None and value > spec.high):
            span = f"{spec.low:g} or more" if spec.high is None else f"between {spec.low:g} and {spec.high:g}"
            return f"must be {span}{' ' + spec.unit if spec.unit else ''}, not {value:g}"
    return None


def suggest(name: str) -> str | None:
    """Return the known field closest to a misspelt one, or ``None``."""
    return next(iter(difflib.get_close_matches(name, BY_NAME, n=1, cutoff=0.7)), None)


def changes(before: VoiceConfig, after: VoiceConfig) -> dict[str, Any]:
    """Return the smallest update that changes ``before`` to ``after``.

    It contains only changed fields. ``None`` makes a field inherit (the platform merges the rest). A default that
    ``after`` sets explicitly stays explicit.
    """
    said = after.set_values()
    old, new = _plain(before.set_values()), _plain(said)
    body = {name: value for name, value in new.items() if name not in old or old[name] != value}
    return body | {name: said.get(name) for name in old if name not in new}


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values without those that only mean "inherit"."""
    known = {name: BY_NAME[name].plain(value) if name in BY_NAME else value for name, value in values.items()}
    return {name: value for name, value in known.items() if value is not None}


def to_show(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings, or values by field, with secrets hidden: • replaces hidden text.

    Hidden are texts that look like a telephone number, and values of unknown fields whose name looks like a
    secret's.
    """
    return {
        name: masked_words(_without_secrets(value)) if name in BY_NAME else _hidden_as(name, value)
        for name, value in values.items()
    }


def hides(value: Any) -> bool:
    """Whether any part of a value of :func:`to_show` is hidden."""
    return HIDDEN in json.dumps(value, ensure_ascii=False)


HIDDEN: Final = "•"

_SECRET: Final = re.compile(r"key|token|secret|passw|credential|auth", re.IGNORECASE)
"""Matches the names of fields with secret values."""


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _hidden_as(str(name), one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_secrets(one) for one in value]
    return value


def _hidden_as(name: str, value: Any) -> Any:
    if _SECRET.search(name) and value is not None:
        return HIDDEN
    return masked_words(_without_secrets(value))


def as_sent(update: Mapping[str, Any]) -> dict[str, Any]:
    """Return an update in the platform's form: the default replaces ``None`` where its schema has no null."""
    return {name: BY_NAME[name].spelt_out(value) if name in BY_NAME else value for name, value in update.items()}


def as_read(stored: VoiceConfig) -> VoiceConfig:
    """Return a platform's configuration in our form: a default that only means "inherit" is not set."""
    return of_values(_plain(stored.set_values()))
