"""Agents and context graphs, whose versions a version set can pin. Both are stored the same way."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid4, uuid5

from services.embedded.database import now
from services.embedded.store import CLASSIC_ID_LENGTH, pack

Json = dict[str, Any]
Owner = Literal["agents", "context_graphs"]
"""The names of the tables."""

AGENTS: Owner = "agents"
CONTEXT_GRAPHS: Owner = "context_graphs"

KIND: dict[Owner, str] = {"agents": "agent", "context_graphs": "context_graph"}

_VERSIONS: dict[Owner, str] = {"agents": "agent_versions", "context_graphs": "context_graph_versions"}
_LATEST = "(SELECT max(version) FROM {versions} WHERE owner_id = {owner}.id) AS latest_version"
_STATE_COUNT = """
    (SELECT json_array_length(content, '$.states') FROM context_graph_versions
     WHERE owner_id = context_graphs.id ORDER BY version DESC LIMIT 1) AS state_count
"""
# One constant for each table: no name from outside reaches a statement.
_OWNERS: dict[Owner, str] = {
    "agents": f"SELECT *, {_LATEST.format(versions='agent_versions', owner='agents')} FROM agents",
    "context_graphs": (
        f"SELECT *, {_LATEST.format(versions='context_graph_versions', owner='context_graphs')}, {_STATE_COUNT}"
        " FROM context_graphs"
    ),
}


@dataclass(frozen=True, slots=True)
class OwnerFilter:
    """Filter of a listing of agents or context graphs. Deleted ones only appear on request."""

    search: str | None = None
    classic_ids: tuple[str, ...] = ()
    deleted: bool | None = False

    def lets_through(self, row: sqlite3.Row) -> bool:
        """Return whether a row matches the filter."""
        text = f"{row['name']}\n{row['description']}".casefold()
        return (
            (self.search is None or self.search.casefold() in text)
            and (not self.classic_ids or row["classic_id"] in self.classic_ids)
            and (self.deleted is None or (row["deleted_at"] is not None) == self.deleted)
        )


def find_owners(
    db: sqlite3.Connection,
    owner: Owner,
    workspace_id: str,
    wanted: OwnerFilter,
    *,
    ordering: str,
    limit: int,
    offset: int,
) -> tuple[list[Json], int]:
    """Return one page of agents or context graphs, and the number of all matches."""
    everyone = db.execute(f"{_OWNERS[owner]} WHERE workspace_id = ?{ordering}", (workspace_id,))
    rows = [dict(row) for row in everyone if wanted.lets_through(row)]
    return rows[offset : offset + limit], len(rows)


def find_owner(
    db: sqlite3.Connection, owner: Owner, workspace_id: str, owner_id: str, *, deleted: bool = False
) -> Json | None:
    """Return one agent or context graph by its UUID or Classic id. ``deleted`` includes deleted ones."""
    column = "classic_id" if len(owner_id) == CLASSIC_ID_LENGTH else "id"
    statement = f"{_OWNERS[owner]} WHERE workspace_id = ? AND {column} = ?"
    row = db.execute(statement, (workspace_id, owner_id)).fetchone()
    return dict(row) if row and (deleted or row["deleted_at"] is None) else None


def add_owner(db: sqlite3.Connection, owner: Owner, workspace_id: str, name: str, description: str) -> str:
    """Insert an agent or context graph and return its id.

    Raises :class:`sqlite3.IntegrityError` for a taken name.
    """
    owner_id, moment = str(uuid4()), now()
    db.execute(
        f"INSERT INTO {owner} (id, workspace_id, name, description, created_at, updated_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (owner_id, workspace_id, name, description, moment, moment),
    )
    return owner_id


def change_owner(db: sqlite3.Connection, owner: Owner, owner_id: str, name: str, description: str) -> None:
    """Change name and description. Raises :class:`sqlite3.IntegrityError` for a taken name."""
    db.execute(
        f"UPDATE {owner} SET name = ?, description = ?, updated_at = ? WHERE id = ?",
        (name, description, now(), owner_id),
    )


def remove_owner(db: sqlite3.Connection, owner: Owner, owner_id: str) -> None:
    """Mark an agent or context graph as deleted. Its versions stay: services may still run them."""
    db.execute(f"UPDATE {owner} SET deleted_at = ? WHERE id = ?", (now(), owner_id))


def versions(db: sqlite3.Connection, owner: Owner, owner_id: str) -> list[int]:
    """Return every existing version number, oldest first."""
    found = db.execute(f"SELECT version FROM {_VERSIONS[owner]} WHERE owner_id = ? ORDER BY version", (owner_id,))
    return [row["version"] for row in found]


@dataclass(frozen=True, slots=True)
class VersionRange:
    """Version filter of a listing. Both ends are included."""

    first: int = 0
    last: int = 2**53
    descending: bool = True


def find_versions(
    db: sqlite3.Connection, owner: Owner, owner_id: str, wanted: VersionRange, *, limit: int, offset: int
) -> tuple[list[Json], int]:
    """Return one page of versions with their content, and the number of all matches."""
    where = f"FROM {_VERSIONS[owner]} WHERE owner_id = ? AND version BETWEEN ? AND ?"
    values = (owner_id, wanted.first, wanted.last)
    (total,) = db.execute(f"SELECT count(*) {where}", values).fetchone()
    direction = "DESC" if wanted.descending else "ASC"
    rows = db.execute(f"SELECT * {where} ORDER BY version {direction} LIMIT ? OFFSET ?", (*values, limit, offset))
    return [_version(row) for row in rows], total


def add_version(db: sqlite3.Connection, owner: Owner, owner_id: str, content: Json, user_id: str) -> Json:
    """Append a version with the next number and return it. Raises :class:`ValueError` for NaN."""
    number, moment = max(versions(db, owner, owner_id), default=0) + 1, now()
    db.execute(
        f"INSERT INTO {_VERSIONS[owner]} (owner_id, version, content, created_at, created_by)"
        " VALUES (?, ?, ?, ?, ?)",
        (owner_id, number, pack(content), moment, user_id),
    )
    db.execute(f"UPDATE {owner} SET updated_at = ? WHERE id = ?", (moment, owner_id))
    (found,), _ = find_versions(db, owner, owner_id, VersionRange(number, number), limit=1, offset=0)
    return found


def _version(row: sqlite3.Row) -> Json:
    return {
        **json.loads(row["content"]),
        "id": str(uuid5(NAMESPACE_URL, f"turnlab:{row['owner_id']}/{row['version']}")),
        "version": row["version"],
        "created_at": row["created_at"],
        "updated_at": row["created_at"],
        "created_by": row["created_by"],
    }
