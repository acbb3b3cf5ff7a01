"""The changes made from here, each kept in the data folder before it is sent, so that there is a way back.

One SQLite file (``promotions.db``), its owner's only. A row is in it, on the disk, before anything is sent.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import JsonValue

from services.embedded import workspace_file
from services.model import VersionSet
from services.promotion.backup_file import connect, failures, migrate
from services.promotion.differences import canonical
from services.promotion.kept import Kept, Scope, State
from services.reading import read_version_set

if TYPE_CHECKING:
    from services.promotion.plan import Plan

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
        self._folder = folder or workspace_file().parent

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
