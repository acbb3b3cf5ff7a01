"""Queries of the embedded platform. They return the contract's JSON objects."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CLASSIC_ID_LENGTH = 24

SERVICE_COLUMNS = (
    "id",
    "workspace_id",
    "name",
    "description",
    "agent_id",
    "context_graph_id",
    "is_active",
    "tool_capacity",
    "channel_type",
    "environment",
    "safety_filters_enabled",
    "keyterms",
    "tags",
    "version_sets",
    "voice_config",
    "created_at",
    "updated_at",
    "created_by",
    "updated_by",
)
JSON_COLUMNS = ("keyterms", "tags", "version_sets", "voice_config")
BOOLEAN_COLUMNS = ("is_active", "safety_filters_enabled")
SORTABLE = ("name", "created_at", "updated_at")

COMPUTED = ("agent_name", "context_graph_name", "classic_id", "agent_classic_id", "context_graph_classic_id")
INTERNAL = ("created_by", "updated_by", "classic_id", "agent_classic_id", "context_graph_classic_id")
"""Stored fields of a service that the Platform dialect's schema lacks."""

_SERVICES = """
    SELECT *, (SELECT name FROM agents WHERE agents.id = agent_id) AS agent_name,
        (SELECT name FROM context_graphs WHERE context_graphs.id = context_graph_id) AS context_graph_name,
        (SELECT classic_id FROM agents WHERE agents.id = agent_id) AS agent_classic_id,
        (SELECT classic_id FROM context_graphs WHERE context_graphs.id = context_graph_id)
            AS context_graph_classic_id
    FROM services
"""


def pack(value: object) -> str:
    """Return JSON for a column. Raises :class:`ValueError` for NaN and infinities."""
    return json.dumps(value, allow_nan=False)


def order(sort_by: str | None) -> str | None:
    """Return the ORDER BY for ``name``, ``-updated_at`` and so on. ``None`` for an unknown key."""
    column = (sort_by or "name").removeprefix("-")
    if column not in SORTABLE:
        return None
    direction = "DESC" if sort_by and sort_by.startswith("-") else "ASC"
    # Ids break ties, so pages neither repeat nor skip. They sort in the same direction, so that an index applies.
    return f" ORDER BY {column} COLLATE NOCASE {direction}, id {direction}"


@dataclass(frozen=True, slots=True)
class ServiceQuery:
    """Filter of a service listing. ``None`` or an empty value is no condition."""

    search: str | None = None
    is_active: bool | None = None
    classic_ids: tuple[str, ...] = ()
    tags: tuple[tuple[str, str | None], ...] = ()
    """Key and value. All must match; ``*`` is any value, ``None`` no value."""

    def where(self, workspace_id: str) -> tuple[str, list[str]]:
        """Return the WHERE clause and its values."""
        clauses, values = ["workspace_id = ?"], [workspace_id]
        if self.search is not None:
            clauses.append("instr(search_text, ?)")
            values.append(self.search.casefold())
        if self.is_active is not None:
            clauses.append(f"is_active = {int(self.is_active)}")
        if self.classic_ids:
            clauses.append(f"classic_id IN ({', '.join('?' * len(self.classic_ids))})")
            values += self.classic_ids
        for key, value in self.tags:
            # the search text includes tags, so this excludes most services without reading their JSON
            clauses.append("instr(search_text, ?)")
            values.append(f"{key}:{'' if value in (None, '*') else value}".casefold())
            condition, given = _TAG_VALUE.get(value, ("json_extract(value, '$.value') = ?", [value or ""]))
            clauses.append(
                "EXISTS (SELECT 1 FROM json_each(services.tags)"
                f" WHERE json_extract(value, '$.key') = ? AND {condition})"
            )
            values += [key, *given]
        return f" WHERE {' AND '.join(clauses)}", values


_TAG_VALUE: dict[str | None, tuple[str, list[str]]] = {
    "*": ("1", []),
    None: ("json_extract(value, '$.value') IS NULL", []),
}


def find_services(
    db: sqlite3.Connection,
    workspace_id: str,
    wanted: ServiceQuery,
    *,
    ordering: str,
    limit: int,
    offset: int,
) -> tuple[list[dict[str, Any]], int]:
    """Return one page of services and the number of all matches."""
    where, values = wanted.where(workspace_id)
    (total,) = db.execute(f"SELECT count(*) FROM services{where}", values).fetchone()
    # Sort only ids, so that a page far down a long list does not load every configuration.
    ids = f"SELECT id FROM services{where}{ordering} LIMIT ? OFFSET ?"
    rows = db.execute(f"{_SERVICES} WHERE id IN ({ids}){ordering}", [*values, limit, offset])
    return [_service(row) for row in rows], total


def find_service(db: sqlite3.Connection, workspace_id: str, service_id: str) -> dict[str, Any] | None:
    """Return one service by its UUID or its Classic id, or ``None``."""
    column = "classic_id" if len(service_id) == CLASSIC_ID_LENGTH else "id"
    row = db.execute(f"{_SERVICES} WHERE workspace_id = ? AND {column} = ?", (workspace_id, service_id)).fetchone()
    return _service(row) if row else None


def tag_keys(db: sqlite3.Connection, workspace_id: str) -> list[str]:
    """Return every key among the tags of all services, sorted."""
    # Each step finds the next key in the index, regardless of how many services share a key.
    rows = db.execute(
        "WITH RECURSIVE found (key) AS ("
        " SELECT min(key) FROM tag_keys WHERE workspace_id = :workspace UNION ALL"
        " SELECT (SELECT min(key) FROM tag_keys WHERE workspace_id = :workspace AND key > found.key)"
        " FROM found WHERE found.key IS NOT NULL"
        ") SELECT key FROM found WHERE key IS NOT NULL",
        {"workspace": workspace_id},
    )
    return [row["key"] for row in rows]


def save_service(db: sqlite3.Connection, service: Mapping[str, Any]) -> None:
    """Insert or replace a service. Raises :class:`sqlite3.IntegrityError` if an active one has its name."""
    row = {name: service[name] for name in SERVICE_COLUMNS}
    for name in JSON_COLUMNS:
        row[name] = None if row[name] is None else pack(row[name])
    row["search_text"] = _search_text(service)
    names = ", ".join(row)
    marks = ", ".join(f":{name}" for name in row)
    changed = ", ".join(f"{name} = excluded.{name}" for name in row if name != "id")
    db.execute(f"INSERT INTO services ({names}) VALUES ({marks}) ON CONFLICT (id) DO UPDATE SET {changed}", row)
    db.execute("DELETE FROM tag_keys WHERE service_id = ?", (service["id"],))
    db.executemany(
        "INSERT OR IGNORE INTO tag_keys VALUES (?, ?, ?)",
        [(service["workspace_id"], tag["key"], service["id"]) for tag in service["tags"]],
    )


def remove_service(db: sqlite3.Connection, service_id: str) -> None:
    """Delete a service. Only the history still has it."""
    db.execute("DELETE FROM services WHERE id = ?", (service_id,))


def _service(row: sqlite3.Row) -> dict[str, Any]:
    service = {name: row[name] for name in (*SERVICE_COLUMNS, *COMPUTED)}
    for name in JSON_COLUMNS:
        service[name] = None if row[name] is None else json.loads(row[name])
    for name in BOOLEAN_COLUMNS:
        service[name] = bool(row[name])
    return service | {"is_system": False}


def _search_text(service: Mapping[str, Any]) -> str:
    tags = [f"{tag['key']}:{tag.get('value') or ''}" for tag in service["tags"]]
    return "\n".join([service["name"], service["description"], *tags]).casefold()
