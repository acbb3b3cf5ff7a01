"""Services, version sets, sign-in and listings as the Classic dialect sends and accepts them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from services.embedded.owners import VersionRange
from services.embedded.rules import RuleBrokenError
from services.embedded.voice_shapes import encodable

ID_PATTERN = r"^[a-f0-9]{24}$"
ClassicId = Annotated[str, Field(pattern=ID_PATTERN)]
Ids = Annotated[list[ClassicId], Query(alias="id", json_schema_extra={"uniqueItems": True})]
SortBy = Annotated[list[str], Query()]
Offset = Annotated[int, Query(ge=0, le=2**53)]


def paged(name: str, items: list[dict[str, Any]], total: int, offset: int) -> dict[str, Any]:
    """Return the Classic dialect's page of ``items`` under ``name``."""
    end = offset + len(items)
    more = end < total
    return {name: items, "has_more": more, "continuation_token": end if more else None}


def ordering(sort_by: Iterable[str], columns: dict[str, str]) -> str:
    """Return the ORDER BY for ``+name``, ``-is_active`` and so on. Ids break ties.

    ``columns`` has the SQL of each allowed name. Raises :class:`RuleBrokenError` for any other.
    """
    terms = []
    for wanted in sort_by:
        # an unescaped + in the address arrives as a space
        descending, name = wanted.startswith("-"), wanted.lstrip("+- ")
        if name not in columns or len(wanted) - len(name) > 1:
            allowed = ", ".join(columns)
            raise RuleBrokenError(f"must be one of {allowed}, with + or - in front", "query", "sort_by")
        terms.append(f"{columns[name]} {'DESC' if descending else 'ASC'}")
    return f" ORDER BY {', '.join([*terms, 'id'])}"


def tag_filter(tags: Iterable[str], place: str) -> tuple[tuple[str, str | None], ...]:
    """Return key and value of each ``key:value``. ``*`` matches any value, ``None`` no value.

    Raises :class:`RuleBrokenError`.
    """
    found: list[tuple[str, str | None]] = []
    for tag in tags:
        key, colon, value = tag.partition(":")
        if not key or not colon:
            raise RuleBrokenError("must be written key:value, key:* or key:", "query", place)
        found.append((key, value or None))
    return tuple(found)


def version_range(version: str | None, sort_by: Iterable[str], latest: int | None) -> VersionRange:
    """Return the version range that ``3``, ``latest``, ``2-5`` or ``2-latest`` means.

    Raises :class:`RuleBrokenError`.
    """
    order = list(sort_by)
    if not set(order) <= {"version", "+version", " version", "-version"}:
        raise RuleBrokenError("must be version, with + or - in front", "query", "sort_by")
    descending = bool(order) and order[0].startswith("-")
    if version is None:
        return VersionRange(descending=descending)
    first, dash, last = version.partition("-")
    return VersionRange(_number(first, latest), _number(last if dash else first, latest), descending)


def _number(text: str, latest: int | None) -> int:
    if text == "latest":
        return latest or 0
    if text.isascii() and text.isdigit() and len(text) <= 15:
        return int(text)
    raise RuleBrokenError("must be a number, latest, or two of them with - between", "query", "version")


def _stripped(pattern: str | None = None) -> Any:
    return StringConstraints(strip_whitespace=True, min_length=1, pattern=pattern)


Stripped = Annotated[str, _stripped(), AfterValidator(encodable)]
TagWord = Annotated[str, _stripped(r"^[\w\s]+$"), AfterValidator(encodable)]
Keyterm = Annotated[str, _stripped(r"^[a-z-]+( [a-z-]+){0,2}$")]
Tags = Annotated[dict[TagWord, TagWord | None], Field(max_length=20)]
Keyterms = Annotated[list[Keyterm], Field(max_length=20)]


class SignedIn(BaseModel):
    """The answer to a sign-in."""

    id_token: str
    expires_at: datetime


class UserInfo(BaseModel):
    """A person."""

    org_id: str
    user_id: str


class LLMConfig(BaseModel):
    """The model for one kind of interaction."""

    model_config = ConfigDict(extra="allow")

    llm_name: Stripped
    params: dict[str, Any] = Field(default_factory=dict)


class VersionSet(BaseModel):
    """A version set as a client sends it. A version that is ``null`` or missing is the latest."""

    model_config = ConfigDict(extra="allow")

    agent_version_number: int | None = None
    service_hierarchical_state_machine_version_number: int | None = None
    llm_model_preferences: dict[str, LLMConfig] = Field(default_factory=dict)
    applied_behavior_ids: list[Stripped] | None = None


class LLMConfigShown(LLMConfig):
    """A model in an answer. The Platform API stores any text as its name."""

    llm_name: str


class VersionSetShown(BaseModel):
    """A version set in an answer."""

    model_config = ConfigDict(extra="allow")

    agent_version_number: int | None
    service_hierarchical_state_machine_version_number: int | None
    llm_model_preferences: dict[str, LLMConfigShown]
    applied_behavior_ids: list[str]


class PinnedVersions(VersionSetShown):
    """The answer to a request for one version set: the fields of the documentation's examples, and the rest."""

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
        """Whether the body is that of the documentation's examples, which only names versions."""
        return self.version_set is None

    def wanted(self) -> VersionSet:
        """Return the version set of either form."""
        if self.version_set is not None:
            return self.version_set
        return VersionSet(
            agent_version_number=self.agent_version,
            service_hierarchical_state_machine_version_number=self.service_hierarchical_state_machine_version,
        )


class CreateService(BaseModel):
    """``POST /service/``. ``keyterms`` and ``tags`` are optional, as in the documentation's examples."""

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
    """``POST /service/{id}/``: a missing or ``null`` field stays."""

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
    """A service in an answer."""

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
    """The values that the tags filter accepts."""

    tags: list[str]


class Services(BaseModel):
    """One page of services."""

    services: list[ServiceInstance]
    has_more: bool
    continuation_token: int | None
    filter_values: FilterValues | None
