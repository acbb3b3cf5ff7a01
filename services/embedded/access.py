"""Permissions: API keys, their users, and the tokens from the Classic dialect's sign-in."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from services.embedded.database import Database, stamp

Role = Literal["editor", "viewer"]
"""An editor may do everything. A viewer's changes are answered 403."""

EDITOR: Role = "editor"


@dataclass(frozen=True, slots=True)
class Access:
    """What a client needs to reach the workspace in either dialect. ``repr`` omits the token."""

    workspace_id: str
    organization_id: str
    user_id: str
    api_key_id: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Principal:
    """The user of a request."""

    workspace_id: str
    organization_id: str
    user_id: str
    may_write: bool


_KEYS = """
    SELECT api_keys.id AS key_id, user_id, role, secret, workspaces.id AS workspace_id, organization_id
    FROM api_keys JOIN workspaces ON workspaces.id = workspace_id
"""


def access(database: Database, role: Role = EDITOR) -> Access:
    """Return what a client needs to reach the workspace as its owner or as its read-only viewer."""
    with database.read() as db:
        row = db.execute(f"{_KEYS} WHERE role = ?", (role,)).fetchone()
    return Access(row["workspace_id"], row["organization_id"], row["user_id"], row["key_id"], row["secret"])


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Checks keys and tokens."""

    editor_secret: str | None = field(default=None, repr=False)
    """The owner's key while this process runs, instead of the stored one."""
    token_lifetime: timedelta = timedelta(hours=1)

    def by_key(self, db: sqlite3.Connection, secret: str) -> Principal | None:
        """Return the user of an API key."""
        return next((_principal(row) for row in db.execute(_KEYS).fetchall() if self._fits(row, secret)), None)

    def by_token(self, db: sqlite3.Connection, token: str) -> Principal | None:
        """Return the user of a token. ``None`` if it has expired."""
        row = db.execute(
            f"{_KEYS} JOIN sessions ON key_id = api_keys.id WHERE token_hash = ? AND expires_at > ?",
            (_hash(token), stamp(datetime.now(UTC))),
        ).fetchone()
        return _principal(row) if row else None

    def sign_in(
        self, db: sqlite3.Connection, organization_id: str, key_id: str, secret: str, user_id: str
    ) -> tuple[str, datetime] | None:
        """Return a token and its expiry. ``None`` unless key, secret and user belong together."""
        row = db.execute(f"{_KEYS} WHERE api_keys.id = ?", (key_id,)).fetchone()
        known = row is not None and row["organization_id"] == organization_id and row["user_id"] == user_id
        if not known or not self._fits(row, secret):
            return None
        moment = datetime.now(UTC)
        token, expires = secrets.token_urlsafe(32), moment + self.token_lifetime
        db.execute("DELETE FROM sessions WHERE expires_at <= ?", (stamp(moment),))
        db.execute("INSERT INTO sessions VALUES (?, ?, ?)", (_hash(token), key_id, stamp(expires)))
        return token, expires

    def _fits(self, row: sqlite3.Row, secret: str) -> bool:
        expected = self.editor_secret if row["role"] == EDITOR and self.editor_secret else row["secret"]
        return secrets.compare_digest(secret.encode(), str(expected).encode())


def _principal(row: sqlite3.Row) -> Principal:
    return Principal(row["workspace_id"], row["organization_id"], row["user_id"], row["role"] == EDITOR)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
