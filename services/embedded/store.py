"""Queries of the embedded platform: rows in, the contract's JSON objects out."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any, Literal

Owner = Literal["agents", "context_graphs"]
"""What has versions that a version set can pin; named as the tables and the paths are."""

AGENTS: Owner = "agents"
CONTEXT_GRAPHS: Owner = "context_graphs"

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
)
JSON_COLUMNS = ("keyterms", "tags", "version_sets", "voice_config")
BOOLEAN_COLUMNS = ("is_active", "safety_filters_enabled")
SORTABLE = ("name", "created_at", "updated_at")

_SERVICES = """
    SELECT *, (SELECT name FROM agents WHERE agents.id = agent_id) AS agent_name,
        (SELECT name FROM context_graphs WHERE context_graphs.id = context_graph_id) AS context_graph_name
    FROM services
"""
# One constant per table: no name from outside ever reaches a statement.
_OWNERS: dict[Owner, str] = {
    "agents": """
        SELECT *, (SELECT max(version) FROM agent_versions WHERE owner_id = agents.id) AS latest_version
        FROM agents
    """,
    "context_graphs": """
        SELECT *, (SELECT max(version) FROM context_graph_versions WHERE owner_id = context_graphs.id)
        AS latest_version FROM context_graphs
    """,
}
_VERSIONS: dict[Owner, str] = {
    "agents": "SELECT version FROM agent_versions WHERE owner_id = ?",
    "context_graphs": "SELECT version FROM context_graph_versions WHERE owner_id = ?",
}


def pack(value: object) -> str:
    """Return JSON for a column. Raises :class:`ValueError` for NaN and infinities."""
    return json.dumps(value, allow_nan=False)


def order(sort_by: str | None) -> str | None:
    """Return the ORDER BY for ``name``, ``-updated_at`` and so on; ``None`` if it cannot be sorted by that."""
    column = (sort_by or "name").removeprefix("-")
    if column not in SORTABLE:
        return None
    direction = "DESC" if sort_by and sort_by.startswith("-") else "ASC"
    # The id breaks ties, so that pages neither repeat nor skip.
    return f" ORDER BY {column} COLLATE NOCASE {direction}, id"


def find_services(
    db: sqlite3.Connection,
    workspace_id: str,
    *,
    search: str | None,
    is_active: bool | None,
    ordering: str,
    limit: int,
    offset: int,
) -> tuple[list[dict[str, Any]], int]:
    """Return one page of services and how many match in all."""
    where, values = " WHERE workspace_id = ?", [workspace_id]
    if search is not None:
        where, values = f"{where} AND instr(search_text, ?)", [*values, search.casefold()]
    if is_active is not None:
        where = f"{where} AND is_active = {int(is_active)}"
    (total,) = db.execute(f"SELECT count(*) FROM services{where}", values).fetchone()
    # Only ids are sorted, so that a page far down a long list need not drag every configuration along.
    ids = f"SELECT id FROM services{where}{ordering} LIMIT ? OFFSET ?"
    rows = db.execute(f"{_SERVICES} WHERE id IN ({ids}){ordering}", [*values, limit, offset])
    return [_service(row) for row in rows], total


def find_service(db: sqlite3.Connection, workspace_id: str, service_id: str) -> dict[str, Any] | None:
    """Return one service, or ``None``."""
    row = db.execute(f"{_SERVICES} WHERE workspace_id = ? AND id = ?", (workspace_id, service_id)).fetchone()
    return _service(row) if row else None


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


def find_owners(
    db: sqlite3.Connection,
    owner: Owner,
    workspace_id: str,
    *,
    search: str | None,
    ordering: str,
    limit: int,
    offset: int,
) -> tuple[list[dict[str, Any]], int]:
    """Return one page of agents or context graphs, and how many match in all."""
    rows = [
        dict(row)
        for row in db.execute(f"{_OWNERS[owner]} WHERE workspace_id = ?{ordering}", (workspace_id,))
        if search is None or search.casefold() in f"{row['name']}\n{row['description']}".casefold()
    ]
    return rows[offset : offset + limit], len(rows)


def find_owner(db: sqlite3.Connection, owner: Owner, workspace_id: str, owner_id: str) -> dict[str, Any] | None:
    """Return one agent or context graph with its ``latest_version``, or ``None``."""
    row = db.execute(f"{_OWNERS[owner]} WHERE workspace_id = ? AND id = ?", (workspace_id, owner_id)).fetchone()
    return dict(row) if row else None


def versions(db: sqlite3.Connection, owner: Owner, owner_id: str) -> list[int]:
    """Return every version number that exists, oldest first."""
    return sorted(row["version"] for row in db.execute(_VERSIONS[owner], (owner_id,)))


def _service(row: sqlite3.Row) -> dict[str, Any]:
    service = {name: row[name] for name in (*SERVICE_COLUMNS, "agent_name", "context_graph_name")}
    for name in JSON_COLUMNS:
        service[name] = None if row[name] is None else json.loads(row[name])
    for name in BOOLEAN_COLUMNS:
        service[name] = bool(row[name])
    return service | {"is_system": False}


def _search_text(service: Mapping[str, Any]) -> str:
    tags = [f"{tag['key']}:{tag.get('value') or ''}" for tag in service["tags"]]
    return "\n".join([service["name"], service["description"], *tags]).casefold()
