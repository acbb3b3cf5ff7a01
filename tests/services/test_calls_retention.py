"""How long pulled calls are kept, and what of them: their deletion is announced, and only what may stay stays."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.calls.embedded.sounds import CallSounds
from services.calls.folders import CallFolders
from services.calls.retention import (
    MARK,
    delete_left_audio,
    expired_deleted,
    keep_for,
    kept_days,
    kept_for,
    only_measures,
    purge,
    purge_expired,
    strip,
    without_words,
)
from services.errors import ServiceError
from services.platform import PlatformClient
from tests.services.serving import Served, served
from tests.services.test_calls_client import Clock
from tests.services.test_calls_pull import make, pull_calls

pytestmark = pytest.mark.usefixtures("no_waiting")


@pytest.fixture(scope="module")
def platform_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("kept") / "workspace.db", sounds=CallSounds(make, Clock())) as there:
        yield there


@pytest.fixture
def folders(tmp_path: Path) -> CallFolders:
    return CallFolders(tmp_path / "calls")


async def test_expired_calls_are_deleted(platform: PlatformClient, folders: CallFolders) -> None:
    result = await pull_calls(platform, folders, most=3)
    assert kept_days(folders) == 30
    old, bare, new = (one.record for one in result.calls)
    assert old is not None
    assert bare is not None
    assert new is not None
    folders.write(old.model_copy(update={"kept_since": datetime.now(UTC) - timedelta(days=31)}))
    begun = folders.make(old.workspace, "begun")
    (begun / "caller.download").write_bytes(b"x")
    stripped = strip(folders, bare)
    assert stripped.audio_state == "removed"
    assert (
        without_words(new.model_copy(update={"audio": None, "audio_state": "archived"})).audio_state == "archived"
    )
    assert purge_expired(folders).calls == 1
    left = {one.record.id: one for one in folders.find() if one.record}
    assert set(left) == {bare.id, new.id}
    assert left[bare.id].record == stripped
    assert [path.name for path in left[bare.id].path.iterdir()] == ["call.json"]
    text = (left[bare.id].path / "call.json").read_text()
    assert "clinic" not in text
    assert "+1555" not in text
    assert begun.exists()
    past = (datetime.now(UTC) - timedelta(days=40)).timestamp()
    for path in (begun / "caller.download", begun):
        os.utime(path, (past, past))
    setting = folders.home / "keep.json"
    for odd in ("{", '{"days": true}', '{"days": 0}'):
        setting.write_text(odd)
        assert kept_days(folders) is None
        (said,) = expired_deleted(folders)
        assert "keep.json" in said
        assert "none is deleted" in said
        assert begun.exists(), odd
    assert kept_for(folders) == "until you say for how many days"
    keep_for(folders, 10)
    assert kept_days(folders) == 10
    assert purge_expired(folders).calls == 0
    assert not begun.exists()
    everything = purge(folders, None)
    assert everything.calls == 2
    assert everything.bytes > 0
    assert not list(folders.find())


async def test_deletion_of_corrected_labels_is_announced_and_reported(
    platform: PlatformClient, folders: CallFolders
) -> None:
    calls = [one for one in (await pull_calls(platform, folders, most=3)).calls if one.record and one.folder]
    for one, days, provisional in zip(calls, (31, 28, 28), (False, False, True), strict=True):
        assert one.record is not None
        assert one.folder is not None
        folders.write(one.record.model_copy(update={"kept_since": datetime.now(UTC) - timedelta(days=days)}))
        (one.folder / "caller.json").write_text(json.dumps({"provisional": provisional}))
    gone, soon = expired_deleted(folders)
    assert gone.startswith("1 call (")
    assert "1 of them with labels that you corrected" in gone
    assert soon.startswith("1 call with labels that you corrected will be deleted within 3 days")


async def test_only_measurements_stay_however_a_pull_ends(platform: PlatformClient, folders: CallFolders) -> None:
    (one,) = (await pull_calls(platform, folders, most=1)).calls
    assert one.record is not None
    assert one.folder is not None
    # as a killed process leaves it: before anything is known of the call, and before and after it was measured
    begun = folders.make(one.record.workspace, "begun")
    (begun / "caller.download").write_bytes(b"x")
    for folder in (begun, one.folder):
        (folder / MARK).touch()
    with os.fdopen(os.open(one.folder / MARK, os.O_RDWR)) as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert purge_expired(folders).problems == ()
        assert one.folder.exists(), "a process is at work on it"
        with pytest.raises(ServiceError, match="another Turnlab"), only_measures(folders, one.folder):
            pass
    assert not begun.exists()
    (one.folder / "heard.json").write_text("{}")
    assert delete_left_audio(folders) == ()
    assert {path.name for path in one.folder.iterdir()} == {"call.json", "heard.json"}
    assert '"clinic' not in (one.folder / "call.json").read_text()
    again = folders.write(one.record)
    (again / "heard.json").unlink()
    with pytest.raises(RuntimeError), only_measures(folders, again):
        raise RuntimeError
    assert not again.exists(), "the next pull brings it"
