"""``VoiceConfig``: what one layer says about the voice. ``None`` means "inherit", never "the default"."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    JsonValue,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
)

from presets.fields import BY_NAME, FieldSpec

LARGEST = 10**9
"""No field has use for a number beyond this; larger ones would only overflow arithmetic further on."""

Number = StrictInt | StrictFloat


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one field, said so that a person can mend it."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class ConfigError(ValueError):
    """A voice configuration that cannot be used; the message is one line and says what to do."""


class VoiceConfig(BaseModel):
    """One layer's ``voice_config``: every field optional, unknown fields kept as they came.

    A field that is ``None`` is inherited from the layer above; that differs from being set to a value which
    happens to equal the default. Ranges are not enforced on construction, because a stored value may be out of
    range and must still be shown: ask :func:`check`.
    """

    model_config = ConfigDict(extra="allow", frozen=True, allow_inf_nan=False)

    tts_model: StrictStr | None = None
    max_buffer_delay_ms: StrictInt | None = None
    eager_eot_threshold: Number | None = None
    eot_timeout_ms: StrictInt | None = None
    post_eot_pause_ms: StrictInt | None = None
    filler_style: StrictStr | None = None
    filler_vocabulary: tuple[StrictStr, ...] | None = None
    backchannel_delay_ms: StrictInt | None = None
    filler_cooldown_ms: StrictInt | None = None
    progress_interval_ms: StrictInt | None = None
    progress_vocabulary: tuple[StrictStr, ...] | None = None
    transition_deadline_ms: StrictInt | None = None
    empathy_hold_ms: StrictInt | None = None
    max_response_sentences: StrictInt | None = None
    max_response_words: StrictInt | None = None
    barge_in_min_speech_s: Number | None = None
    barge_in_cooldown_s: Number | None = None
    forward_call_enabled: StrictBool | None = None
    forwarding: dict[str, JsonValue] | None = None
    min_tts_speed: Number | None = None
    tts_provider: StrictStr | None = None
    tts_config: dict[str, JsonValue] | None = None
    language_providers: dict[str, JsonValue] | None = None
    session_provider: StrictStr | None = None
    realtime_voice: StrictStr | None = None

    def set_values(self) -> dict[str, Any]:
        """Return only what this layer sets, known and unknown fields, as JSON values."""
        return {name: value for name, value in self.model_dump(mode="json").items() if value is not None}

    def unknown_fields(self) -> tuple[str, ...]:
        """Return the names this version of Turnlab does not know, in the order they came."""
        return tuple(self.model_extra or ())

    def with_value(self, name: str, value: object) -> VoiceConfig:
        """Return a copy with one field changed (``None`` puts it back to inherit).

        Raises :class:`ConfigError` if the value has the wrong type for the field.
        """
        raw = self.set_values()
        raw[name] = value
        return parse(raw)


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
    """Read a configuration that somebody else stored, whatever is in it.

    Fields of the wrong type are left out (as if inherited) and reported; values out of range are kept and
    reported. Never raises for a mapping.
    """
    kept = {name: value for name, value in raw.items() if _is_text(name)}
    problems = [Problem(repr(name), "is no name a field can have; left out") for name in raw if name not in kept]
    try:
        return _checked(VoiceConfig.model_validate(kept), problems)
    except ValidationError as error:
        for name in {str(detail["loc"][0]) for detail in error.errors()}:
            kept.pop(name, None)
            message = _type_message(name) if name in BY_NAME else "is not a JSON value"
            problems.append(Problem(name, message))
    return _checked(VoiceConfig.model_validate(kept), problems)


def _is_text(name: object) -> bool:
    """Whether a name can be written as UTF-8: half a surrogate pair cannot."""
    try:
        return isinstance(name, str) and bool(name.encode() or True)
    except UnicodeEncodeError:
        return False


def _checked(config: VoiceConfig, problems: list[Problem]) -> tuple[VoiceConfig, list[Problem]]:
    return config, problems + check(config)


def parse(raw: object, *, source: str = "voice_config") -> VoiceConfig:
    """Read a configuration that the user wrote.

    Raises :class:`ConfigError`, naming the field and the remedy, for a wrong type; ranges are left to
    :func:`check`.
    """
    if not isinstance(raw, Mapping):
        raise ConfigError(f'{source}: must be a JSON object of fields, such as {{"max_buffer_delay_ms": 300}}')
    if not _is_text(json.dumps(raw, ensure_ascii=False, default=str)):
        raise ConfigError(f"{source}: holds half a character (a lone surrogate such as \\ud83d); write it whole")
    try:
        return VoiceConfig.model_validate(dict(raw))
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        message = _type_message(name) if name in BY_NAME else "is not a JSON value"
        raise ConfigError(f"{source}: {name} {message}") from None


def check(config: VoiceConfig) -> list[Problem]:
    """Return every value that breaks a documented bound or choice (empty: all is well)."""
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
    """Return the known field nearest to a misspelt one, or ``None``."""
    return next(iter(difflib.get_close_matches(name, BY_NAME, n=1, cutoff=0.7)), None)


def changes(before: VoiceConfig, after: VoiceConfig) -> dict[str, Any]:
    """Return the smallest update that turns ``before`` into ``after``.

    Only changed fields appear; ``None`` puts a field back to inherit (the platform merges the rest).
    """
    old, new = _plain(before.set_values()), _plain(after.set_values())
    body = {name: value for name, value in new.items() if name not in old or old[name] != value}
    return body | {name: None for name in old if name not in new}


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values without those that only spell "inherit"."""
    known = {name: BY_NAME[name].plain(value) if name in BY_NAME else value for name, value in values.items()}
    return {name: value for name, value in known.items() if value is not None}


def as_sent(update: Mapping[str, Any]) -> dict[str, Any]:
    """Return an update as the platform takes it: the default instead of ``None`` where its schema has no null."""
    return {
        name: BY_NAME[name].default if value is None and name in BY_NAME and not BY_NAME[name].nullable else value
        for name, value in update.items()
    }


def as_read(stored: VoiceConfig) -> VoiceConfig:
    """Return a configuration that a platform answered: a default that only spells "inherit" is not set."""
    return VoiceConfig.model_validate(_plain(stored.set_values()))
