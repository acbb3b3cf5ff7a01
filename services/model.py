"""What is tuned: services and their version sets, in one shape for every API dialect.

Everything is frozen. A value this version of Turnlab cannot hold (an unknown field, or a known one of the wrong
type) stays in ``extra``, so that nothing a platform said is lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, NewType, TypeVar

from pydantic import JsonValue

from presets.config import Problem, VoiceConfig
from services.errors import RefusedError

T = TypeVar("T")

VersionSetName = NewType("VersionSetName", str)
"""A name that :func:`version_set_name` let through."""

EDGE = VersionSetName("edge")
"""Always the latest versions; cannot be changed or deleted."""

RELEASE = VersionSetName("release")
"""What callers get; can be changed, not deleted."""

VERSION_SET_NAME_PATTERN = r"^[A-Za-z0-9_-]+$"
VERSION_SET_NAME_LENGTH = 40


def version_set_name(name: str) -> VersionSetName:
    """Return ``name`` if a version set may be called so. Raises :class:`ValueError` with the rule."""
    # fullmatch, because $ alone would let a trailing line break through.
    if len(name) <= VERSION_SET_NAME_LENGTH and re.fullmatch(VERSION_SET_NAME_PATTERN, name):
        return VersionSetName(name)
    raise ValueError(
        f"a version set's name is 1 to {VERSION_SET_NAME_LENGTH} letters, digits, '_' or '-', not {name!r}"
    )


def writable(name: str) -> VersionSetName:
    """Return the name if such a version set may be written. Raises :class:`services.errors.RefusedError`."""
    checked = _name_or_refusal(name)
    if checked == EDGE:
        raise RefusedError("edge always points at the latest versions and cannot be written; write another set")
    return checked


def deletable(name: str) -> VersionSetName:
    """Return the name if such a version set may be deleted. Raises :class:`services.errors.RefusedError`."""
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
    """Which versions and models one named deployment of a service uses. ``None`` pins nothing: the latest."""

    agent_version_number: int | None = None
    context_graph_version_number: int | None = None
    llm_model_preferences: Mapping[str, JsonValue] = field(default_factory=dict)
    turn_runtime: str | None = None
    applied_behavior_ids: tuple[str, ...] | None = None
    """Dynamic behaviors at work in this set; ``None`` when the platform does not say."""
    extra: Mapping[str, JsonValue] = field(default_factory=dict)

    def models(self) -> dict[str, str]:
        """Return the model's name for each interaction that prefers one."""
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
    """Made by the platform itself, not by a person."""
    version_sets: Mapping[str, VersionSet] = field(default_factory=dict)
    tags: tuple[Tag, ...] = ()
    tool_capacity: int | None = None
    """How many tools may run at once in one conversation, 1 to 10; ``None`` when the platform does not say."""
    channel_type: str = "voice"
    environment: str = "production"
    voice_config: VoiceConfig = field(default_factory=VoiceConfig)
    voice_problems: tuple[Problem, ...] = ()
    """What is wrong with the stored ``voice_config``: show it, and let the person mend it."""
    safety_filters_enabled: bool | None = None
    keyterms: tuple[str, ...] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None
    extra: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewService:
    """A service to be made. ``None`` leaves a field to the platform's default."""

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
    """What callers get from the start; without it the latest versions."""
    extra: Mapping[str, JsonValue] = field(default_factory=dict)
    """Further fields, sent as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """Who speaks: a persona, kept in numbered versions."""

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
    """How a conversation goes (Classic: a service hierarchical state machine), kept in numbered versions."""

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
    """The user's id; ``None`` when the platform does not say."""
    content: Mapping[str, JsonValue] = field(default_factory=dict)
    """Everything the platform gave, by its own names (``identity``, ``behaviors``; ``states``, ...)."""


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
    """One value that a change gave another content, by its path inside the whole."""

    path: tuple[str, ...]
    before: JsonValue = None
    after: JsonValue = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One change that the platform remembers: who did what to one thing, and when."""

    id: str
    at: datetime | None = None
    who: str = ""
    action: str = ""
    changes: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """One page of a listing. ``continuation`` asks for the next one; ``None`` at the end, and only there.

    A page may hold fewer entries than were asked for, even none, and yet not be the last: what a platform cannot
    filter itself is left out here.
    """

    items: tuple[T, ...]
    continuation: int | None = None
    total: int | None = None
    """How many match in all; ``None`` when that is not known without fetching them."""
    unreadable: int = 0
    """Entries left out because they carry no id."""
    left_out: tuple[str, ...] = ()
    """Ids of the entries that the platform sent and the client's own part of the filter left out."""
    listed: int | None = None
    """How many entries all pages together hold, by the platform's count: what arrived can be checked against it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceVoiceSettings:
    """The workspace's voice settings, and what of them a service inherits."""

    values: Mapping[str, JsonValue]
    """Every setting as the platform gave it (``voice_id``, ``tone``, ``speed``, ``language``, ...)."""
    voice_config: VoiceConfig = field(default_factory=VoiceConfig)
    """The settings that are also fields of ``voice_config``: the layer above every service."""
    problems: tuple[Problem, ...] = ()
