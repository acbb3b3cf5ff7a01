"""Promotions that are killed, lose an answer, are refused, or find no room for the backup."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import stamina

from services.changes import applying
from services.changes.change_record import Scope
from services.changes.errors import NoBackupError, UncertainError
from services.changes.requests import ChangedSinceError, Delete, Promote, Rollback, Upsert
from services.errors import (
    InvalidError,
    NotFoundError,
    RefusedError,
    ServiceError,
    StorageError,
    UnreachableError,
    UnsupportedError,
)
from services.model import VersionSet
from tests.services.promotion_workspace import INTAKE, Desk

KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from services.embedded import open_embedded
from services.changes.history import FieldsBack, version_set_history, way_back
from services.changes.change_record import Scope, holds
from services.changes.requests import Promote
from tests.services.promotion_workspace import Desk

async def main(workspace, backups, when):
    async with open_embedded(Path(workspace)) as client:
        desk = Desk(client, Path(backups))
        plan = await desk.plan(Promote("preview", "release"))
        write = client.upsert_version_set
        async def dying(*given):
            if when == "after":
                await write(*given)
            os.kill(os.getpid(), signal.SIGKILL)
        client.upsert_version_set = dying
        await desk.apply(plan)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("when", [pytest.param("before", marks=pytest.mark.slow), "after"])
async def test_killed_between_backup_and_the_end(desk: Desk, workspace: Path, tmp_path: Path, when: str) -> None:
    release, preview = await desk.stored("release"), await desk.stored("preview")
    arguments = [sys.executable, "-c", KILLED, str(workspace), str(tmp_path / "backups"), when]
    project = str(Path(__file__).parents[2])
    done = await asyncio.create_subprocess_exec(*arguments, env={**os.environ, "PYTHONPATH": project})
    assert await done.wait() == -signal.SIGKILL
    (entry,) = await desk.kept()
    assert (entry.state, entry.before, entry.after) == ("begun", release, preview)
    if when == "before":
        assert await desk.stored("release") == release
        with pytest.raises(NoBackupError):
            await desk.plan(Rollback("release"))
        await desk.do(Promote("preview", "release"))
        assert [one.state for one in await desk.kept()] == ["done", "not written"]
    else:
        assert await desk.stored("release") == preview
    assert (await desk.do(Rollback("release"))).stored == release


async def test_an_overwritten_interrupted_change_stays_unknown(desk: Desk, other: Desk) -> None:
    plan = await desk.plan(Promote("preview", "release"))
    entry = await desk.backups.begin(applying.entry_for(desk.client.label, plan), "dana")
    theirs = await other.change("release", agent_version_number=2)
    with pytest.raises(ChangedSinceError):
        await desk.plan(Rollback("release"))
    await desk.do(Promote("preview", "release"))
    assert [(one.id, one.state) for one in await desk.kept()][1] == (entry, "unknown")
    assert (await desk.kept())[0].before == theirs


async def _scope(desk: Desk) -> Any:
    return Scope.of(desk.client.label, await desk.client.get_service(INTAKE))


class Losing(httpx.AsyncBaseTransport):
    """Loses answers to writes: ``"answer"`` after the platform got the request, ``"request"`` before."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner
        self.lost = ""
        self.reads_too = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        writing = request.method in ("PUT", "DELETE")
        if self.lost == "answer" and writing:
            await (await self.inner.handle_async_request(request)).aread()
        if self.lost and (writing or self.reads_too):
            self.reads_too = self.reads_too or self.lost == "everything"
            raise httpx.ReadError("connection reset")
        return await self.inner.handle_async_request(request)


@pytest.fixture
def line(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Losing:
    """The connection between client and platform, without waits between tries."""
    http: httpx.AsyncClient = desk.client._transport._http  # type: ignore[attr-defined]
    line = Losing(http._transport)
    http._transport = line
    stamina.set_testing(True, attempts=1)
    return line


@pytest.fixture(autouse=True)
def _waiting_again() -> Any:
    yield
    stamina.set_testing(False)


async def test_a_lost_answer_is_resolved_by_reading(desk: Desk, line: Losing) -> None:
    plan = await desk.plan(Promote("preview", "release"))
    line.lost = "answer"
    assert (await desk.apply(plan)).stored == plan.after
    assert (await desk.kept())[0].state == "done"


async def test_a_lost_request_is_reported_and_can_be_retried(desk: Desk, line: Losing) -> None:
    plan = await desk.plan(Promote("preview", "release"))
    line.lost = "request"
    with pytest.raises(UnreachableError):
        await desk.apply(plan)
    line.lost = ""
    assert await desk.stored("release") == plan.before
    assert (await desk.apply(plan)).stored == plan.after
    assert [one.state for one in await desk.kept()] == ["done", "not written"]


async def test_an_unknown_outcome_is_reported(desk: Desk, line: Losing) -> None:
    plan = await desk.plan(Promote("preview", "release"))
    line.lost = "everything"
    with pytest.raises(UncertainError, match=r"may or may not have been written .* kept as change 1"):
        await desk.apply(plan)
    line.lost, line.reads_too = "", False
    assert [one.state for one in await desk.kept()] == ["begun"]


@pytest.mark.parametrize(
    ("request_", "error", "says"),
    [
        (
            Promote("preview", "edge"),
            RefusedError,
            "edge always points at the latest versions and cannot be written",
        ),
        (Upsert("edge", {"agent_version": 1}), RefusedError, "edge always points"),
        (Delete("edge"), RefusedError, "edge always points"),
        (Delete("release"), RefusedError, "release is what callers get and cannot be deleted"),
        (Promote("preview", "preview"), RefusedError, "to itself"),
        (Promote("preview", "a b"), RefusedError, "1 to 40 letters"),
        (Promote("preview", "x" * 41), RefusedError, "1 to 40 letters"),
        (Promote("preview", "release\n"), RefusedError, "1 to 40 letters"),
        (Promote("\x1b[31mnope", "release"), NotFoundError, "there are edge, release"),
        (Delete("nope"), NotFoundError, "no version set 'nope'"),
        (Rollback("test"), NoBackupError, "nothing to roll back"),
        (Rollback("test", to=9), NoBackupError, "no change 9 of test"),
        (Upsert("test", {"agent_version": 99}), InvalidError, "agent version 99 does not exist; .* is 7"),
        (Upsert("test", {"context_graph_version": 13}), InvalidError, "context graph version 13 .* is 12"),
        (Upsert("test", {"agent_version": "7"}), RefusedError, "must be a whole number"),
        (Upsert("test", {"agent_version": True}), RefusedError, "must be a whole number"),
        (Upsert("test", {"agent_version": 0}), RefusedError, "must be 1 or more"),
        (Upsert("test", {"agent_version": 1, "agent_version_number": 2}), RefusedError, "given twice"),
        (Upsert("test", {"agent_id": "another"}), RefusedError, "is not the service's"),
        (Upsert("test", {"llm_model_preferences": []}), RefusedError, "must be an object"),
        (Upsert("test", {"applied_behavior_ids": [3]}), RefusedError, "must be a list of ids"),
    ],
)
async def test_an_impossible_change_is_refused_and_nothing_is_written(
    desk: Desk, request_: Any, error: type[ServiceError], says: str
) -> None:
    before = await desk.client.list_version_sets(INTAKE)
    with pytest.raises(error, match=says):
        await desk.do(request_)
    assert await desk.client.list_version_sets(INTAKE) == before
    assert await desk.kept() == ()


async def test_the_platforms_refusal_of_a_version_is_reported(desk: Desk) -> None:
    plan = await desk.plan(Upsert("test", {"agent_version": 3}))
    wrong = replace(plan, after=VersionSet(agent_version_number=99))
    with pytest.raises(InvalidError, match="the newest of 'Mara, front desk' is 7"):
        await applying.write(desk.client, wrong)


async def test_without_a_place_for_the_backup_nothing_is_sent(desk: Desk, tmp_path: Path) -> None:
    plan = await desk.plan(Promote("preview", "release"))
    (tmp_path / "backups").write_text("in the way")
    with pytest.raises(StorageError, match="nothing was sent"):
        await desk.apply(plan)
    (tmp_path / "backups").unlink()
    (tmp_path / "backups").mkdir()
    desk.backups.file.write_bytes(b"no database at all" * 100)
    with pytest.raises(StorageError, match="is damaged"):
        await desk.apply(plan)
    assert await desk.stored("release") == plan.before


async def test_no_change_starts_without_a_writable_folder(desk: Desk) -> None:
    plan = await desk.plan(Promote("preview", "release"))
    desk.client.unsupported = {"upsert_version_set": "read-only: nothing is written"}  # type: ignore[misc]
    with pytest.raises(UnsupportedError, match="read-only"):
        await desk.apply(plan)
    assert await desk.kept() == ()


async def test_a_disk_that_fills_up_while_writing_makes_no_change_look_undone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: Any) -> None:
        raise StorageError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(desk.backups, "settle", full)
        applied = await desk.do(Promote("preview", "release"))
    assert applied.stored == await desk.stored("release") == applied.plan.after
    assert (await desk.do(Rollback("release"))).stored == applied.plan.before
