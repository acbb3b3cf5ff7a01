"""The demo workspace of a first start: a clinic's services, the same on every machine."""

from __future__ import annotations

import secrets
import sqlite3
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from services.calls.embedded.demo import add_demo_calls
from services.embedded import store
from services.embedded.access import access
from services.embedded.migrations import add_behavior_sets, add_people
from services.embedded.seed_versions import seed_data, stored_content
from services.service_fields import SERVICE_FIELDS

__all__ = ["access", "demo_id", "seed"]

# Ids come from names, so links, drafts and screenshots are valid on every machine.
_NAMESPACE = uuid5(NAMESPACE_URL, "turnlab:demo-clinic")
_CREATED = "2025-03-03T09:00:00.000000+00:00"


def demo_id(kind: str, name: str) -> str:
    """Return the id of an object in the demo workspace, the same on every machine."""
    return str(uuid5(_NAMESPACE, f"{kind}/{name}"))


def seed(db: sqlite3.Connection, today: date | None = None) -> None:
    """Fill an empty workspace file, inside the transaction that made the tables.

    The demo's calls lie before ``today``, in UTC.
    """
    data = seed_data()
    workspace_id = demo_id("workspace", data["workspace"])
    db.execute(
        "INSERT INTO workspaces (id, name, organization_id, voice_settings) VALUES (?, ?, ?, ?)",
        (
            workspace_id,
            data["workspace"],
            data["workspace"].lower().replace(" ", "-"),
            store.pack(data["voice_settings"]),
        ),
    )
    owner = add_people(db, workspace_id, secrets.token_urlsafe(32))
    for agent in data["agents"]:
        _insert_owner(db, "agent", workspace_id, agent)
    for context_graph in data["context_graphs"]:
        _insert_owner(db, "context_graph", workspace_id, context_graph)
    for service in data["services"]:
        store.save_service(db, _complete(workspace_id, service) | {"created_by": owner, "updated_by": owner})
    add_behavior_sets(db)
    add_demo_calls(db, workspace_id, today)


def _insert_owner(db: sqlite3.Connection, kind: str, workspace_id: str, entry: dict[str, Any]) -> None:
    owner_id = demo_id(kind, entry["name"])
    db.execute(
        f"INSERT INTO {kind}s (id, workspace_id, name, description, created_at, updated_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (owner_id, workspace_id, entry["name"], entry["description"], _CREATED, _CREATED),
    )
    db.executemany(
        f"INSERT INTO {kind}_versions (owner_id, version, content, created_at) VALUES (?, ?, ?, ?)",
        [
            (
                owner_id,
                version,
                store.pack(stored_content(kind, entry["name"], entry["description"], version)),
                _CREATED,
            )
            for version in range(1, entry["versions"] + 1)
        ],
    )


def _complete(workspace_id: str, entry: dict[str, Any]) -> dict[str, Any]:
    """Return a whole service: the entry over the defaults of the demo services."""
    common = {field.name: field.default for field in SERVICE_FIELDS} | {"keyterms": [], "voice_config": None}
    tags = [dict(zip(("key", "value"), tag.split(":", 1), strict=True)) for tag in entry["tags"]]
    return (
        common
        | entry
        | {
            "id": demo_id("service", entry["name"]),
            "workspace_id": workspace_id,
            "agent_id": demo_id("agent", entry["agent"]),
            "context_graph_id": demo_id("context_graph", entry["context_graph"]),
            "tags": tags,
            "version_sets": {
                name: _version_set(entry["name"], pins) for name, pins in entry["version_sets"].items()
            },
            "created_at": f"{entry['created_at']}.000000+00:00",
            "updated_at": f"{entry['updated_at']}.000000+00:00",
        }
    )


def _version_set(service: str, pins: dict[str, Any]) -> dict[str, Any]:
    """Return one version set from the short form ``{"pins": [agent, graph], "models": …, "behaviors": n}``."""
    agent, context_graph = pins.get("pins", (None, None))
    behaviors = [demo_id("behavior", f"{service}/{number}") for number in range(pins.get("behaviors", 0))]
    return {
        "agent_version_number": agent,
        "context_graph_version_number": context_graph,
        "llm_model_preferences": {use: {"llm_name": model} for use, model in pins.get("models", {}).items()},
        "turn_runtime": "native",
        "applied_behavior_ids": behaviors,
    }
