"""The SQLite file that keeps what version sets held: made privately, opened with care, its failures in words."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.errors import StorageError

LOCK_SECONDS = 10.0
"""How long to wait while another Turnlab writes a version set."""

_SCHEMA_VERSION = 1
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


def connect(file: Path) -> sqlite3.Connection:
    """Open a file, making it for its owner only. Raises what :func:`failures` puts into words."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # SQLite takes over an empty file as a new database; version sets are nobody else's business
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(file, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    # a backup must be there after a power cut too
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def migrate(db: sqlite3.Connection, file: Path) -> None:
    """Make the tables that are missing, in the open transaction. Raises :class:`StorageError` for a newer file."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > _SCHEMA_VERSION:
        raise StorageError(f"{file} was written by a newer Turnlab; update Turnlab to use it")
    if version == 0:
        for statement in filter(str.strip, _SCHEMA.split(";")):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")


@contextmanager
def failures(file: Path, when_busy: str) -> Iterator[None]:
    """Turn what goes wrong with the file into :class:`StorageError`."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise StorageError(
            f"backups of version sets cannot be kept in {file}: {reason}; nothing was sent: "
            "set TURNLAB_DATA_DIR to a folder that can be written to"
        ) from None
    except sqlite3.OperationalError as error:
        busy = "locked" in str(error)
        hint = when_busy if busy else "check the folder's permissions and free space"
        raise StorageError(f"{file} cannot be used: {error}; {hint}") from None
    except sqlite3.Error as error:
        raise StorageError(
            f"{file}, which keeps what version sets held, is damaged ({error}); move it away to start a new one"
        ) from None
