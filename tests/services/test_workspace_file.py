"""The workspace file: first start, several processes, and foreign files in its place."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from services.embedded import open_embedded
from services.embedded.database import Database
from services.embedded.seed import access, seed
from services.errors import StorageError

OPEN_AND_REPORT = """
import sys, time
from pathlib import Path
from services.embedded.database import Database
from services.embedded.seed import access, seed
start = Path(sys.argv[2])
while not start.exists():
    time.sleep(0.001)
database = Database.open(Path(sys.argv[1]), fill=seed)
print(access(database).token)
"""

DIE_HALFWAY = """
import os, sys
from pathlib import Path
from services.embedded.database import Database
from services.embedded.seed import seed
def fill(connection):
    seed(connection)
    os._exit(9)
Database.open(Path(sys.argv[1]), fill=fill)
"""


def _count(file: Path) -> int:
    with sqlite3.connect(file) as connection:
        (count,) = connection.execute("SELECT count(*) FROM services").fetchone()
    connection.close()
    return int(count)


@pytest.mark.slow
def test_processes_that_start_together_seed_once(tmp_path: Path) -> None:
    file, start = tmp_path / "workspace.db", tmp_path / "start"
    command = [sys.executable, "-c", OPEN_AND_REPORT, str(file), str(start)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    start.touch()
    tokens = [process.communicate(timeout=60)[0].strip() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0, 0]
    assert len(set(tokens)) == 1
    assert tokens[0]
    assert _count(file) == 12


def test_threads_that_start_together_seed_once(tmp_path: Path) -> None:
    file, barrier, tokens = tmp_path / "workspace.db", threading.Barrier(8), []

    def start() -> None:
        barrier.wait()
        database = Database.open(file, fill=seed)
        tokens.append(access(database).token)
        database.close()

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tokens) == 8
    assert len(set(tokens)) == 1


def test_a_first_start_that_dies_halfway_leaves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "workspace.db"
    assert subprocess.run([sys.executable, "-c", DIE_HALFWAY, str(file)], check=False).returncode == 9
    database = Database.open(file, fill=seed)
    database.close()
    assert _count(file) == 12


def test_a_first_start_that_fails_leaves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "workspace.db"

    def fail(connection: sqlite3.Connection) -> None:
        seed(connection)
        raise RuntimeError("interrupted")

    with pytest.raises(RuntimeError):
        Database.open(file, fill=fail)
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    connection.close()


def test_folder_and_file_are_for_their_owner_only(workspace: Path) -> None:
    database = Database.open(workspace, fill=seed)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in workspace.parent.iterdir()}
    assert modes.pop("workspace.db") == 0o600
    assert set(modes.values()) <= {0o600}
    assert stat.S_IMODE(workspace.parent.stat().st_mode) == 0o700
    database.close()


def test_a_file_that_others_could_read_is_closed_to_them(workspace: Path) -> None:
    Database.open(workspace, fill=seed).close()
    workspace.chmod(0o644)
    Database.open(workspace, fill=seed).close()
    assert stat.S_IMODE(workspace.stat().st_mode) == 0o600


def test_the_token_is_private_while_it_is_written(workspace: Path) -> None:
    def fill(connection: sqlite3.Connection) -> None:
        seed(connection)
        assert {stat.S_IMODE(path.stat().st_mode) for path in workspace.parent.iterdir()} == {0o600}

    Database.open(workspace, fill=fill).close()


def test_the_journal_lets_readers_and_a_writer_work_together(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.embedded.database.BUSY_SECONDS", 0.05)
    database = Database.open(workspace, fill=seed)
    other = Database.open(workspace, fill=seed)
    with other.read() as reading:
        assert reading.execute("SELECT count(*) FROM services").fetchone()[0] == 12
        with database.write() as writing:
            writing.execute("UPDATE services SET description = 'changed'")
        changed = "SELECT count(*) FROM services WHERE description = 'changed'"
        assert reading.execute(changed).fetchone()[0] == 0
    other.close()
    database.close()


async def _open(file: Path) -> None:
    async with open_embedded(file):
        pass


def _refused(file: Path) -> str:
    with pytest.raises(StorageError) as caught:
        asyncio.run(_open(file))
    message = str(caught.value)
    assert "\n" not in message
    assert caught.value.__cause__ is None
    return message


@pytest.mark.parametrize("content", [b"not a database at all, but somebody's notes\n" * 200, b"short"])
def test_a_file_that_is_not_a_database_is_unchanged(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "workspace.db"
    file.write_bytes(content)
    file.chmod(0o644)
    assert "move it away" in _refused(file)
    assert file.read_bytes() == content
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_a_damaged_workspace_is_left_alone(workspace: Path) -> None:
    Database.open(workspace, fill=seed).close()
    damaged = bytearray(workspace.read_bytes())
    damaged[100:4096] = os.urandom(3996)
    workspace.write_bytes(damaged)
    assert str(workspace) in _refused(workspace)
    assert workspace.read_bytes() == bytes(damaged)


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "workspace.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE photos (id INTEGER)")
    connection.close()
    before = file.read_bytes()
    assert "another program" in _refused(file)
    assert file.read_bytes() == before


def test_a_workspace_of_a_newer_turnlab_is_left_alone(workspace: Path) -> None:
    Database.open(workspace, fill=seed).close()
    with sqlite3.connect(workspace) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert "newer Turnlab" in _refused(workspace)


def test_a_folder_that_cannot_be_created_gets_a_clear_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    message = _refused(tmp_path / "file" / "workspace.db")
    assert "TURNLAB_DATA_DIR" in message
    assert (tmp_path / "file").read_text() == "mine"
    (tmp_path / "folder").mkdir()
    assert "directory" in _refused(tmp_path / "folder")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_gets_a_clear_message(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "permission denied" in _refused(tmp_path / "workspace.db")


def test_a_locked_workspace_names_the_other_turnlab(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.embedded.database.BUSY_SECONDS", 0.05)
    database = Database.open(workspace, fill=seed)
    with database.write():
        assert "close the other Turnlab" in _refused(workspace)
    database.close()


async def test_a_damaged_page_is_reported_and_the_file_unchanged(tmp_path: Path) -> None:
    file = tmp_path / "workspace.db"
    async with open_embedded(file):
        pass
    damaged = bytearray(file.read_bytes())
    damaged[4096:40_960] = bytes(range(256)) * 144
    file.write_bytes(damaged)
    with pytest.raises(StorageError, match="move it away and start again"):
        async with open_embedded(file) as client:
            await client.list_services()
    assert file.read_bytes() == bytes(damaged)
