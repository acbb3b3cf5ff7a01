"""Translates stored data to the Classic dialect and back: ids, behaviors, and context graphs as state machines."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from services.embedded.classic.service_shapes import VersionSet

Json = dict[str, Any]

STATE_MACHINE = "service_hierarchical_state_machine"
_PLATFORM_ONLY = ("turn_runtime", "context_graph_version_number")
_EXPRESSED = ("agent_version_number", "context_graph_version_number", "llm_model_preferences")
"""The fields that a Classic upsert replaces. It cannot express the others, so they stay."""


def shown_service(service: Json, organization_id: str, behaviors: Mapping[str, str]) -> Json:
    """Return a stored service in the Classic form. ``behaviors`` has Classic ids by UUID."""
    return {
        "id": service["classic_id"],
        "name": service["name"],
        "version_sets": {
            name: shown_version_set(version_set, behaviors) for name, version_set in service["version_sets"].items()
        },
        "description": service["description"],
        "is_active": service["is_active"],
        f"{STATE_MACHINE}_id": service["context_graph_classic_id"],
        "agent_id": service["agent_classic_id"],
        "tags": [{"key": tag["key"], "value": tag.get("value")} for tag in service["tags"]],
        "keyterms": service["keyterms"],
        "creator": person(organization_id, service["created_by"]),
        "updated_by": person(organization_id, service["updated_by"]),
    }


def person(organization_id: str, user_id: str | None) -> Json:
    """Return the author of a change. What the platform itself made has none."""
    return {"org_id": organization_id, "user_id": user_id or ""}


def shown_version_set(version_set: Json, behaviors: Mapping[str, str]) -> Json:
    """Return a stored version set in the Classic form, including unknown fields."""
    applied = version_set.get("applied_behavior_ids") or []
    unknown = {name: value for name, value in version_set.items() if name not in _PLATFORM_ONLY}
    return {
        **unknown,
        "agent_version_number": version_set.get("agent_version_number"),
        f"{STATE_MACHINE}_version_number": version_set.get("context_graph_version_number"),
        "llm_model_preferences": {
            use: {"params": {}, **preference}
            for use, preference in (version_set.get("llm_model_preferences") or {}).items()
        },
        "applied_behavior_ids": [behaviors.get(one, one) for one in applied],
    }


def shown_pins(name: str, service: Json, behaviors: Mapping[str, str]) -> Json:
    """Return the answer to a request for one version set by name."""
    shown = shown_version_set(service["version_sets"][name], behaviors)
    graph = shown[f"{STATE_MACHINE}_version_number"]
    return {
        **shown,
        "name": name,
        "agent_id": service["agent_classic_id"],
        "agent_version": shown["agent_version_number"],
        f"{STATE_MACHINE}_id": service["context_graph_classic_id"],
        f"{STATE_MACHINE}_version": graph,
        "context_graph_version": graph,
    }


def stored_version_set(sent: VersionSet, before: Json | None, *, flat: bool = False) -> Json:
    """Return the new stored version set. Behaviors, runtime and unknown fields stay unless they were sent.

    ``flat``: the body could not name models, so they stay too.
    """
    given = sent.model_dump(exclude_unset=True)
    kept = {name: value for name, value in (before or {}).items() if name not in _EXPRESSED}
    unknown = {name: value for name, value in given.items() if name not in VersionSet.model_fields}
    preferred = given.get("llm_model_preferences", {})
    if flat and before is not None:
        # the flat body of the documentation's examples cannot name models
        preferred = before.get("llm_model_preferences") or {}
    behaviors = {} if sent.applied_behavior_ids is None else {"applied_behavior_ids": sent.applied_behavior_ids}
    return {
        "turn_runtime": "native",
        "applied_behavior_ids": [],
        **kept,
        **unknown,
        **behaviors,
        "agent_version_number": sent.agent_version_number,
        "context_graph_version_number": sent.service_hierarchical_state_machine_version_number,
        "llm_model_preferences": preferred,
    }


def stored_tags(tags: Mapping[str, str | None]) -> list[Json]:
    """Return tags in their stored form."""
    return [{"key": key, "value": value} for key, value in tags.items()]


def find_behavior_sets(db: sqlite3.Connection, workspace_id: str, *, ordering: str) -> list[Json]:
    """Return every behavior set, with the Classic ids of the services that apply it."""
    applied = _applied(db, workspace_id)
    rows = db.execute(f"SELECT * FROM behavior_sets WHERE workspace_id = ?{ordering}", (workspace_id,))
    return [
        {
            **dict(row),
            "is_active": bool(row["is_active"]),
            "tags": json.loads(row["tags"]),
            "applied_to_services": applied.get(row["id"], []),
        }
        for row in rows
    ]


def uuids_of(db: sqlite3.Connection, workspace_id: str, behavior_ids: list[str]) -> list[str]:
    """Return the stored ids for Classic ids. An unknown id stays as it is."""
    known = _ids(db, workspace_id, "classic_id", "id")
    return [known.get(one, one) for one in behavior_ids]


def classic_ids_of(db: sqlite3.Connection, workspace_id: str) -> dict[str, str]:
    """Return the Classic id of every behavior set by its UUID."""
    return _ids(db, workspace_id, "id", "classic_id")


def _ids(db: sqlite3.Connection, workspace_id: str, given: str, wanted: str) -> dict[str, str]:
    rows = db.execute("SELECT id, classic_id FROM behavior_sets WHERE workspace_id = ?", (workspace_id,))
    return {row[given]: row[wanted] for row in rows}


def _applied(db: sqlite3.Connection, workspace_id: str) -> dict[str, list[str]]:
    """Return the Classic ids of the services that apply each behavior set, by the set's id."""
    rows = db.execute(
        "SELECT DISTINCT behavior.value AS behavior_id, services.classic_id"
        " FROM services, json_each(version_sets) AS version_set,"
        " json_each(version_set.value, '$.applied_behavior_ids') AS behavior"
        " WHERE workspace_id = ? ORDER BY services.classic_id",
        (workspace_id,),
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["behavior_id"], []).append(row["classic_id"])
    return found
