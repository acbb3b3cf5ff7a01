"""Agents, context graphs and their versions as the Platform dialect sends them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.embedded.platform.service_shapes import Description, Name
from services.embedded.platform.states import State
from services.embedded.voice_shapes import LanguageProvider, Provider, Text

Sentences = Annotated[list[Annotated[Text, Field(max_length=2000)]], Field(max_length=200)]
Background = Annotated[Text, Field(max_length=10_000)]


class CreateOwner(BaseModel):
    """``POST /agents`` and ``POST /context-graphs``."""

    name: Name
    description: Description = ""


class UpdateOwner(BaseModel):
    """``PUT`` of an agent or a context graph: what is absent or ``null`` stays."""

    name: Name | None = None
    description: Description | None = None


class AgentResponse(BaseModel):
    """An agent as it is answered."""

    id: UUID
    workspace_id: UUID
    name: str
    description: str
    latest_version: int = 0
    created_at: datetime
    updated_at: datetime


class ContextGraphResponse(AgentResponse):
    """A context graph as it is answered."""

    state_count: int = 0


class Relationship(BaseModel):
    """How the agent sees whoever made it."""

    model_config = ConfigDict(extra="allow")

    ownership: Text
    type: Text
    conversation_visibility: Text
    thought_visibility: Text


class Identity(BaseModel):
    """Who the agent is."""

    model_config = ConfigDict(extra="allow")

    name: Text
    role: Text
    developed_by: Text
    default_spoken_language: Text
    relationship_to_developer: Relationship = Relationship(
        ownership="", type="", conversation_visibility="", thought_visibility=""
    )


class AgentVoice(BaseModel):
    """Which voice an agent speaks with."""

    model_config = ConfigDict(extra="allow")

    voice_id: Text
    stability: float = 0
    similarity_boost: float = 0
    style: float = 0
    tts_provider: Provider | None = None
    tts_config: dict[str, Any] | None = None
    language_providers: Annotated[dict[str, LanguageProvider], Field(max_length=10)] | None = None
    session_provider: Literal["amigo", "gpt_realtime", "gpt_live"] | None = None


class CreateAgentVersion(BaseModel):
    """``POST /agents/{id}/versions``."""

    name: Name
    identity: Identity
    initials: Annotated[Text, Field(max_length=10)] = ""
    voice_config: AgentVoice | None = None
    background: Background = ""
    behaviors: Sentences = Field(default_factory=list)
    communication_patterns: Sentences = Field(default_factory=list)


class AgentVersionResponse(BaseModel):
    """One version of an agent."""

    id: UUID
    workspace_id: UUID
    agent_id: UUID
    version: int
    name: str
    initials: str
    identity: Identity
    voice_config: AgentVoice | None
    background: str
    behaviors: list[str]
    communication_patterns: list[str]
    created_at: datetime
    updated_at: datetime


class CreateContextGraphVersion(BaseModel):
    """``POST /context-graphs/{id}/versions``."""

    states: list[State]
    new_user_initial_state: Text
    returning_user_initial_state: Text
    terminal_state: Text
    description: Description = ""
    global_intra_state_navigation_guidelines: list[Text] = Field(default_factory=list)
    global_action_guidelines: list[Text] = Field(default_factory=list)
    global_boundary_constraints: list[Text] = Field(default_factory=list)
    topology_description: Text | None = None


class ContextGraphVersionResponse(BaseModel):
    """One version of a context graph."""

    id: UUID
    workspace_id: UUID
    context_graph_id: UUID
    version: int
    description: str
    states: list[State]
    new_user_initial_state: str
    returning_user_initial_state: str
    terminal_state: str
    global_intra_state_navigation_guidelines: list[str]
    global_action_guidelines: list[str]
    global_boundary_constraints: list[str]
    topology_description: str | None
    created_at: datetime
    updated_at: datetime


class _Page(BaseModel):
    has_more: bool
    continuation_token: int | None = None
    total: int | None = None


class AgentPage(_Page):
    """One page of agents."""

    items: list[AgentResponse]


class ContextGraphPage(_Page):
    """One page of context graphs."""

    items: list[ContextGraphResponse]


class AgentVersionPage(_Page):
    """One page of an agent's versions."""

    items: list[AgentVersionResponse]


class ContextGraphVersionPage(_Page):
    """One page of a context graph's versions."""

    items: list[ContextGraphVersionResponse]
