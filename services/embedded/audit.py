"""Who changed what, when: one entry for every change of anything, kept after the thing itself is gone."""

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
"""What changes with every change, and says nothing about it."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a change, and in which request."""

    workspace_id: str
    user_id: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What is changed."""

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
    """Add an entry to the history; a change that changed nothing leaves none. Call it in the same transaction."""
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
    """Return ``{"path", "before", "after"}`` for every value that differs; lists are compared as wholes.

    A value that was not there or is gone has no ``before`` or no ``after``.
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
    """Return one page of the history, newest first, and how many entries there are in all."""
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
