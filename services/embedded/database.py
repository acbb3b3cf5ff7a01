"""The workspace file: one SQLite database. It tolerates content that other programs wrote."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from base.files import close_to_others, make_private_file
from base.os_errors import os_error_text
from services.embedded.migrations import MIGRATIONS
from services.errors import StorageError


def now() -> str:
    """Return the present time in ISO 8601, UTC, always with microseconds, so that it sorts as text."""
    return stamp(datetime.now(UTC))


def stamp(moment: datetime) -> str:
    """Return ``moment`` (with a zone) in the same form."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


APPLICATION_ID = 0x5475726E
"""Marks the file as a Turnlab workspace in SQLite's header ("Turn")."""

BUSY_SECONDS = 10.0
"""How long to wait for another process that writes."""


class Database:
    """One connection behind a lock. Threads take turns; other processes wait for a write to finish."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    @classmethod
    def open(cls, file: Path, fill: Callable[[sqlite3.Connection], None]) -> Database:
        """Open ``file`` and migrate it. ``fill`` inserts the content of a new workspace.

        Creation, migration and filling are one transaction: an interrupted first start leaves nothing half done,
        and of two processes only one fills. On a full disk or a read-only volume, an up-to-date workspace can still
        be read. Raises :class:`StorageError`.
        """
        try:
            return cls._open(file, fill)
        except (StorageError, sqlite3.Error, OSError) as error:
            busy = isinstance(error, sqlite3.Error) and _locked(error)
            if not busy and (connection := _readable(file)) is not None:
                return cls(connection)
            if isinstance(error, StorageError):
                raise
            why = remedy(file, error) if isinstance(error, sqlite3.Error) else f"{file}: {os_error_text(error)}"
        raise StorageError(why)

    @classmethod
    def _open(cls, file: Path, fill: Callable[[sqlite3.Connection], None]) -> Database:
        _create_privately(file)
        connection: sqlite3.Connection | None = None
        try:
            connection = sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA foreign_keys = ON")
            database = cls(connection)
            with database.write():
                _migrate(connection, file, fill)
            close_to_others(file)
            # Readers then do not block a writer. If another process is busy, it or the next start switches: only
            # speed depends on it.
            with contextlib.suppress(sqlite3.OperationalError):
                connection.execute("PRAGMA journal_mode = WAL")
            # An acknowledged change must survive a power cut, not only a crash of this process.
            connection.execute("PRAGMA synchronous = FULL")
        except BaseException:
            if connection is not None:
                connection.close()
            raise
        return database

    def read(self) -> AbstractContextManager[sqlite3.Connection]:
        """Lock the connection for queries that belong together."""
        return self._transaction("BEGIN", "ROLLBACK")

    def write(self) -> AbstractContextManager[sqlite3.Connection]:
        """Lock the connection for one transaction. An exception rolls it back."""
        # IMMEDIATE: no other process can change what is read here before it is written back.
        return self._transaction("BEGIN IMMEDIATE", "COMMIT")

    @contextmanager
    def _transaction(self, begin: str, end: str) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute(begin)
            try:
                yield self._connection
                self._connection.execute(end)
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the file after the running transaction."""
        with self._lock:
            self._connection.close()


def _readable(file: Path) -> sqlite3.Connection | None:
    """Return a read-only connection if the workspace can be used that way, else ``None``."""
    try:
        if not file.stat().st_size:
            return None
        log = file.with_name(f"{file.name}-wal")
        logged = log.exists() and log.stat().st_size
    except OSError:
        return None
    # If nothing can be written beside the file, only a file without a writer can be read.
    for how in ("mode=ro", *([] if logged else ["immutable=1"])):
        connection: sqlite3.Connection | None = None
        try:
            connection = sqlite3.connect(
                f"{file.resolve().as_uri()}?{how}", isolation_level=None, check_same_thread=False, uri=True
            )
            connection.row_factory = sqlite3.Row
            owner, version = _marks(connection)
            connection.execute("SELECT count(*) FROM services").fetchone()
            if owner == APPLICATION_ID and version == len(MIGRATIONS):
                return connection
        except sqlite3.Error:
            pass
        if connection is not None:
            connection.close()
    return None


def _create_privately(file: Path) -> None:
    """Create folder and file for their owner only, because the file holds the access token."""
    try:
        # SQLite accepts an empty file as a new database and gives its side files the same permissions.
        make_private_file(file)
    except OSError as error:
        raise StorageError(
            f"the workspace cannot be kept in {file}: {os_error_text(error)}; "
            "set TURNLAB_DATA_DIR to a folder that can be written to"
        ) from None


def _marks(connection: sqlite3.Connection) -> tuple[int, int]:
    """Return whose database it is, and its version."""
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return owner, version


def _migrate(connection: sqlite3.Connection, file: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    owner, version = _marks(connection)
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if owner != APPLICATION_ID and (owner or version or tables):
        raise StorageError(
            f"{file} is a database of another program; move it away or set TURNLAB_DATA_DIR to another folder"
        )
    if version > len(MIGRATIONS):
        raise StorageError(f"{file} was written by a newer Turnlab; update Turnlab to open it")
    for migration in MIGRATIONS[version:]:
        for step in migration:
            if isinstance(step, str):
                connection.execute(step)
            else:
                step(connection)
    if version < len(MIGRATIONS):
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    if version == 0:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        fill(connection)


def _locked(error: sqlite3.Error) -> bool:
    return isinstance(error, sqlite3.OperationalError) and ("locked" in str(error) or "busy" in str(error))


def remedy(file: Path, error: sqlite3.Error) -> str:
    """Return, in one line, what is wrong with a workspace file and what to do."""
    if isinstance(error, sqlite3.OperationalError):
        hint = "close the other Turnlab" if _locked(error) else "check the folder's permissions and free space"
        return f"the workspace file {file} cannot be used: {error}; {hint}"
    return f"{file} is damaged or not a Turnlab workspace ({error}); move it away and start again"
