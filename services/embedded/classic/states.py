"""A context graph's states as the Classic dialect's state machine has them: less, and in plainer shapes."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def classic_state(state: Json) -> Json:
    """Return one stored state in the Classic shape; one that collects data is an action there."""
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
