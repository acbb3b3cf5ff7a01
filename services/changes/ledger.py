"""The changes made from here, each kept in the data folder before it is sent, so that there is a way back.

One SQLite file (``promotions.db``), its owner's only. A row is in it, on the disk, before anything is sent.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from pydantic import JsonValue

from base.files import make_private_file
from base.folders import data_folder
from base.os_errors import os_error_text
from services.changes.differences import canonical, same
from services.errors import StorageError
from services.model import Service, VersionSet
from services.reading import read_version_set
from services.writing import write_version_set

if TYPE_CHECKING:
    from services.changes.plan import Plan

Action = Literal["promote", "upsert", "delete", "rollback"]
State = Literal["begun", "done", "not written", "unknown"]
"""``begun`` is under way, or broke off; ``unknown`` broke off with neither before nor after stored."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose version sets: one service, through one connection."""

    connection: str
    workspace_id: str
    service_id: str

    @classmethod
    def of(cls, connection: str, service: Service) -> Scope:
        """Return the scope of a service."""
        return cls(connection, service.workspace_id or "", service.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One change of a version set that was made from here. ``None`` for a set that was not there."""

    id: int
    at: datetime
    who: str
    action: Action
    target: str
    source: str | None = None
    """Where a promotion came from."""
    undoes: int | None = None
    """The id of the change a rollback takes back."""
    before: VersionSet | None
    after: VersionSet | None
    state: State


def holds(stored: VersionSet | None, sent: VersionSet | None) -> bool:
    """Tell whether what is stored is what was sent; a platform may add fields that were not."""
    if stored is None or sent is None:
        return stored is sent
    found = write_version_set(stored)
    return all(value in (None, found.get(name)) for name, value in write_version_set(sent).items()) and (
        stored.agent_version_number == sent.agent_version_number
        and stored.context_graph_version_number == sent.context_graph_version_number
    )


def settled(entry: Kept, now: VersionSet | None) -> State:
    """Return what became of a change that broke off, judged by what is stored now."""
    if entry.state != "begun":
        return entry.state
    if holds(now, entry.after):
        return "done"
    return "not written" if same(now, entry.before) else "unknown"


def stands(entry: Kept, now: VersionSet | None) -> bool:
    """Tell whether a change is what is stored now: nobody changed it since."""
    return same(now, entry.after) if entry.state == "done" else holds(now, entry.after)


def undoable(entries: Sequence[Kept], target: str, now: VersionSet | None) -> Kept | None:
    """Return the newest change of a version set that is not taken back yet; ``None`` if there is none.

    ``entries`` are newest first. A rollback is not itself taken back: going back goes further back.
    """
    undone: set[int] = set()
    for entry in entries:
        if entry.target != target or settled(entry, now) == "not written":
            continue
        if entry.undoes is not None:
            undone.add(entry.undoes)
        elif entry.id not in undone:
            return entry
    return None


T = TypeVar("T")

FILE_NAME = "promotions.db"
LOCK_NAME = "promotions.lock"

KEPT_PER_SET = 100
"""How many changes of one version set are kept; the oldest go first."""

KEPT_PLANS = 200
"""How many plans that were shown are kept, so that a later one can be compared with them."""


class Backups:
    """What was changed from here. Nothing is opened or made before it is needed.

    Every method raises :class:`services.errors.StorageError` if the file cannot be used.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or data_folder()

    @property
    def file(self) -> Path:
        """Where the changes are kept."""
        return self._folder / FILE_NAME

    async def begin(self, scope: Scope, plan: Plan, who: str) -> int:
        """Keep what a plan is about to overwrite, on the disk, and return the change's number."""
        return await self._do(lambda db: _begin(db, scope, plan, who))

    async def settle(self, change: int, state: State, after: VersionSet | None = None) -> None:
        """Keep what became of a change; ``after`` is what is stored now, where it is known to be this change's."""
        stored = canonical(after) if state == "done" else None
        await self._do(
            lambda db: db.execute(
                "UPDATE changes SET state = ?, after = coalesce(?, after) WHERE id = ?", (state, stored, change)
            )
        )

    async def entries(self, scope: Scope) -> tuple[Kept, ...]:
        """Return every kept change of a service's version sets, newest first."""
        if not self.file.exists():
            return ()
        return await self._do(lambda db: _entries(db, scope))

    async def note_shown(self, fingerprint: str, said: JsonValue) -> None:
        """Keep what was shown of a plan, so that it can be shown beside what is there later."""
        await self._do(lambda db: _note_shown(db, fingerprint, said))

    async def shown(self, fingerprint: str) -> JsonValue:
        """Return what was shown under a fingerprint; ``None`` if it is not kept."""
        return await self._do(lambda db: _shown(db, fingerprint)) if self.file.exists() else None

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Keep every other Turnlab with this data folder from writing version sets meanwhile.

        The operating system lets go of it if the process dies.
        """
        lock = await asyncio.to_thread(self._lock)
        try:
            yield
        finally:
            lock.close()

    def _lock(self) -> sqlite3.Connection:
        file = self._folder / LOCK_NAME
        with failures(file, "another Turnlab is writing a version set just now; try again in a moment"):
            connection = connect(file)
            try:
                connection.execute("BEGIN IMMEDIATE")
            except BaseException:
                connection.close()
                raise
        return connection

    async def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.to_thread(self._work, work)

    def _work(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with failures(self.file, "close the other Turnlab"):
            connection = connect(self.file)
            try:
                connection.execute("BEGIN IMMEDIATE")
                migrate(connection, self.file)
                result = work(connection)
                connection.execute("COMMIT")
                return result
            finally:
                connection.close()


def _begin(db: sqlite3.Connection, scope: Scope, plan: Plan, who: str) -> int:
    row = {
        "connection": scope.connection,
        "workspace_id": scope.workspace_id,
        "service_id": scope.service_id,
        "service_name": plan.service.name,
        "at": _now(),
        "who": who,
        "action": plan.action,
        "target": plan.target,
        "source": plan.source,
        "undoes": plan.undoes,
        "before": canonical(plan.before),
        "after": canonical(plan.after),
        "state": "begun",
    }
    marks = ", ".join(f":{name}" for name in row)
    cursor = db.execute(f"INSERT INTO changes ({', '.join(row)}) VALUES ({marks})", row)
    db.execute(
        "DELETE FROM changes WHERE id IN (SELECT id FROM changes WHERE connection = ? AND workspace_id = ?"
        " AND service_id = ? AND target = ? ORDER BY id DESC LIMIT -1 OFFSET ?)",
        (scope.connection, scope.workspace_id, scope.service_id, plan.target, KEPT_PER_SET),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def _entries(db: sqlite3.Connection, scope: Scope) -> tuple[Kept, ...]:
    rows = db.execute(
        "SELECT * FROM changes WHERE connection = ? AND workspace_id = ? AND service_id = ? ORDER BY id DESC",
        (scope.connection, scope.workspace_id, scope.service_id),
    )
    return tuple(
        Kept(
            id=row["id"],
            at=datetime.fromisoformat(row["at"]),
            who=row["who"],
            action=row["action"],
            target=row["target"],
            source=row["source"],
            undoes=row["undoes"],
            before=_read(row["before"]),
            after=_read(row["after"]),
            state=row["state"],
        )
        for row in rows
    )


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


def _read(text: str) -> VersionSet | None:
    raw = json.loads(text)
    return None if raw is None else read_version_set(raw)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


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
    # SQLite takes over an empty file as a new database
    make_private_file(file)
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
        reason = os_error_text(error)
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
