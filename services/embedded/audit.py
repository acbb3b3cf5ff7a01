"""The history of all changes: who, what and when. Entries outlive the changed object."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.embedded.database import now
from services.embedded.store import pack

Json = dict[str, Any]

UNTOLD = frozenset({"updated_at", "updated_by"})
"""Fields that differ after every change."""


@dataclass(frozen=True, slots=True)
class Actor:
    """The user who makes a change, and the request."""

    workspace_id: str
    user_id: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Subject:
    """The changed object."""

    kind: str
    """``service``, ``voice_settings``, ``agent``, ``context_graph``, or one of the last two with ``_version``."""
    id: str
    name: str


def record(
    db: sqlite3.Connection,
    actor: Actor,
    action: str,
    subject: Subject,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:
    """Add an entry to the history in the same transaction. A change without an effect adds none."""
    changes = differences(before or {}, after or {})
    if changes:
        db.execute(
            "INSERT INTO audit (workspace_id, at, user_id, request_id, action, kind, subject_id, subject_name,"
            " changes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                actor.workspace_id,
                now(),
                actor.user_id,
                actor.request_id,
                action,
                subject.kind,
                subject.id,
                subject.name,
                pack(changes),
            ),
        )


def differences(before: Mapping[str, Any], after: Mapping[str, Any], place: tuple[str, ...] = ()) -> list[Json]:
    """Return ``{"path", "before", "after"}`` for every value that differs. Lists are compared as a whole.

    An added value has no ``before``, a removed one no ``after``.
    """
    found: list[Json] = []
    for name in dict.fromkeys([*before, *after]):
        if name in UNTOLD:
            continue
        path = (*place, name)
        old, new = before.get(name), after.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found += differences(old, new, path)
        elif (name in before) != (name in after) or old != new:
            entry: Json = {"path": list(path)}
            if name in before:
                entry["before"] = old
            if name in after:
                entry["after"] = new
            found.append(entry)
    return found


def find_entries(
    db: sqlite3.Connection, workspace_id: str, subject_id: str | None, *, limit: int, offset: int
) -> tuple[list[Json], int]:
    """Return one page of the history, newest first, and the number of all entries."""
    where, values = "WHERE audit.workspace_id = ?", [workspace_id]
    if subject_id is not None:
        where, values = f"{where} AND subject_id = ?", [workspace_id, subject_id]
    (total,) = db.execute(f"SELECT count(*) FROM audit {where}", values).fetchone()
    rows = db.execute(
        f"SELECT audit.*, users.name AS user_name FROM audit LEFT JOIN users ON users.id = user_id {where}"
        " ORDER BY audit.id DESC LIMIT ? OFFSET ?",
        [*values, limit, offset],
    )
    return [{**dict(row), "changes": json.loads(row["changes"])} for row in rows], total
