"""The migrations of the workspace file, one for each version. Only ever append."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Callable

from services.embedded.seed_versions import stored_content

Step = str | Callable[[sqlite3.Connection], None]
"""One SQL statement, or a function for what SQL alone cannot do."""


def _add_people(db: sqlite3.Connection) -> None:
    """Give a workspace of the first version its owner, its read-only viewer and a key for each."""
    for workspace_id, token in db.execute("SELECT id, token FROM workspaces").fetchall():
        owner = add_people(db, workspace_id, token)
        db.execute("UPDATE services SET created_by = ?, updated_by = ?", (owner, owner))


def add_people(db: sqlite3.Connection, workspace_id: str, token: str) -> str:
    """Insert owner and viewer with their keys, and return the owner's id. ``token`` is the owner's key."""
    owner = ""
    people = (("editor", "Workspace owner", token), ("viewer", "Read-only viewer", secrets.token_urlsafe(32)))
    for role, name, secret in people:
        user_id = secrets.token_hex(12)
        db.execute("INSERT INTO users (id, workspace_id, name) VALUES (?, ?, ?)", (user_id, workspace_id, name))
        db.execute(
            "INSERT INTO api_keys (id, workspace_id, user_id, role, secret) VALUES (?, ?, ?, ?, ?)",
            (secrets.token_hex(12), workspace_id, user_id, role, secret),
        )
        owner = owner or user_id
    return owner


def _add_version_contents(db: sqlite3.Connection) -> None:
    """Give versions a content. The first file format stored only their numbers."""
    for kind in ("agent", "context_graph"):
        versions = db.execute(
            f"SELECT owner_id, version, name, description, {kind}s.created_at FROM {kind}_versions"
            f" JOIN {kind}s ON {kind}s.id = owner_id"
        ).fetchall()
        for owner_id, version, name, description, created_at in versions:
            content = json.dumps(stored_content(kind, name, description, version))
            db.execute(
                f"UPDATE {kind}_versions SET content = ?, created_at = ? WHERE owner_id = ? AND version = ?",
                (content, created_at, owner_id, version),
            )


def add_behavior_sets(db: sqlite3.Connection) -> None:
    """Insert a behavior set for every id that a version set applies and that has none."""
    for service_id, workspace_id, name, version_sets, created_at in db.execute(
        "SELECT id, workspace_id, name, version_sets, created_at FROM services"
    ).fetchall():
        applied = [body.get("applied_behavior_ids") or [] for body in json.loads(version_sets).values()]
        for number, behavior_id in enumerate(dict.fromkeys(one for ids in applied for one in ids)):
            title = f"{name}: {BEHAVIORS[number % len(BEHAVIORS)]}"
            db.execute(
                "INSERT INTO behavior_sets (id, workspace_id, name, is_active, tags, created_at, updated_at)"
                " VALUES (?, ?, ?, 1, ?, ?, ?) ON CONFLICT DO NOTHING",
                (behavior_id, workspace_id, title, json.dumps({"service": service_id}), created_at, created_at),
            )


BEHAVIORS = (
    "Emergency response protocol",
    "Identity check before records",
    "Medical advice disclaimer",
    "Escalation on distress",
    "Medication side effects guide",
    "Callback promise",
    "Interpreter offer",
    "Exercise safety screening",
)


def _add_calls(db: sqlite3.Connection) -> None:
    """Add the calls of a new demo workspace to the demo's services."""
    from services.calls.embedded.demo import add_demo_calls  # it needs the history, which needs the database

    for (workspace_id,) in db.execute("SELECT id FROM workspaces").fetchall():
        add_demo_calls(db, workspace_id)


_CLASSIC_ID = "TEXT GENERATED ALWAYS AS (substr(replace(id, '-', ''), 1, 24)) VIRTUAL"
"""A Classic id is 24 hexadecimal digits: the first digits of the UUID."""

MIGRATIONS: tuple[tuple[Step, ...], ...] = (
    (
        """CREATE TABLE workspaces (
            id TEXT PRIMARY KEY, name TEXT NOT NULL, token TEXT NOT NULL, voice_settings TEXT NOT NULL
        ) STRICT""",
        """CREATE TABLE agents (
            id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL REFERENCES workspaces (id), name TEXT NOT NULL,
            description TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL
        ) STRICT""",
        """CREATE TABLE agent_versions (
            owner_id TEXT NOT NULL REFERENCES agents (id), version INTEGER NOT NULL,
            PRIMARY KEY (owner_id, version)
        ) STRICT""",
        """CREATE TABLE context_graphs (
            id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL REFERENCES workspaces (id), name TEXT NOT NULL,
            description TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL
        ) STRICT""",
        """CREATE TABLE context_graph_versions (
            owner_id TEXT NOT NULL REFERENCES context_graphs (id), version INTEGER NOT NULL,
            PRIMARY KEY (owner_id, version)
        ) STRICT""",
        # JSON columns hold what the contract keeps as a whole; search_text is the text that searches cover.
        """CREATE TABLE services (
            id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL REFERENCES workspaces (id), name TEXT NOT NULL,
            description TEXT NOT NULL, agent_id TEXT NOT NULL REFERENCES agents (id),
            context_graph_id TEXT NOT NULL REFERENCES context_graphs (id), is_active INTEGER NOT NULL,
            tool_capacity INTEGER NOT NULL, channel_type TEXT NOT NULL, environment TEXT NOT NULL,
            safety_filters_enabled INTEGER NOT NULL, keyterms TEXT NOT NULL, tags TEXT NOT NULL,
            version_sets TEXT NOT NULL, voice_config TEXT, search_text TEXT NOT NULL,
            created_at TEXT NOT NULL, updated_at TEXT NOT NULL
        ) STRICT""",
        "CREATE UNIQUE INDEX active_names ON services (workspace_id, name) WHERE is_active = 1",
    ),
    (
        # permissions; the token moves from the workspace to its owner's key
        "ALTER TABLE workspaces ADD COLUMN organization_id TEXT NOT NULL DEFAULT ''",
        "UPDATE workspaces SET organization_id = lower(replace(name, ' ', '-'))",
        """CREATE TABLE users (
            id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL REFERENCES workspaces (id), name TEXT NOT NULL
        ) STRICT""",
        """CREATE TABLE api_keys (
            id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL REFERENCES workspaces (id),
            user_id TEXT NOT NULL REFERENCES users (id), role TEXT NOT NULL CHECK (role IN ('editor', 'viewer')),
            secret TEXT NOT NULL
        ) STRICT""",
        """CREATE TABLE sessions (
            token_hash TEXT PRIMARY KEY, key_id TEXT NOT NULL REFERENCES api_keys (id), expires_at TEXT NOT NULL
        ) STRICT""",
        "ALTER TABLE services ADD COLUMN created_by TEXT",
        "ALTER TABLE services ADD COLUMN updated_by TEXT",
        _add_people,
        "ALTER TABLE workspaces DROP COLUMN token",
        # the Classic dialect's ids
        *(f"ALTER TABLE {table} ADD COLUMN classic_id {_CLASSIC_ID}" for table in ("agents", "context_graphs")),
        f"ALTER TABLE services ADD COLUMN classic_id {_CLASSIC_ID}",
        "CREATE UNIQUE INDEX service_classic_ids ON services (classic_id)",
        "CREATE UNIQUE INDEX agent_classic_ids ON agents (classic_id)",
        "CREATE UNIQUE INDEX context_graph_classic_ids ON context_graphs (classic_id)",
        # the sort keys of a listing, ties broken by id, so that a page comes straight from the index
        "CREATE INDEX services_by_name ON services (workspace_id, name COLLATE NOCASE, id)",
        "CREATE INDEX services_by_creation ON services (workspace_id, created_at COLLATE NOCASE, id)",
        "CREATE INDEX services_by_update ON services (workspace_id, updated_at COLLATE NOCASE, id)",
        # deleted agents and context graphs stay, because their versions do
        "ALTER TABLE agents ADD COLUMN deleted_at TEXT",
        "ALTER TABLE context_graphs ADD COLUMN deleted_at TEXT",
        "CREATE UNIQUE INDEX agent_names ON agents (workspace_id, name) WHERE deleted_at IS NULL",
        "CREATE UNIQUE INDEX context_graph_names ON context_graphs (workspace_id, name) WHERE deleted_at IS NULL",
        *(
            f"ALTER TABLE {table} ADD COLUMN {column}"
            for table in ("agent_versions", "context_graph_versions")
            for column in (
                "content TEXT NOT NULL DEFAULT '{}'",
                "created_at TEXT NOT NULL DEFAULT ''",
                "created_by TEXT",
            )
        ),
        _add_version_contents,
        f"""CREATE TABLE behavior_sets (
            id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL REFERENCES workspaces (id), name TEXT NOT NULL,
            is_active INTEGER NOT NULL, tags TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
            classic_id {_CLASSIC_ID}
        ) STRICT""",
        add_behavior_sets,
        """CREATE TABLE audit (
            id INTEGER PRIMARY KEY AUTOINCREMENT, workspace_id TEXT NOT NULL, at TEXT NOT NULL,
            user_id TEXT NOT NULL, request_id TEXT NOT NULL, action TEXT NOT NULL, kind TEXT NOT NULL,
            subject_id TEXT NOT NULL, subject_name TEXT NOT NULL, changes TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX audit_by_subject ON audit (workspace_id, subject_id, id)",
    ),
    (
        # all filter and sort keys of a listing, so that it reads this index and not ten thousand whole rows
        "DROP INDEX services_by_name",
        """CREATE INDEX services_by_name ON services (
            workspace_id, name COLLATE NOCASE, id, is_active, created_at, updated_at, search_text
        )""",
        # the tag keys of the filter, which every first page of the Classic dialect lists
        """CREATE TABLE tag_keys (
            workspace_id TEXT NOT NULL, key TEXT NOT NULL,
            service_id TEXT NOT NULL REFERENCES services (id) ON DELETE CASCADE,
            PRIMARY KEY (workspace_id, key, service_id)
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX tag_keys_by_service ON tag_keys (service_id)",
        """INSERT OR IGNORE INTO tag_keys SELECT workspace_id, json_extract(tag.value, '$.key'), services.id
            FROM services, json_each(services.tags) AS tag""",
    ),
    (
        # a call outlives its service; the columns are a listing's filters
        """CREATE TABLE calls (
            id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL REFERENCES workspaces (id), service_id TEXT NOT NULL,
            call_sid TEXT NOT NULL UNIQUE, started_at TEXT NOT NULL, duration_s REAL NOT NULL, status TEXT NOT NULL,
            direction TEXT NOT NULL, source TEXT NOT NULL, detail TEXT NOT NULL, recording TEXT
        ) STRICT""",
        "CREATE INDEX calls_by_service ON calls (workspace_id, service_id, started_at)",
        "CREATE INDEX calls_by_start ON calls (workspace_id, started_at)",
        _add_calls,
    ),
)
"""The migrations of the workspace file, one for each version. Only ever append."""
