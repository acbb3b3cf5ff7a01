"""Voice settings as a client sends them, for a service and the workspace. Unknown fields are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
    ValidationInfo,
    create_model,
    field_validator,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from presets.config import load
from presets.fields import BY_NAME, FIELDS, Kind


def encodable(text: str) -> str:
    """Refuse half a surrogate pair: JSON can escape it, but no text file or terminal can hold it."""
    text.encode()
    return text


Text = Annotated[str, AfterValidator(encodable)]
Provider = Literal["cartesia", "elevenlabs", "groq"]
SttProvider = Literal["deepgram", "openai", "cartesia"]


class Forwarding(BaseModel):
    """The target of forwarded calls."""

    forward_to: str = Field(min_length=2, max_length=16)
    should_disconnect: bool = True
    warm_transfer: bool = True


class LanguageProvider(BaseModel):
    """The provider for one language."""

    provider: Provider
    config: dict[str, Any] = Field(default_factory=dict, max_length=20)


class _LanguageProviders(BaseModel):
    """The map of language to provider, wrapped so that an error can name its place."""

    languages: dict[str, LanguageProvider] = Field(max_length=10)


def _as_documented(schema: JsonDict) -> None:
    """Describe in the generated OpenAPI what the validators enforce: choices, and the two nested objects."""
    properties: Any = schema["properties"]
    for name, spec in BY_NAME.items():
        if spec.choices:
            properties[name]["anyOf"][0]["enum"] = list(spec.choices)
        if not spec.nullable:
            properties[name] = {**properties[name]["anyOf"][0], "default": spec.default}
    properties["forwarding"]["anyOf"][0] = Forwarding.model_json_schema()
    properties["language_providers"]["anyOf"][0] = {
        "type": "object",
        "additionalProperties": LanguageProvider.model_json_schema(),
        "maxProperties": 10,
    }


_TYPES: Mapping[Kind, Any] = {
    "int": StrictInt,
    "float": StrictInt | StrictFloat,
    "choice": StrictStr,
    "bool": StrictBool,
    "words": tuple[StrictStr, ...],
    "object": dict[str, JsonValue],
}

if TYPE_CHECKING:
    _Fields = BaseModel
else:
    _Fields = create_model(
        "_Fields",
        __config__=ConfigDict(extra="allow", frozen=True, allow_inf_nan=False),
        **{spec.name: (_TYPES[spec.kind] | None, None) for spec in FIELDS},
    )
    """Every field of the table, optional; others are kept."""


class ServiceVoiceConfig(_Fields):
    """A service's ``voice_config`` in an answer. :func:`answered` makes it."""

    model_config = ConfigDict(json_schema_extra=_as_documented)


def answered(stored: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return a stored ``voice_config`` as in the schema: an unset field is ``null`` or its default."""
    if stored is None:
        return None
    unset = {name: None if spec.nullable else spec.default for name, spec in BY_NAME.items()}
    return unset | dict(stored)


class VoiceConfigPatch(_Fields):
    """A change to ``voice_config``: the given fields. ``null`` makes a field inherit.

    Bounds and choices come from the editor's table. Only the sent fields are checked: a stored out-of-range value
    does not block a change of another field.
    """

    model_config = ConfigDict(json_schema_extra=_as_documented)

    @field_validator("*", mode="before")
    @classmethod
    def _allowed(cls, value: object, info: ValidationInfo) -> object:
        name = str(info.field_name)
        spec = BY_NAME.get(name)
        if value is None and spec is not None and not spec.nullable:
            raise PydanticCustomError(
                "not_null", "must not be null; its default is {default}", {"default": spec.show(spec.default)}
            )
        try:
            _, problems = load({name: value})
        except OverflowError:
            raise PydanticCustomError("out_of_range", "is too large a number") from None
        if problems:
            raise PydanticCustomError("voice_config", "{reason}", {"reason": problems[0].message})
        return value

    @field_validator("forwarding", "language_providers")
    @classmethod
    def _well_formed(cls, value: object, info: ValidationInfo) -> object:
        try:
            if value is not None and info.field_name == "forwarding":
                Forwarding.model_validate(value)
            elif value is not None:
                _LanguageProviders.model_validate({"languages": value})
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"] if part != "languages")
            reason = f"{place}: {first['msg']}" if place else first["msg"]
            raise PydanticCustomError("malformed", "{reason}", {"reason": reason}) from None
        return value


Word = Annotated[str, Field(min_length=1, max_length=128)]


class VoiceSettings(BaseModel):
    """``PUT /settings/voice``: a missing field stays, ``null`` restores a default."""

    voice_id: Annotated[str, Field(max_length=128)] | None = None
    tone: Annotated[str, Field(max_length=2000)] | None = None
    speed: Annotated[float, Field(ge=0.5, le=2.0)] | None = None
    volume: Annotated[float, Field(ge=0.0, le=1.0)] | None = None
    language: Annotated[str, Field(max_length=32)] | None = None
    keyterms: Annotated[list[Word], Field(max_length=200)] | None = None
    pronunciation_dict_id: Annotated[str, Field(max_length=128)] | None = None
    sensitive_topics: Annotated[list[Word], Field(max_length=50)] | None = None
    post_call_analysis_enabled: bool | None = None
    transcript_correction_enabled: bool | None = None
    stt_provider: SttProvider | None = None
    tts_provider: Provider | None = None
    tts_config: dict[str, Any] | None = None
    language_providers: dict[str, LanguageProvider] | None = None
