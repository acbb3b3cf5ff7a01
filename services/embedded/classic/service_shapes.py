"""Services, version sets and the sign-in as the Classic dialect sends them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from services.embedded.classic.paging import ClassicId
from services.embedded.voice_shapes import encodable


def _stripped(pattern: str | None = None) -> Any:
    return StringConstraints(strip_whitespace=True, min_length=1, pattern=pattern)


Stripped = Annotated[str, _stripped(), AfterValidator(encodable)]
TagWord = Annotated[str, _stripped(r"^[\w\s]+$"), AfterValidator(encodable)]
Keyterm = Annotated[str, _stripped(r"^[a-z-]+( [a-z-]+){0,2}$")]
Tags = Annotated[dict[TagWord, TagWord | None], Field(max_length=20)]
Keyterms = Annotated[list[Keyterm], Field(max_length=20)]


class SignedIn(BaseModel):
    """What signing in gives."""

    id_token: str
    expires_at: datetime


class UserInfo(BaseModel):
    """A person."""

    org_id: str
    user_id: str


class LLMConfig(BaseModel):
    """The model one kind of interaction should use."""

    model_config = ConfigDict(extra="allow")

    llm_name: Stripped
    params: dict[str, Any] = Field(default_factory=dict)


class VersionSet(BaseModel):
    """A version set as a client sends it; a version that is ``null`` or absent is the latest."""

    model_config = ConfigDict(extra="allow")

    agent_version_number: int | None = None
    service_hierarchical_state_machine_version_number: int | None = None
    llm_model_preferences: dict[str, LLMConfig] = Field(default_factory=dict)
    applied_behavior_ids: list[Stripped] | None = None


class LLMConfigShown(LLMConfig):
    """A model as it is answered: the Platform API stores any text as its name."""

    llm_name: str


class VersionSetShown(BaseModel):
    """A version set as it is answered."""

    model_config = ConfigDict(extra="allow")

    agent_version_number: int | None
    service_hierarchical_state_machine_version_number: int | None
    llm_model_preferences: dict[str, LLMConfigShown]
    applied_behavior_ids: list[str]


class PinnedVersions(VersionSetShown):
    """One version set asked for by name: what the documentation's examples read from it, and the rest."""

    name: str
    agent_id: str
    agent_version: int | None
    service_hierarchical_state_machine_id: str
    service_hierarchical_state_machine_version: int | None
    context_graph_version: int | None


class UpsertVersionSet(BaseModel):
    """``PUT …/version_sets/{name}/``: the OpenAPI document's body, or the flat one of the examples."""

    version_set: VersionSet | None = None
    agent_id: ClassicId | None = None
    agent_version: int | None = None
    service_hierarchical_state_machine_id: ClassicId | None = None
    service_hierarchical_state_machine_version: int | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> UpsertVersionSet:
        if self.version_set is None and not self.model_fields_set - {"version_set"}:
            raise PydanticCustomError("missing", "version_set is required")
        return self

    @property
    def flat(self) -> bool:
        """Whether it is the body of the documentation's examples, which names only versions."""
        return self.version_set is None

    def wanted(self) -> VersionSet:
        """Return the version set, whichever way it was sent."""
        if self.version_set is not None:
            return self.version_set
        return VersionSet(
            agent_version_number=self.agent_version,
            service_hierarchical_state_machine_version_number=self.service_hierarchical_state_machine_version,
        )


class CreateService(BaseModel):
    """``POST /service/``. ``keyterms`` and ``tags`` may be left out, as in the documentation's examples."""

    service_hierarchical_state_machine_id: ClassicId
    agent_id: ClassicId
    name: Stripped
    description: Stripped
    is_active: bool
    release_version_set: VersionSet | None = None
    keyterms: Keyterms = Field(default_factory=list)
    tags: Tags = Field(default_factory=dict)


class Created(BaseModel):
    """The id of what was created."""

    id: str


class UpdateService(BaseModel):
    """``POST /service/{id}/``: what is absent or ``null`` stays."""

    name: Stripped | None = None
    description: Stripped | None = None
    is_active: bool | None = None
    agent_id: ClassicId | None = None
    service_hierarchical_state_machine_id: ClassicId | None = None
    tags: Tags | None = None
    keyterms: Keyterms | None = None


class Tag(BaseModel):
    """One tag."""

    key: str
    value: str | None


class ServiceInstance(BaseModel):
    """A service as it is answered."""

    id: str
    name: str
    version_sets: dict[str, VersionSetShown]
    description: str
    is_active: bool
    service_hierarchical_state_machine_id: str
    agent_id: str
    tags: list[Tag]
    keyterms: list[str]
    creator: UserInfo
    updated_by: UserInfo


class FilterValues(BaseModel):
    """What the tags filter can be given."""

    tags: list[str]


class Services(BaseModel):
    """One page of services."""

    services: list[ServiceInstance]
    has_more: bool
    continuation_token: int | None
    filter_values: FilterValues | None
