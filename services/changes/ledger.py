"""The record of changes made from here. Each is kept in the data folder before it is sent, for undo.

One SQLite file, ``promotions.db``, that only its owner can read. A row is on the disk before anything is sent.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import JsonValue

from base.files import make_private_file
from base.folders import data_folder
from base.os_errors import os_error_text
from services.changes.change_record import Entry, KeptChange, KeptFields, KeptState, Scope, Subject
from services.errors import StorageError
from services.model import VersionSet
from services.reading import read_version_set

T = TypeVar("T")

FILE_NAME = "promotions.db"
LOCK_NAME = "promotions.lock"

KEPT_PER_SET = 100
"""The number of changes kept for one version set, or for one service's fields. The oldest go first."""

KEPT_PLANS = 200
"""The number of shown plans kept for later comparison."""

LOCK_SECONDS = 10.0
"""How long to wait while another Turnlab makes a change."""

_SCHEMA_VERSION = 2
_SCHEMA = """
CREATE TABLE changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    connection TEXT NOT NULL,
    workspace_id TEXT NOT NULL,
    service_id TEXT NOT NULL,
    service_name TEXT NOT NULL,
    at TEXT NOT NULL,
    who TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    source TEXT,
    undoes INTEGER,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    state TEXT NOT NULL
);
CREATE INDEX changes_of_a_service ON changes (service_id, target);
CREATE TABLE plans (
    fingerprint TEXT PRIMARY KEY,
    shown_at TEXT NOT NULL,
    said TEXT NOT NULL
);
"""
_KINDS = "ALTER TABLE changes ADD COLUMN kind TEXT NOT NULL DEFAULT 'version set'"


class Backups:
    """The record of changes made from here. The file is opened or created when it is first needed.

    Every method raises :class:`services.errors.StorageError` if the file cannot be used. Reading changes no file,
    so it works on a full disk or a read-only volume.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or data_folder()

    @property
    def file(self) -> Path:
        """The file of the changes."""
        return self._folder / FILE_NAME

    async def begin(self, entry: Entry, who: str) -> int:
        """Store what a plan will overwrite, on the disk, and return the change's number."""
        return await self._write(lambda db: _begin(db, entry, who))

    async def settle(self, change: int, state: KeptState, after: str | None = None) -> None:
        """Record a change's outcome. ``after`` is the stored content, if it certainly comes from this change."""
        stored = after if state == "done" else None
        await self._write(
            lambda db: db.execute(
                "UPDATE changes SET state = ?, after = coalesce(?, after) WHERE id = ?", (state, stored, change)
            )
        )

    async def entries(self, scope: Scope) -> tuple[KeptChange, ...]:
        """Return every kept change of a service's version sets, newest first."""
        return await self._read(lambda db: tuple(map(_version_set, _rows(db, scope, "version set"))), ())

    async def field_entries(self, scope: Scope, subject: Subject) -> tuple[KeptFields, ...]:
        """Return every kept change of a service's fields, or of its ``voice_config``, newest first."""
        return await self._read(lambda db: tuple(_fields(row, subject) for row in _rows(db, scope, subject)), ())

    async def note_shown(self, fingerprint: str, said: JsonValue) -> None:
        """Keep a plan as it was shown, to compare it with a later state."""
        await self._write(lambda db: _note_shown(db, fingerprint, said))

    async def shown(self, fingerprint: str) -> JsonValue:
        """Return the plan that was shown under a fingerprint. ``None`` if it is not kept."""
        return await self._read(lambda db: _shown(db, fingerprint), None)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Lock out changes by other Turnlabs with this data folder.

        The operating system releases the lock if the process dies.
        """
        lock = await asyncio.to_thread(self._lock)
        try:
            yield
        finally:
            lock.close()

    def _lock(self) -> sqlite3.Connection:
        file = self._folder / LOCK_NAME
        with _failures(file, "another Turnlab is making a change just now; try again in a moment"):
            connection = _connect(file)
            try:
                connection.execute("BEGIN IMMEDIATE")
            except BaseException:
                connection.close()
                raise
        return connection

    async def _read(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        def reading() -> T:
            with _failures(self.file, "close the other Turnlab"):
                if not self.file.exists() or not self.file.stat().st_size:
                    return otherwise
                connection = _connected(f"{self.file.resolve().as_uri()}?mode=ro", uri=True)
                try:
                    return work(connection) if _version(connection, self.file) else otherwise
                finally:
                    connection.close()

        return await asyncio.to_thread(reading)

    async def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        def writing() -> T:
            with _failures(self.file, "close the other Turnlab"):
                connection = _connect(self.file)
                try:
                    connection.execute("BEGIN IMMEDIATE")
                    _migrate(connection, self.file)
                    result = work(connection)
                    connection.execute("COMMIT")
                    return result
                finally:
                    connection.close()

        return await asyncio.to_thread(writing)


def _begin(db: sqlite3.Connection, entry: Entry, who: str) -> int:
    scope = entry.scope
    row = {
        "connection": scope.connection,
        "workspace_id": scope.workspace_id,
        "service_id": scope.service_id,
        "service_name": entry.service_name,
        "at": _now(),
        "who": who,
        "kind": entry.kind,
        "action": entry.action,
        "target": entry.target,
        "source": entry.source,
        "undoes": entry.undoes,
        "before": entry.before,
        "after": entry.after,
        "state": "begun",
    }
    marks = ", ".join(f":{name}" for name in row)
    cursor = db.execute(f"INSERT INTO changes ({', '.join(row)}) VALUES ({marks})", row)
    db.execute(
        "DELETE FROM changes WHERE id IN (SELECT id FROM changes WHERE connection = ? AND workspace_id = ?"
        " AND service_id = ? AND kind = ? AND target = ? ORDER BY id DESC LIMIT -1 OFFSET ?)",
        (scope.connection, scope.workspace_id, scope.service_id, entry.kind, entry.target, KEPT_PER_SET),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _rows(db: sqlite3.Connection, scope: Scope, kind: str) -> list[sqlite3.Row]:
    rows = db.execute(
        "SELECT * FROM changes WHERE connection = ? AND workspace_id = ? AND service_id = ? ORDER BY id DESC",
        (scope.connection, scope.workspace_id, scope.service_id),
    )
    # older Turnlabs wrote no kinds: they only knew version sets
    return [row for row in rows if (row["kind"] if "kind" in row.keys() else "version set") == kind]  # noqa: SIM118


def _version_set(row: sqlite3.Row) -> KeptChange:
    return KeptChange(
        **_known(row), target=row["target"], before=_read_set(row["before"]), after=_read_set(row["after"])
    )


def _fields(row: sqlite3.Row, subject: Subject) -> KeptFields:
    return KeptFields(
        **_known(row), subject=subject, before=json.loads(row["before"]), after=json.loads(row["after"])
    )


def _known(row: sqlite3.Row) -> dict[str, Any]:
    plain = {name: row[name] for name in ("id", "who", "action", "source", "undoes", "state")}
    return plain | {"at": datetime.fromisoformat(row["at"])}


def _note_shown(db: sqlite3.Connection, fingerprint: str, said: JsonValue) -> None:
    db.execute("INSERT OR REPLACE INTO plans VALUES (?, ?, ?)", (fingerprint, _now(), json.dumps(said)))
    db.execute(
        "DELETE FROM plans WHERE fingerprint IN"
        " (SELECT fingerprint FROM plans ORDER BY shown_at DESC LIMIT -1 OFFSET ?)",
        (KEPT_PLANS,),
    )


def _shown(db: sqlite3.Connection, fingerprint: str) -> JsonValue:
    row = db.execute("SELECT said FROM plans WHERE fingerprint = ?", (fingerprint,)).fetchone()
    said: JsonValue = None if row is None else json.loads(row["said"])
    return said


def _read_set(text: str) -> VersionSet | None:
    raw = json.loads(text)
    return None if raw is None else read_version_set(raw)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _connect(file: Path) -> sqlite3.Connection:
    """Open a file for writing; create it for its owner only. Errors are those of :func:`_failures`."""
    # SQLite accepts an empty file as a new database; services' data is private
    make_private_file(file)
    connection = _connected(str(file))
    # a backup must survive a power cut too
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _connected(address: str, *, uri: bool = False) -> sqlite3.Connection:
    connection = sqlite3.connect(
        address, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False, uri=uri
    )
    connection.row_factory = sqlite3.Row
    return connection


def _version(db: sqlite3.Connection, file: Path) -> int:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > _SCHEMA_VERSION:
        raise StorageError(f"{file} was written by a newer Turnlab; update Turnlab to use it")
    return int(version)


def _migrate(db: sqlite3.Connection, file: Path) -> None:
    """Create what is missing, in the open transaction. Raises :class:`StorageError` for a newer file."""
    version = _version(db, file)
    if version == 0:
        for statement in filter(str.strip, _SCHEMA.split(";")):
            db.execute(statement)
    if version < _SCHEMA_VERSION:
        db.execute(_KINDS)
        db.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")


@contextmanager
def _failures(file: Path, when_busy: str) -> Iterator[None]:
    """Turn SQLite errors of the file into :class:`StorageError`."""
    try:
        yield
    except OSError as error:
        reason = os_error_text(error)
        raise StorageError(
            f"changes cannot be recorded in {file}: {reason}; nothing was sent: "
            "set TURNLAB_DATA_DIR to a folder that can be written to"
        ) from None
    except sqlite3.OperationalError as error:
        busy = "locked" in str(error)
        hint = when_busy if busy else "check the folder's permissions and free space"
        raise StorageError(f"{file} cannot be used: {error}; {hint}") from None
    except sqlite3.Error as error:
        raise StorageError(
            f"{file}, which keeps what changes replaced, is damaged ({error}); move it away to start a new one"
        ) from None
