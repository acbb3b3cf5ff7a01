"""Services and their version sets, in one shape for every API dialect.

Everything is frozen. A value that this version of Turnlab cannot hold (an unknown field, or a known one of the
wrong type) stays in ``extra``, so that no data of a platform is lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, NewType, TypeVar

from pydantic import JsonValue

from presets.config import Problem, VoiceConfig
from services.errors import NotFoundError, RefusedError

T = TypeVar("T")

VersionSetName = NewType("VersionSetName", str)
"""A name that :func:`version_set_name` accepted."""

EDGE = VersionSetName("edge")
"""Always the latest versions. It cannot be changed or deleted."""

RELEASE = VersionSetName("release")
"""What callers get. It can be changed, not deleted."""

VERSION_SET_NAME_PATTERN = r"^[A-Za-z0-9_-]+$"
VERSION_SET_NAME_LENGTH = 40


def version_set_name(name: str) -> VersionSetName:
    """Return ``name`` if it is a valid name of a version set. Raises :class:`ValueError` with the rule."""
    # fullmatch: $ alone would accept a trailing line break.
    if len(name) <= VERSION_SET_NAME_LENGTH and re.fullmatch(VERSION_SET_NAME_PATTERN, name):
        return VersionSetName(name)
    raise ValueError(
        f"a version set's name is 1 to {VERSION_SET_NAME_LENGTH} letters, digits, '_' or '-', not {name!r}"
    )


def writable(name: str) -> VersionSetName:
    """Return the name if this version set may be written. Raises :class:`services.errors.RefusedError`."""
    checked = _name_or_refusal(name)
    if checked == EDGE:
        raise RefusedError("edge always points at the latest versions and cannot be written; write another set")
    return checked


def deletable(name: str) -> VersionSetName:
    """Return the name if this version set may be deleted. Raises :class:`services.errors.RefusedError`."""
    checked = _name_or_refusal(name)
    if checked == EDGE:
        raise RefusedError("edge always points at the latest versions and cannot be deleted")
    if checked == RELEASE:
        raise RefusedError("release is what callers get and cannot be deleted; promote another version set to it")
    return checked


def _name_or_refusal(name: str) -> VersionSetName:
    try:
        return version_set_name(name)
    except ValueError as error:
        raise RefusedError(str(error)) from None


@dataclass(frozen=True, slots=True)
class Tag:
    """Metadata used for routing, written ``key:value``; the value may be missing."""

    key: str
    value: str | None = None

    def __str__(self) -> str:
        return self.key if self.value is None else f"{self.key}:{self.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionSet:
    """The versions and models of one named deployment of a service. ``None`` pins nothing: the latest."""

    agent_version_number: int | None = None
    context_graph_version_number: int | None = None
    llm_model_preferences: Mapping[str, JsonValue] = field(default_factory=dict)
    turn_runtime: str | None = None
    applied_behavior_ids: tuple[str, ...] | None = None
    """Dynamic behaviors of this set. ``None`` if the platform does not list them."""
    extra: Mapping[str, JsonValue] = field(default_factory=dict)

    def models(self) -> dict[str, str]:
        """Return the model's name for each interaction that has a preference."""
        named = {
            use: preference.get("llm_name")
            for use, preference in self.llm_model_preferences.items()
            if isinstance(preference, dict)
        }
        return {use: name for use, name in named.items() if isinstance(name, str)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A deployable voice (or text) service: an agent, a context graph and named version sets."""

    id: str
    workspace_id: str | None = None
    name: str = ""
    description: str = ""
    agent_id: str | None = None
    agent_name: str | None = None
    context_graph_id: str | None = None
    context_graph_name: str | None = None
    is_active: bool = True
    is_system: bool = False
    """Whether the platform itself made the service, not a person."""
    version_sets: Mapping[str, VersionSet] = field(default_factory=dict)
    tags: tuple[Tag, ...] = ()
    tool_capacity: int | None = None
    """How many tools may run at once in one conversation, 1 to 10. ``None`` if the platform does not say."""
    channel_type: str = "voice"
    environment: str = "production"
    voice_config: VoiceConfig = field(default_factory=VoiceConfig)
    voice_problems: tuple[Problem, ...] = ()
    """Problems of the stored ``voice_config``, to show and to fix."""
    safety_filters_enabled: bool | None = None
    keyterms: tuple[str, ...] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None
    extra: Mapping[str, JsonValue] = field(default_factory=dict)

    def version_set(self, name: str) -> VersionSet:
        """Return one version set. Raises :class:`services.errors.NotFoundError`, which names the existing ones."""
        found = self.version_sets.get(name)
        if found is None:
            there = ", ".join(self.version_sets) or "none"
            raise NotFoundError(f"the service has no version set {name!r}; there are {there}")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class NewService:
    """A service to create. ``None`` leaves a field to the platform's default."""

    name: str
    agent_id: str
    context_graph_id: str
    description: str = ""
    is_active: bool = True
    tags: tuple[Tag, ...] = ()
    keyterms: tuple[str, ...] = ()
    tool_capacity: int | None = None
    channel_type: str | None = None
    environment: str | None = None
    safety_filters_enabled: bool | None = None
    voice_config: Mapping[str, JsonValue] | None = None
    release: VersionSet | None = None
    """What callers get from the start. Without it, the latest versions."""
    extra: Mapping[str, JsonValue] = field(default_factory=dict)
    """Further fields, sent unchanged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An agent's persona, kept in numbered versions."""

    id: str
    name: str = ""
    description: str = ""
    latest_version: int | None = None
    """The newest version's number, from 1; ``None`` when there is no version yet."""
    deprecated: bool = False
    created_at: datetime | None = None
    updated_at: datetime | None = None
    extra: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextGraph:
    """The course of a conversation (Classic: a service hierarchical state machine), kept in numbered versions."""

    id: str
    name: str = ""
    description: str = ""
    latest_version: int | None = None
    """The newest version's number, from 1; ``None`` when there is no version yet."""
    state_count: int | None = None
    deprecated: bool = False
    created_at: datetime | None = None
    updated_at: datetime | None = None
    extra: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One numbered, unchangeable version of an agent or of a context graph."""

    owner_id: str
    """The agent or context graph it is a version of."""
    number: int
    created_at: datetime | None = None
    created_by: str | None = None
    """The user's id. ``None`` if the platform does not say."""
    content: Mapping[str, JsonValue] = field(default_factory=dict)
    """Everything the platform sent, under its own names (``identity``, ``behaviors``; ``states``, ...)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BehaviorSet:
    """Dynamic behaviors: rules that act on a conversation, applied to services."""

    id: str
    name: str = ""
    is_active: bool = True
    applied_to_services: tuple[str, ...] = ()
    tags: tuple[Tag, ...] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None
    extra: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One changed value. Its path begins inside the whole content."""

    path: tuple[str, ...]
    before: JsonValue = None
    after: JsonValue = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One change in the platform's history: who did what to one object, and when."""

    id: str
    at: datetime | None = None
    who: str = ""
    action: str = ""
    changes: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """One page of a listing. ``continuation`` requests the next one; it is ``None`` only at the end.

    A page may hold fewer entries than were requested, or none, and still not be the last: the client leaves out
    what the platform cannot filter itself.
    """

    items: tuple[T, ...]
    continuation: int | None = None
    total: int | None = None
    """The number of all matches. ``None`` if it is unknown without fetching them."""
    unreadable: int = 0
    """Entries left out because they have no id."""
    left_out: tuple[str, ...] = ()
    """Ids of the entries that the client's part of the filter left out."""
    listed: int | None = None
    """The number of entries on all pages, by the platform's count, to check what arrived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceVoiceSettings:
    """The workspace's voice settings, and those that a service inherits."""

    values: Mapping[str, JsonValue]
    """Every setting as the platform sent it (``voice_id``, ``tone``, ``speed``, ``language``, ...)."""
    voice_config: VoiceConfig = field(default_factory=VoiceConfig)
    """The settings that are also fields of ``voice_config``: the layer above every service."""
    problems: tuple[Problem, ...] = ()
