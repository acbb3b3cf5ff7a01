"""A workspace file of the first version is migrated without any loss."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from services.embedded import migrations
from services.embedded.access import access
from services.embedded.database import APPLICATION_ID, Database
from services.embedded.owners import AGENTS, CONTEXT_GRAPHS, VersionRange, find_versions
from services.embedded.seed import demo_id, seed
from services.errors import StorageError

TOKEN = "the-token-a-person-has-in-a-script"
SERVICE_COLUMNS = (
    "id, workspace_id, name, description, agent_id, context_graph_id, is_active, tool_capacity, channel_type,"
    " environment, safety_filters_enabled, keyterms, tags, version_sets, voice_config, search_text, created_at,"
    " updated_at"
)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file as Turnlab's first version made it: today's seed without later additions."""
    today = tmp_path / "today.db"
    Database.open(today, fill=seed).close()
    file = tmp_path / "workspace.db"
    with sqlite3.connect(file) as db:
        for statement in migrations.MIGRATIONS[0]:
            assert isinstance(statement, str)
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute("PRAGMA user_version = 1")
        db.execute("ATTACH ? AS today", (str(today),))
        db.execute("INSERT INTO workspaces SELECT id, name, ?, voice_settings FROM today.workspaces", (TOKEN,))
        for owner in ("agent", "context_graph"):
            columns = "id, workspace_id, name, description, created_at, updated_at"
            db.execute(f"INSERT INTO {owner}s SELECT {columns} FROM today.{owner}s")
            db.execute(f"INSERT INTO {owner}_versions SELECT owner_id, version FROM today.{owner}_versions")
        db.execute(f"INSERT INTO services SELECT {SERVICE_COLUMNS} FROM today.services")
        db.execute("UPDATE services SET name = 'Mine', description = 'my words' WHERE name = 'Intake Line'")
    db.close()
    return file


def _never(_: sqlite3.Connection) -> None:
    raise AssertionError("a file that is there already is not filled")


def test_everything_is_still_there(old: Path) -> None:
    before = sqlite3.connect(old).execute(f"SELECT {SERVICE_COLUMNS} FROM services ORDER BY id").fetchall()
    database = Database.open(old, fill=_never)
    with database.read() as db:
        after = [tuple(row) for row in db.execute(f"SELECT {SERVICE_COLUMNS} FROM services ORDER BY id")]
        (changed_by,) = {row[0] for row in db.execute("SELECT updated_by FROM services")}
    assert after == before
    assert (access(database).token, access(database).user_id) == (TOKEN, changed_by)
    assert access(database).organization_id == "riverside-family-clinic"
    assert access(database, "viewer").token not in ("", TOKEN)
    database.close()
    again = Database.open(old, fill=_never)
    assert access(again).token == TOKEN
    again.close()


def test_versions_get_what_they_hold_and_behaviors_their_names(old: Path) -> None:
    database = Database.open(old, fill=_never)
    with database.read() as db:
        graph = demo_id("context_graph", "Patient intake")
        every = VersionRange(descending=False)
        graphs, total = find_versions(db, CONTEXT_GRAPHS, graph, every, limit=20, offset=0)
        agents, _ = find_versions(db, AGENTS, demo_id("agent", "Noor, nurse line"), every, limit=20, offset=0)
        names = [row[0] for row in db.execute("SELECT name FROM behavior_sets WHERE name LIKE 'Mine:%' ORDER BY 1")]
    assert total == 12
    assert len(graphs[0]["states"]) < len(graphs[-1]["states"])
    assert len(agents[0]["behaviors"]) < len(agents[-1]["behaviors"]) == 5
    assert len(names) == 5
    database.close()


def test_a_migration_that_fails_leaves_the_file_as_it_was(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = old.read_bytes()
    broken = (migrations.MIGRATIONS[0], (*migrations.MIGRATIONS[1], "SELECT nothing FROM nowhere"))
    monkeypatch.setattr("services.embedded.database.MIGRATIONS", broken)
    with pytest.raises(StorageError):
        Database.open(old, fill=_never)
    assert old.read_bytes() == before
    monkeypatch.undo()
    Database.open(old, fill=_never).close()
