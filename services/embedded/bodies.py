"""What a client may send, checked as the contract says; unknown fields of nested objects are kept."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from presets.config import VoiceConfig, load
from services.model import version_set_name


def _encodable(text: str) -> str:
    """Refuse half a surrogate pair: JSON can escape one, but no text file or terminal can hold it."""
    text.encode()
    return text


Text = Annotated[str, AfterValidator(_encodable)]
Provider = Literal["cartesia", "elevenlabs", "groq"]


class Forwarding(BaseModel):
    """Where forwarded calls go."""

    forward_to: str = Field(min_length=2, max_length=16)
    should_disconnect: bool = True
    warm_transfer: bool = True


class LanguageProvider(BaseModel):
    """Who speaks one language."""

    provider: Provider
    config: dict[str, Any] = Field(default_factory=dict, max_length=20)


class _LanguageProviders(BaseModel):
    """The map of language to provider, wrapped so that an error's place can be named."""

    languages: dict[str, LanguageProvider] = Field(max_length=10)


class VoiceConfigPatch(VoiceConfig):
    """A change to ``voice_config``: the fields that are given, ``null`` for one that goes back to inherit.

    Bounds and choices come from the same table the editor uses. Only what is sent is checked: an out-of-range
    value that is already stored does not stand in the way of changing another field.
    """

    @field_validator("*", mode="before")
    @classmethod
    def _allowed(cls, value: object, info: ValidationInfo) -> object:
        name = str(info.field_name)
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


class LLMPreference(BaseModel):
    """The model one kind of interaction should use."""

    model_config = ConfigDict(extra="allow")

    llm_name: str
    params: dict[str, Any] = Field(default_factory=dict)


class VersionSetBody(BaseModel):
    """One version set as a client sends it; ``null`` pins nothing."""

    model_config = ConfigDict(extra="allow")

    agent_version_number: int | None = None
    context_graph_version_number: int | None = None
    llm_model_preferences: dict[str, LLMPreference] = Field(default_factory=dict)
    turn_runtime: Literal["native", "openai-agents"] = "native"
    applied_behavior_ids: list[str] | None = None

    def stored(self) -> dict[str, Any]:
        """Return it as it is stored: what was given, and ``turn_runtime``."""
        return self.model_dump(exclude_unset=True) | {"turn_runtime": self.turn_runtime}

    def same_as(self, stored: dict[str, Any]) -> bool:
        """Tell whether it means the same as what is stored, however either was written."""
        return self.model_dump() == VersionSetBody.model_validate(stored).model_dump()


class TagBody(BaseModel):
    """One tag."""

    model_config = ConfigDict(extra="allow")

    key: Text
    value: Text | None = None


class UpdateService(BaseModel):
    """``PUT /services/{id}``: a field that is absent or ``null`` stays as it is.

    That holds for ``voice_config: null`` too: the contract's update gives every field a ``null`` default that
    means "not given", and ``voice_config`` is merged, so only a ``null`` inside it removes anything.
    """

    name: Annotated[Text, Field(min_length=1, max_length=256)] | None = None
    description: Annotated[Text, Field(max_length=2000)] | None = None
    agent_id: UUID | None = None
    context_graph_id: UUID | None = None
    keyterms: Annotated[list[Annotated[str, Field(min_length=1, max_length=128)]], Field(max_length=500)] | None = (
        None
    )
    is_active: bool | None = None
    version_sets: dict[Annotated[str, AfterValidator(version_set_name)], VersionSetBody] | None = None
    tags: Annotated[list[TagBody], Field(max_length=50)] | None = None
    tool_capacity: Annotated[int, Field(ge=1, le=10)] | None = None
    channel_type: Literal["voice", "text"] | None = None
    environment: Literal["sandbox", "production"] | None = None
    voice_config: VoiceConfigPatch | None = None
    safety_filters_enabled: bool | None = None


Word = Annotated[str, Field(min_length=1, max_length=128)]


class VoiceSettings(BaseModel):
    """``PUT /settings/voice``: absent fields stay, ``null`` puts one back to its default."""

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
    stt_provider: Literal["deepgram", "openai", "cartesia"] | None = None
    tts_provider: Provider | None = None
    tts_config: dict[str, Any] | None = None
    language_providers: dict[str, LanguageProvider] | None = None
