"""Services, version sets and listings as the Platform dialect accepts them. Unknown nested fields are kept."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.embedded import store
from services.embedded.rules import RuleBrokenError
from services.embedded.voice_shapes import ServiceVoiceConfig, Text, VoiceConfigPatch
from services.model import VERSION_SET_NAME_LENGTH, VERSION_SET_NAME_PATTERN, version_set_name

Name = Annotated[Text, Field(min_length=1, max_length=256)]
Description = Annotated[Text, Field(max_length=2000)]
Keyterms = Annotated[list[Annotated[Text, Field(min_length=1, max_length=128)]], Field(max_length=500)]
SetName = Annotated[
    str,
    AfterValidator(version_set_name),
    Field(max_length=VERSION_SET_NAME_LENGTH, pattern=VERSION_SET_NAME_PATTERN),
]
Penalty = Annotated[float, Field(ge=-2.0, le=2.0)]
Bias = Annotated[float, Field(ge=-100.0, le=100.0)]


class ExperienceControls(BaseModel):
    """Request settings for a chat model of any provider."""

    model_config = ConfigDict(extra="forbid")

    verbosity: Literal["low", "medium", "high"] | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None = None
    temperature: Annotated[float, Field(ge=0.0, le=2.0)] | None = None
    top_p: Annotated[float, Field(ge=0.0, le=1.0)] | None = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    response_format: dict[str, Any] | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    logit_bias: dict[str, Bias] | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Field(ge=0, le=20)] | None = None
    parallel_tool_calls: bool | None = None
    service_tier: str | None = None
    prompt_cache_key: str | None = None
    prompt_cache_retention: Literal["in-memory", "24h"] | None = None
    safety_identifier: str | None = None
    store: bool | None = None
    metadata: dict[str, str] | None = None


class LLMPreference(BaseModel):
    """The model for one kind of interaction."""

    model_config = ConfigDict(extra="allow")

    llm_name: Text
    params: dict[str, Any] = Field(default_factory=dict)
    experience_controls: ExperienceControls | None = None


class VersionSetBody(BaseModel):
    """One version set. ``null`` pins nothing."""

    model_config = ConfigDict(extra="allow")

    agent_version_number: int | None = None
    context_graph_version_number: int | None = None
    llm_model_preferences: dict[str, LLMPreference] = Field(default_factory=dict)
    turn_runtime: Literal["native", "openai-agents"] = "native"
    applied_behavior_ids: list[Text] | None = None

    def stored(self) -> dict[str, Any]:
        """Return the stored form: the given fields, and ``turn_runtime``."""
        return self.model_dump(exclude_unset=True) | {"turn_runtime": self.turn_runtime}


class UpsertVersionSet(BaseModel):
    """``PUT /services/{id}/version-sets/{name}``."""

    version_set: VersionSetBody


class TagBody(BaseModel):
    """One tag."""

    model_config = ConfigDict(extra="allow")

    key: Text
    value: Text | None = None


VersionSets = dict[SetName, VersionSetBody]
Tags = Annotated[list[TagBody], Field(max_length=50)]
ToolCapacity = Annotated[int, Field(ge=1, le=10)]
Channel = Literal["voice", "text"]
Environment = Literal["sandbox", "production"]


class _ServiceFields(BaseModel):
    """The common fields of creating and updating, and their stored form."""

    def given(self) -> dict[str, Any]:
        """Return the fields that were sent, in their stored form. A ``null`` counts as not sent."""
        sent = self.model_dump(mode="json", exclude_unset=True, exclude={"version_sets", "voice_config"})
        stored = {name: value for name, value in sent.items() if value is not None}
        version_sets: VersionSets | None = getattr(self, "version_sets", None)
        if version_sets is not None:
            stored["version_sets"] = {name: version_set.stored() for name, version_set in version_sets.items()}
        patch: VoiceConfigPatch | None = getattr(self, "voice_config", None)
        if patch is not None:
            # Pydantic's JSON mode would turn NaN into null and so silently remove a field.
            stored["voice_config"] = patch.model_dump(exclude_unset=True)
        return stored


class CreateService(_ServiceFields):
    """``POST /services``."""

    name: Name
    agent_id: UUID
    context_graph_id: UUID
    description: Description = ""
    keyterms: Keyterms = Field(default_factory=list)
    is_active: bool = True
    version_sets: VersionSets = Field(default_factory=dict)
    tags: Tags = Field(default_factory=list)
    tool_capacity: ToolCapacity = 3
    channel_type: Channel = "voice"
    environment: Environment = "production"
    voice_config: VoiceConfigPatch | None = None
    safety_filters_enabled: bool = True


class UpdateService(_ServiceFields):
    """``PUT /services/{id}``: a missing or ``null`` field stays.

    This includes ``voice_config: null``: the contract's update gives every field a ``null`` default that means "not
    given". ``voice_config`` is merged, so only a ``null`` inside it removes anything.
    """

    name: Name | None = None
    description: Description | None = None
    agent_id: UUID | None = None
    context_graph_id: UUID | None = None
    keyterms: Keyterms | None = None
    is_active: bool | None = None
    version_sets: VersionSets | None = None
    tags: Tags | None = None
    tool_capacity: ToolCapacity | None = None
    channel_type: Channel | None = None
    environment: Environment | None = None
    voice_config: VoiceConfigPatch | None = None
    safety_filters_enabled: bool | None = None


class ServiceResponse(BaseModel):
    """A service in an answer."""

    id: UUID
    workspace_id: UUID
    name: str
    description: str
    agent_id: UUID
    context_graph_id: UUID
    agent_name: str | None = None
    context_graph_name: str | None = None
    keyterms: list[str]
    is_active: bool
    version_sets: dict[str, VersionSetBody]
    tags: list[TagBody]
    tool_capacity: int
    channel_type: Channel = "voice"
    environment: Environment = "production"
    voice_config: ServiceVoiceConfig | None = None
    safety_filters_enabled: bool
    is_system: bool = False
    created_at: datetime
    updated_at: datetime


class ServicePage(BaseModel):
    """One page of services."""

    items: list[ServiceResponse]
    has_more: bool
    continuation_token: int | None = None
    total: int | None = None


Limit = Annotated[int, Query(gt=0, le=100)]
Offset = Annotated[int, Query(ge=0, le=2**53)]


class Listing:
    """The query of a listing with search and order."""

    def __init__(
        self,
        search: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
        sort_by: str | None = None,
        limit: Limit = 10,
        continuation_token: Offset = 0,
    ) -> None:
        ordering = store.order(sort_by)
        if ordering is None:
            allowed = ", ".join(store.SORTABLE)
            raise RuleBrokenError(f"must be one of {allowed}, with - in front for descending", "query", "sort_by")
        self.search = search
        self.ordering = ordering
        self.limit = limit
        self.offset = continuation_token


class VersionListing:
    """The query of a listing of versions: newest first unless sorted by ``version``."""

    def __init__(self, sort_by: str | None = None, limit: Limit = 10, continuation_token: Offset = 0) -> None:
        if sort_by not in (None, "version", "-version"):
            raise RuleBrokenError("must be version, with - in front for descending", "query", "sort_by")
        self.descending = sort_by != "version"
        self.limit = limit
        self.offset = continuation_token


Listed = Annotated[Listing, Depends()]
VersionsListed = Annotated[VersionListing, Depends()]
