"""The contents of the demo workspace's versions. Each version has a little more than the one before."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

Json = dict[str, Any]


def seed_data() -> Json:
    """Return the demo workspace as the package ships it."""
    data: Json = json.loads(files(__package__).joinpath("seed_data.json").read_text(encoding="utf-8"))
    return data


def stored_content(kind: str, name: str, description: str, version: int) -> Json:
    """Return the stored content of a version. ``kind`` is ``agent`` or ``context_graph``.

    An object outside the demo workspace gets the least content that makes a whole version.
    """
    entries: list[Json] = seed_data()[f"{kind}s"]
    found = next((entry for entry in entries if entry["name"] == name), {"name": name, "description": description})
    return (agent_content if kind == "agent" else context_graph_content)(found, version)


def agent_content(entry: Json, version: int) -> Json:
    """Return one version of an agent."""
    name = entry["name"].split(",")[0]
    return {
        "name": entry["name"],
        "initials": name[:2].upper(),
        "identity": {
            "name": name,
            "role": entry.get("role", "Assistant"),
            "developed_by": "Riverside Family Clinic",
            "default_spoken_language": entry.get("language", "eng"),
            "relationship_to_developer": {
                "ownership": "Riverside Family Clinic",
                "type": "assistant",
                "conversation_visibility": "visible",
                "thought_visibility": "visible",
            },
        },
        "voice_config": None,
        "background": entry.get("background", entry["description"]),
        "behaviors": entry.get("behaviors", [])[:version],
        "communication_patterns": entry.get("communication_patterns", []),
    }


def context_graph_content(entry: Json, version: int) -> Json:
    """Return one version of a context graph: a greeting, steps that a decision leads to, and a goodbye."""
    steps: list[str] = entry.get("steps", [])
    present = steps[: 1 + version * len(steps) // max(entry.get("versions", 1), 1)]
    states = [
        _action("greet", "Greet the caller", "next_step", turn_policy={"greeting_shield_s": 1.5}),
        {
            "type": "decision",
            "name": "next_step",
            "objective": "Choose what is still missing",
            "exit_conditions": [
                *({"description": step, "next_state": _slug(step)} for step in present),
                {"description": "Everything is done", "next_state": "wrap_up"},
            ],
            "decision_guidelines": ["Never ask for what the caller already said"],
        },
        *(_action(_slug(step), step, "next_step") for step in present),
        _action("wrap_up", "Say what happens next, and goodbye", "wrap_up"),
    ]
    return {
        "description": entry["description"],
        "states": states,
        "new_user_initial_state": "greet",
        "returning_user_initial_state": "greet",
        "terminal_state": "wrap_up",
        "global_intra_state_navigation_guidelines": [],
        "global_action_guidelines": ["One question at a time"],
        "global_boundary_constraints": ["No diagnosis, no dosage"],
        "topology_description": None,
    }


def _action(name: str, objective: str, next_state: str, **more: Any) -> Json:
    return {
        "type": "action",
        "name": name,
        "objective": objective,
        "actions": [{"description": objective, "filler_hint": None}],
        "intra_state_navigation_guidelines": [],
        "action_guidelines": [],
        "boundary_constraints": [],
        "exit_conditions": [{"description": "Done", "next_state": next_state}],
        **more,
    }


def _slug(step: str) -> str:
    return re.sub(r"[^a-z]+", "_", step.lower()).strip("_")
