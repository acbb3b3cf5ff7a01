"""Dynamic behavior sets: named rules that a version set applies."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

Json = dict[str, Any]


def find_behavior_sets(db: sqlite3.Connection, workspace_id: str, *, ordering: str) -> list[Json]:
    """Return every behavior set, with the Classic ids of the services whose version sets apply it."""
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
    """Return what a version set stores for Classic ids; one that nobody knows stays as it is."""
    known = _ids(db, workspace_id, "classic_id", "id")
    return [known.get(one, one) for one in behavior_ids]


def classic_ids_of(db: sqlite3.Connection, workspace_id: str) -> dict[str, str]:
    """Return the Classic id of every behavior set by its UUID."""
    return _ids(db, workspace_id, "id", "classic_id")


def _ids(db: sqlite3.Connection, workspace_id: str, given: str, wanted: str) -> dict[str, str]:
    rows = db.execute("SELECT id, classic_id FROM behavior_sets WHERE workspace_id = ?", (workspace_id,))
    return {row[given]: row[wanted] for row in rows}


def _applied(db: sqlite3.Connection, workspace_id: str) -> dict[str, list[str]]:
    """Return for each behavior set's id the Classic ids of the services that apply it."""
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
