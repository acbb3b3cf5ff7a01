"""Agents, context graphs with their states, and their versions, as the Platform dialect sends them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.embedded.platform.service_shapes import Description, Name
from services.embedded.voice_shapes import LanguageProvider, Provider, Text

Delivery = Literal["interrupt", "queue"]
FailureClass = Literal["timeout", "input_rejected", "rounds_exhausted", "generic"]
WaitFor = Literal["surface_submission", "human_approval"]


class ProgressHint(BaseModel):
    """What the agent says while it waits for a tool."""

    model_config = ConfigDict(extra="forbid")

    deterministic: bool = False
    phrases: Annotated[list[str], Field(min_length=1, max_length=10)] | None = None
    trigger_delay_ms: Annotated[int, Field(ge=0, le=30_000)] | None = None
    interval_ms: Annotated[int, Field(ge=100, le=30_000)] | None = None
    mode: Literal["auto", "silent", "backchannel", "verbal"] = "auto"
    progress_class: Literal["lookup", "write", "external_call", "compute", "multi_step"] | None = None
    expected_latency_ms: Annotated[int, Field(ge=0, le=60_000)] | None = None
    custom_phrase: Annotated[str, Field(max_length=500)] | None = None


class _Kept(BaseModel):
    """Keeps fields that only a newer platform knows."""

    model_config = ConfigDict(extra="allow")


class Action(_Kept):
    """One thing the agent can do within a state."""

    description: str
    filler_hint: str | None = None


class ExitCondition(_Kept):
    """When a conversation leaves a state, and for which one."""

    description: str
    next_state: str
    filler_hint: str | None = None


class ToolCallSpec(_Kept):
    """A tool the agent can call in a state."""

    tool_id: str
    additional_instruction: str = ""
    navigate_on_completion: bool = False
    progress: ProgressHint | None = None
    result_persistence: Literal["accumulate", "override"] = "accumulate"
    delivery: Delivery = "interrupt"
    failure_delivery: Delivery | None = None
    failure_delivery_by_class: dict[FailureClass, Delivery] | None = None
    execution: Literal["blocking", "background"] = "blocking"
    lifecycle: Literal["coupled", "independent"] = "independent"
    audio_fillers: list[str] | None = None
    audio_filler_triggered_after: float | None = None


class Guardrail(_Kept):
    """A safety rule of one state."""

    name: Annotated[str, Field(max_length=128)]
    description: Annotated[str, Field(max_length=1000)]
    enforcement: Literal["hard", "soft"] = "hard"


class ChannelOverride(_Kept):
    """Differences on one channel."""

    objective: str | None = None
    action_guidelines: list[str] = Field(default_factory=list)
    progress: ProgressHint | None = None


class TurnPolicy(_Kept):
    """Turn-taking parameters of one state."""

    barge_in_enabled: bool = True
    greeting_shield_s: float = 0.0
    safety_response: Literal["suspend_forward", "stay_empathize", "alert"] = "stay_empathize"
    context_strategy: Literal["full", "compact"] = "full"
    degradation_threshold: Annotated[int, Field(ge=-1)] = -1
    block_forward_call: bool = False
    block_forward_call_after_turns: Annotated[int, Field(ge=-1)] = -1
    stt_eot_threshold: float | None = None
    stt_eager_eot_threshold: float | None = None
    stt_eot_timeout_ms: int | None = None


class PreloadSpec(_Kept):
    """A tool call on entry to a state."""

    tool_id: Annotated[str, Field(max_length=256)]
    params: Annotated[dict[str, Any], Field(max_length=20)] = Field(default_factory=dict)


class CollectionField(_Kept):
    """One thing to ask the caller."""

    key: str
    type: str
    label: str
    required: bool = True
    options: list[str] | None = None
    validation: str | None = None
    ask_prompt: str | None = None
    fhir_path: str | None = None


class _Engaging(_Kept):
    """The common fields of states that talk."""

    guardrails: list[Guardrail] = Field(default_factory=list)
    channel_overrides: dict[str, ChannelOverride] = Field(default_factory=dict)
    turn_policy: TurnPolicy | None = None


class ActionState(_Engaging):
    """Engages the caller, with actions and exit conditions."""

    type: Literal["action"]
    name: Text
    objective: str
    actions: list[Action]
    intra_state_navigation_guidelines: list[str]
    action_guidelines: list[str]
    boundary_constraints: list[str]
    exit_conditions: list[ExitCondition]
    action_tool_call_specs: list[ToolCallSpec] = Field(default_factory=list)
    exit_condition_tool_call_specs: list[ToolCallSpec] = Field(default_factory=list)
    wait_for: WaitFor | None = None
    surface_spec_template: dict[str, Any] | None = None
    preload: Annotated[list[PreloadSpec], Field(max_length=20)] = Field(default_factory=list)


class DecisionState(_Engaging):
    """Picks an exit condition without speaking."""

    type: Literal["decision"]
    name: Text
    objective: str
    exit_conditions: list[ExitCondition]
    decision_guidelines: list[str] = Field(default_factory=list)
    tool_call_specs: list[ToolCallSpec] = Field(default_factory=list)
    wait_for: WaitFor | None = None


class AnnotationState(_Kept):
    """Adds a thought and continues."""

    type: Literal["annotation"]
    name: Text
    inner_thought: str
    next_state: str


class DataCollectionState(_Engaging):
    """Collects fields."""

    type: Literal["data_collection"]
    name: Text
    objective: str
    fields: list[CollectionField]
    on_complete: str
    action_guidelines: list[str] = Field(default_factory=list)
    boundary_constraints: list[str] = Field(default_factory=list)
    surface_fallback: bool = False
    surface_fallback_after_turns: int = 6
    max_turns: int = 10
    tool_call_specs: list[ToolCallSpec] = Field(default_factory=list)


State = Annotated[ActionState | DecisionState | AnnotationState | DataCollectionState, Field(discriminator="type")]


def next_states(state: ActionState | DecisionState | AnnotationState | DataCollectionState) -> list[str]:
    """Return the names of the possible next states."""
    if isinstance(state, AnnotationState):
        return [state.next_state]
    if isinstance(state, DataCollectionState):
        return [state.on_complete]
    return [condition.next_state for condition in state.exit_conditions]


Sentences = Annotated[list[Annotated[Text, Field(max_length=2000)]], Field(max_length=200)]
Background = Annotated[Text, Field(max_length=10_000)]


class CreateOwner(BaseModel):
    """``POST /agents`` and ``POST /context-graphs``."""

    name: Name
    description: Description = ""


class UpdateOwner(BaseModel):
    """``PUT`` of an agent or a context graph: a missing or ``null`` field stays."""

    name: Name | None = None
    description: Description | None = None


class AgentResponse(BaseModel):
    """An agent in an answer."""

    id: UUID
    workspace_id: UUID
    name: str
    description: str
    latest_version: int = 0
    created_at: datetime
    updated_at: datetime


class ContextGraphResponse(AgentResponse):
    """A context graph in an answer."""

    state_count: int = 0


class Relationship(BaseModel):
    """The agent's relationship to its developer."""

    model_config = ConfigDict(extra="allow")

    ownership: Text
    type: Text
    conversation_visibility: Text
    thought_visibility: Text


class Identity(BaseModel):
    """The agent's identity."""

    model_config = ConfigDict(extra="allow")

    name: Text
    role: Text
    developed_by: Text
    default_spoken_language: Text
    relationship_to_developer: Relationship = Relationship(
        ownership="", type="", conversation_visibility="", thought_visibility=""
    )


class AgentVoice(BaseModel):
    """The agent's voice."""

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
