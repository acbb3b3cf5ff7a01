"""Queries of the embedded platform's calls. They return the contract's JSON objects."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

Json = dict[str, Any]

SUMMARY: Final = (
    "call_sid",
    "direction",
    "phone_number",
    "caller_id",
    "status",
    "has_recording",
    "quality_score",
    "final_state",
    "completion_reason",
    "service_id",
    "source",
    "made_by_turnlab",
)
RESTORE: Final = timedelta(hours=3)
"""How long an archived recording takes to come back once it is asked for."""


@dataclass(frozen=True, slots=True)
class CallQuery:
    """Filter of a call listing. ``None`` is no condition."""

    date_from: date | None = None
    date_to: date | None = None
    status: str | None = None
    direction: str | None = None
    min_duration: int | None = None
    max_duration: int | None = None
    service_id: str | None = None
    include_simulated: bool = False

    def where(self, workspace_id: str) -> tuple[str, list[Any]]:
        """Return the WHERE clause and its values."""
        wanted = (
            ("substr(started_at, 1, 10) >= ?", self.date_from and self.date_from.isoformat()),
            ("substr(started_at, 1, 10) <= ?", self.date_to and self.date_to.isoformat()),
            ("status = ?", self.status),
            ("direction = ?", self.direction),
            ("duration_s >= ?", self.min_duration),
            ("duration_s <= ?", self.max_duration),
            ("service_id = ?", self.service_id),
        )
        given = [(clause, value) for clause, value in wanted if value is not None]
        clauses = ["workspace_id = ?", *(clause for clause, _ in given)]
        if not self.include_simulated:
            clauses.append("source != 'simulation'")
        return " WHERE " + " AND ".join(clauses), [workspace_id, *(value for _, value in given)]


def find_calls(
    db: sqlite3.Connection, workspace_id: str, query: CallQuery, *, limit: int, offset: int
) -> tuple[list[Json], int]:
    """Return one page of calls, newest first, and the number of all matches."""
    where, values = query.where(workspace_id)
    (total,) = db.execute(f"SELECT count(*) FROM calls{where}", values).fetchone()
    order = " ORDER BY started_at DESC, id LIMIT ? OFFSET ?"
    rows = db.execute(f"SELECT detail FROM calls{where}{order}", [*values, limit, offset])
    return [_summary(json.loads(row["detail"])) for row in rows], total


def _summary(detail: Json) -> Json:
    return {
        "entity_id": detail["id"],
        "started_at": detail["call_start_time"],
        "duration_seconds": detail["call_duration_seconds"],
        "turns": len(detail["turns"]),
        **{name: detail.get(name) for name in SUMMARY},
    }


def find_call(db: sqlite3.Connection, workspace_id: str, call_id: str) -> Json | None:
    """Return one call by its id or its SID, or ``None``."""
    row = db.execute(
        "SELECT detail FROM calls WHERE workspace_id = ? AND ? IN (id, call_sid)", (workspace_id, call_id)
    ).fetchone()
    return None if row is None else dict(json.loads(row["detail"]))


def find_recording(db: sqlite3.Connection, workspace_id: str, call_sid: str) -> tuple[Json, Json] | None:
    """Return a call that has a recording, and what the recording is made from. ``None`` if there is none."""
    row = db.execute(
        "SELECT detail, recording FROM calls WHERE workspace_id = ? AND call_sid = ? AND recording IS NOT NULL",
        (workspace_id, call_sid),
    ).fetchone()
    return None if row is None else (json.loads(row["detail"]), json.loads(row["recording"]))


def ask_for_restoring(db: sqlite3.Connection, call_sid: str, recording: Json, now: datetime) -> datetime | None:
    """Request an archived recording and return when it will be available. ``None`` if it is available already."""
    if "restore_at" not in recording:
        asked = recording | {"restore_at": (now + RESTORE).isoformat()}
        db.execute("UPDATE calls SET recording = ? WHERE call_sid = ?", (json.dumps(asked), call_sid))
        return now + RESTORE
    restored = datetime.fromisoformat(recording["restore_at"])
    return restored if restored > now else None
