"""Agents, state machines, their versions and behavior sets as the Classic dialect sends them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from services.embedded.classic.service_shapes import UserInfo

Json = dict[str, Any]


def classic_state(state: Json) -> Json:
    """Return one stored state in the Classic form, where a data-collection state is an action."""
    if state["type"] == "annotation":
        return {name: state[name] for name in ("type", "name", "inner_thought", "next_state")}
    if state["type"] == "decision":
        return {
            "type": "decision",
            "name": state["name"],
            "objective": state["objective"],
            "exit_conditions": _exits(state["exit_conditions"]),
            "decision_guidelines": state.get("decision_guidelines", []),
            "tool_call_specs": _tools(state.get("tool_call_specs", [])),
            "audio_fillers": [],
            "audio_filler_triggered_after": 0.0,
        }
    collecting = state["type"] == "data_collection"
    done = {"description": "Every field is known", "next_state": state.get("on_complete", "")}
    return {
        "type": "action",
        "name": state["name"],
        "objective": state["objective"],
        "actions": [
            *(action["description"] for action in state.get("actions", [])),
            *(f"Learn: {field['label']}" for field in state.get("fields", [])),
        ],
        "intra_state_navigation_guidelines": state.get("intra_state_navigation_guidelines", []),
        "action_guidelines": state.get("action_guidelines", []),
        "boundary_constraints": state.get("boundary_constraints", []),
        "exit_conditions": [done] if collecting else _exits(state["exit_conditions"]),
        "action_tool_call_specs": _tools(state.get("action_tool_call_specs") or state.get("tool_call_specs", [])),
        "exit_condition_tool_call_specs": _tools(state.get("exit_condition_tool_call_specs", [])),
        "skip_active_memory_retrieval": False,
    }


def _exits(conditions: list[Json]) -> list[Json]:
    return [{name: condition[name] for name in ("description", "next_state")} for condition in conditions]


def _tools(specs: list[Json]) -> list[Json]:
    return [
        {
            "tool_id": spec["tool_id"],
            # the Platform dialect pins no tool versions
            "version_constraint": "",
            "additional_instruction": spec.get("additional_instruction", ""),
            "audio_fillers": spec.get("audio_fillers") or [],
            "audio_filler_triggered_after": spec.get("audio_filler_triggered_after") or 0.0,
            "result_persistence": "persisted",
        }
        for spec in specs
    ]


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=256)]


class CreateAgent(BaseModel):
    """``POST /organization/agent``."""

    agent_name: Name


class CreateStateMachine(BaseModel):
    """``POST /organization/service_hierarchical_state_machine``."""

    state_machine_name: Name


class Instance(BaseModel):
    """An agent or a state machine in an answer."""

    id: str
    name: str
    deprecated: bool
    latest_version: int | None


class _Page(BaseModel):
    has_more: bool
    continuation_token: int | None


class Agents(_Page):
    """One page of agents."""

    agents: list[Instance]


class StateMachines(_Page):
    """One page of state machines."""

    service_hierarchical_state_machines: list[Instance]


class Relationship(BaseModel):
    """The agent's relationship to its developer."""

    ownership: str
    type: str
    conversation_visibility: str
    thought_visibility: str


class Identity(BaseModel):
    """The agent's identity."""

    name: str
    role: str
    developed_by: str
    default_spoken_language: str
    relationship_to_developer: Relationship


class Voice(BaseModel):
    """The agent's voice."""

    voice_id: str
    stability: float = 0
    similarity_boost: float = 0
    style: float = 0


class AgentVersion(BaseModel):
    """One version of an agent."""

    org_id: str
    agent_id: str
    version: int
    voice_config: Voice | None
    initials: str
    identity: Identity
    background: str
    behaviors: list[str]
    communication_patterns: list[str]
    created_at: datetime
    creator: UserInfo


class AgentVersions(_Page):
    """One page of an agent's versions."""

    agent_versions: list[AgentVersion]


class ExitCondition(BaseModel):
    """When a conversation leaves a state, and for which one."""

    description: str
    next_state: str


class ToolCallSpec(BaseModel):
    """A tool the agent can call in a state."""

    tool_id: str
    version_constraint: str
    additional_instruction: str
    audio_fillers: list[str]
    audio_filler_triggered_after: float
    result_persistence: Literal["ephemeral", "persisted-preferred", "persisted"]


class ActionState(BaseModel):
    """Engages the caller."""

    type: Literal["action"]
    name: str
    objective: str
    actions: list[str]
    intra_state_navigation_guidelines: list[str]
    action_guidelines: list[str]
    boundary_constraints: list[str]
    exit_conditions: list[ExitCondition]
    action_tool_call_specs: list[ToolCallSpec]
    exit_condition_tool_call_specs: list[ToolCallSpec]
    skip_active_memory_retrieval: bool


class DecisionState(BaseModel):
    """Picks an exit condition."""

    type: Literal["decision"]
    name: str
    exit_conditions: list[ExitCondition]
    decision_guidelines: list[str]
    objective: str
    tool_call_specs: list[ToolCallSpec]
    audio_fillers: list[str]
    audio_filler_triggered_after: float


class AnnotationState(BaseModel):
    """Adds a thought."""

    type: Literal["annotation"]
    name: str
    inner_thought: str
    next_state: str


State = Annotated[ActionState | DecisionState | AnnotationState, Field(discriminator="type")]


class StateMachineVersion(BaseModel):
    """One version of a state machine."""

    org_id: str
    service_hierarchical_state_machine_id: str
    version: int
    created_at: datetime
    creator: UserInfo
    description: str
    states: list[State]
    new_user_initial_state: str
    returning_user_initial_state: str
    terminal_state: str
    references: dict[str, tuple[str, int]]
    global_intra_state_navigation_guidelines: list[str]
    global_action_guidelines: list[str]
    global_boundary_constraints: list[str]


class StateMachineVersions(_Page):
    """One page of a state machine's versions."""

    state_machine_versions: list[StateMachineVersion]


class BehaviorSet(BaseModel):
    """A dynamic behavior set."""

    id: str
    name: str
    is_active: bool
    applied_to_services: list[str]
    tags: dict[str, str | None]
    created_at: datetime
    creator: UserInfo
    updated_at: datetime
    updated_by: UserInfo


class BehaviorFilters(BaseModel):
    """The values that the filters accept."""

    applied_to_services_ids: list[str]
    creators: list[UserInfo]
    tags: list[str]


class BehaviorSets(_Page):
    """One page of behavior sets."""

    dynamic_behavior_sets: list[BehaviorSet]
    filter_values: BehaviorFilters | None
