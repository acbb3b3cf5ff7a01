"""Calls are pulled over a socket into their folder: complete, private, and independent of each other."""

from __future__ import annotations

import fcntl
import json
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import JsonValue

from services.calls.client import CallFilter
from services.calls.embedded.sounds import LINK_S, CallSounds
from services.calls.folders import CallFolders
from services.calls.pulling import AT_ONCE, Pull, PullProgress, pull
from services.calls.settings_then import SettingsThen
from services.calls.wanted import PullRequest, first_day
from services.changes.ledger import Backups
from services.embedded.seed import demo_id
from services.platform import PlatformClient
from tests.full_disk import most_bytes_of_a_file
from tests.services.faulty_proxy import Exchange, Fault, FaultyProxy, answer, reset_in_body
from tests.services.serving import Served, served
from tests.services.test_calls_client import Clock

pytestmark = pytest.mark.usefixtures("no_waiting")


def make(audio: Mapping[str, Any], duration_ms: int) -> tuple[bytes, bytes]:
    """Make recordings that are quick to send, and differ between calls."""
    word = f"{audio['recording']} {duration_ms} ".encode()
    return word * 400, word[::-1] * 800


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def platform_server(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("pulled") / "workspace.db", sounds=CallSounds(make, clock)) as there:
        yield there


@pytest.fixture
def folders(tmp_path: Path) -> CallFolders:
    return CallFolders(tmp_path / "calls")


async def pull_calls(
    platform: PlatformClient, folders: CallFolders, name: str = "Intake Line", **wanted: Any
) -> Pull:
    """Pull a service's calls of two weeks, or those that are ``wanted``."""
    service = await platform.get_service(demo_id("service", name))
    request = PullRequest(
        service=service, workspace=service.workspace_id or "", since=wanted.pop("since", first_day(14)), **wanted
    )
    settings = await SettingsThen.of(platform, service, Backups(folders.home.parent))
    return await pull(platform.calls, request, folders, settings)


async def test_pulled_calls_are_complete_and_private(platform: PlatformClient, folders: CallFolders) -> None:
    told: list[PullProgress] = []
    service = await platform.get_service(demo_id("service", "Intake Line"))
    request = PullRequest(service=service, workspace=service.workspace_id or "", since=first_day(14))
    result = await pull(platform.calls, request, folders, SettingsThen({}), progress=told.append)
    assert {call.state for call in result.calls} == {"pulled"}
    assert len(result.calls) == 12
    assert not result.more
    starts = [call.started_at for call in result.calls]
    assert starts == sorted(starts, key=str, reverse=True)
    assert (told[0].of, told[-1].calls, told[-1].of) == (None, 12, 12)
    sizes = [path.stat().st_size for path in folders.home.rglob("*.*") if path.suffix in (".ulaw", ".wav", ".pcm")]
    assert told[-1].bytes == sum(sizes)
    for path in (folders.home, *folders.home.rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
    kinds = {(one.record.audio.caller.encoding, one.record.audio.agent.encoding) for one in result.calls}  # type: ignore[union-attr]
    assert kinds >= {("container", "container"), ("mulaw", "container"), ("mulaw", "pcm16")}
    for one in folders.find():
        assert one.record is not None
        assert one.record.made_by_turnlab
        assert one.record.audio is not None
        assert all((one.path / file.file).is_file() for file in one.record.audio.files())
        assert {turn.speaker for turn in one.record.turns} == {"caller", "agent"}
    again = await pull_calls(platform, folders)
    assert {call.state for call in again.calls} == {"here"}


async def test_a_calls_log_is_stored(platform: PlatformClient, folders: CallFolders) -> None:
    result = await pull_calls(platform, folders, simulated=True)
    assert sum(one.record.simulated for one in result.calls if one.record) == 1
    booking = next(one.record for one in result.calls if one.record and any(t.tools for t in one.record.turns))
    answers = [turn for turn in booking.turns if turn.kind == "response"]
    with_tool = next(turn for turn in answers if turn.tools)
    assert with_tool.tools[0].name == "find_times"
    names = {"navigation_ms", "render_ms", "voice_first_audio_ms", "response_ms", "end_of_turn_ms"}
    assert all(names <= set(turn.reported) for turn in answers)
    assert with_tool.reported["tools_ms"] > 500
    # the platform's time is what its own clock shows from the caller's last word
    for turn in answers:
        said = max(
            one.to_s or 0
            for one in booking.turns
            if one.speaker == "caller" and (one.to_s or 0) < (turn.from_s or 0)
        )
        assert turn.from_s is not None
        assert abs((turn.from_s - said) * 1000 - turn.reported["response_ms"]) < 150


async def test_a_pulled_call_has_the_settings_of_its_day(
    platform_server: Served, http: httpx.AsyncClient, folders: CallFolders
) -> None:
    known = platform_server.access
    telling = PlatformClient(http, workspace_id=known.workspace_id, token=known.token, tells_history=True)
    of_today: tuple[dict[str, JsonValue], ...] = (
        {"filler_style": "silent", "max_buffer_delay_ms": 990},
        {"filler_style": None},
    )
    for today in of_today:
        await telling.update_voice_config(demo_id("service", "Intake Line"), today)  # sent as its default
    result = await pull_calls(telling, folders)
    records = [one.record for one in reversed(result.calls) if one.record]
    assert {record.voice_config_from for record in records} == {"changes"}
    short = [(record.voice_config or {})["barge_in_min_speech_s"] for record in records]
    assert short == [0.3] * short.count(0.3) + [0.8] * short.count(0.8)
    assert all((record.voice_config or {})["max_buffer_delay_ms"] != 990 for record in records), "today's"
    was = records[0].model_copy(update={"voice_config": {}, "voice_config_from": "today", "turn_policy": None})
    checked = folders.write(was) / "checked.json"
    checked.write_text("{}")
    assert {one.state for one in (await pull_calls(telling, folders)).calls} == {"here"}
    assert folders.read(folders.folder(was.workspace or "", was.id)).voice_config == records[0].voice_config
    assert not checked.exists(), "it was simulated with other settings"
    untouched = demo_id("service", "Meet & Greet")
    assert not (await telling.get_service(untouched)).voice_config.set_values()
    service = await telling.update_voice_config(untouched, {"max_buffer_delay_ms": 990})
    whole = await SettingsThen.of(telling, service, Backups(folders.home.parent))
    assert whole.at(datetime(2026, 11, 20, tzinfo=UTC)) == ({}, "changes"), "its first change is one of all fields"
    assert 4 < short.count(0.3) < 8
    assert (records[0].voice_config or {})["eager_eot_threshold"] == 0.8
    assert "eager_eot_threshold" not in (records[-1].voice_config or {})
    extra = records[0].model_extra or {}
    assert extra["voice_judge"]["overall"] > 5
    assert extra["inherited_voice_config"] == {}
    # the platform's own reading of those settings, for the calls that have them
    assert extra["turn_policy"]["stt_eot_threshold"] == 0.42
    assert (records[-1].model_extra or {})["turn_policy"]["stt_eot_threshold"] is None


@pytest.mark.slow
async def test_a_platform_without_turn_policies_is_asked_once_and_is_fine(
    platform: PlatformClient, folders: CallFolders, proxy: FaultyProxy
) -> None:
    asked = []

    async def without(exchange: Exchange) -> bytes | None:
        if b"/simulations/" not in exchange.head.split(b"\r\n")[0]:
            return await exchange.forward()
        asked.append(exchange)
        return await answer("405 Method Not Allowed", {"detail": "Method Not Allowed"})(exchange)

    proxy.faults = [without] * 500
    result = await pull_calls(platform, folders)
    assert {one.state for one in result.calls} == {"pulled"}
    assert len(asked) == 1
    assert all((one.record.model_extra or {})["turn_policy"] is None for one in result.calls if one.record)


async def test_an_archived_call_says_when_and_comes_with_a_later_pull(
    platform: PlatformClient, folders: CallFolders, platform_server: Served
) -> None:
    name = "Prescription Refill"
    first = await pull_calls(platform, folders, name)
    (waiting,) = [one for one in first.calls if one.state == "archived"]
    assert "expected by" in waiting.notes[0]
    assert waiting.record is not None
    assert waiting.record.restore_at is not None
    assert first.count("pulled") == 11
    with platform_server.database.write() as db:
        _restored(db)
    # of any age: this pull asks only for today's calls
    second = await pull_calls(platform, folders, name, since=datetime.now(UTC).date())
    assert [(one.id, one.state) for one in second.calls] == [(waiting.id, "pulled")]


async def test_a_call_under_way_is_left_for_a_later_pull(
    platform: PlatformClient, folders: CallFolders, platform_server: Served
) -> None:
    (newest,) = (await pull_calls(platform, CallFolders(folders.home / "before"), most=1)).calls
    for status, first in (("in-progress", False), ("completed", True)):
        with platform_server.database.write() as db:
            change = "UPDATE calls SET detail = json_set(detail, '$.status', ?) WHERE id = ?"
            db.execute(change, (status, newest.id))
        (pulled,) = (await pull_calls(platform, folders, most=1)).calls
        assert (pulled.id == newest.id) is first


def _restored(db: sqlite3.Connection) -> None:
    row = db.execute("SELECT id, recording FROM calls WHERE recording LIKE '%restore_at%'").fetchone()
    past = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    db.execute(
        "UPDATE calls SET recording = ? WHERE id = ?",
        (json.dumps(json.loads(row[1]) | {"restore_at": past}), row[0]),
    )


async def test_no_recording_and_an_operator(platform: PlatformClient, folders: CallFolders) -> None:
    hours = await pull_calls(platform, folders, "After Hours")
    (bare,) = [one for one in hours.calls if one.state == "unrecorded"]
    assert bare.notes == ("it was not recorded",)
    assert bare.record is not None
    assert (bare.record.audio, bare.record.audio_state) == (None, "none")
    triage = await pull_calls(platform, folders, "Nurse Triage")
    (record,) = [one.record for one in triage.calls if one.record and one.record.operator]
    ((start_s, end_s),) = record.operator
    assert record.duration_s is not None
    assert 15 < end_s - start_s < record.duration_s
    assert all(start_s <= (t.from_s or 0) <= end_s for t in record.turns if t.speaker == "operator")
    assert record.ended_by == "warm_transfer_completed"


async def test_one_bad_call_does_not_affect_others(
    platform: PlatformClient, folders: CallFolders, proxy: FaultyProxy
) -> None:
    service = await platform.get_service(demo_id("service", "Intake Line"))
    listed = (await platform.calls.list(CallFilter(service_id=service.id))).items
    gone, odd, broken, untold, half = (listed[n] for n in (0, 3, 5, 7, 8))
    faults: dict[str, Fault] = {
        f"/calls/{gone.id} ": answer("404 Not Found", {"detail": "Call not found"}),
        f"/calls/{odd.id} ": answer("200 OK", {"id": odd.id, "turns": 5, "has_recording": True}),
        f"/recordings/{broken.call_sid}/urls": answer("500 Internal Server Error", {}),
        f"/recordings/{untold.call_sid}/metadata": answer("503 Service Unavailable", {}),
        f"/recordings/{half.call_sid}/download/outbound": answer("404 Not Found", {}),
    }

    async def spoil(exchange: Exchange) -> bytes | None:
        line = exchange.head.split(b"\r\n")[0].decode()
        fault = next((one for path, one in faults.items() if path in line), None)
        return await (fault(exchange) if fault else exchange.forward())

    proxy.faults = [spoil] * 1000
    result = await pull_calls(platform, folders)
    by_id = {call.id: call for call in result.calls}
    assert [by_id[one.id].state for one in (gone, odd, broken)] == ["failed", "pulled", "failed"]
    assert "not found" in by_id[gone.id].notes[0]
    assert "status 500" in by_id[broken.id].notes[0]
    assert (by_id[untold.id].state, by_id[half.id].state) == ("pulled", "pulled")
    assert "formats" in by_id[untold.id].notes[0]
    assert by_id[half.id].notes == ("the agent's side of the recording is missing",)
    record = by_id[half.id].record
    assert record is not None
    assert record.audio is not None
    assert (record.audio.caller is not None, record.audio.agent) == (True, None)
    assert result.count("pulled") == 10
    assert result.stopped is None
    assert not folders.folder(service.workspace_id or "", gone.id).exists()


async def test_an_interrupted_download_resumes(
    platform: PlatformClient, folders: CallFolders, proxy: FaultyProxy
) -> None:
    ranges: list[bytes] = []

    async def cut(exchange: Exchange) -> bytes | None:
        head = exchange.head.lower()
        if b"/download/" not in head:
            return await exchange.forward()
        ranges.append(head)
        # all downloads of the first pull break until it gives up
        return await reset_in_body(0.1)(exchange) if len(ranges) == 1 else None

    proxy.faults = [cut] * 40
    first = await pull_calls(platform, folders, most=1)
    assert [call.state for call in first.calls] == ["failed"]
    assert first.more
    (partial,) = folders.home.rglob("*.download")
    size = partial.stat().st_size
    assert size > 0
    ranges.clear()

    async def watched(exchange: Exchange) -> bytes | None:
        if b"/download/" in exchange.head:
            ranges.append(exchange.head.lower())
        return await exchange.forward()

    proxy.faults = [watched] * 40
    second = await pull_calls(platform, folders, most=1)
    assert [call.state for call in second.calls] == ["pulled"]
    assert b"range: bytes=%d-\r\n" % size in ranges[0]
    record = second.calls[0].record
    assert record is not None
    assert record.audio is not None
    assert record.audio.caller is not None
    found = (second.calls[0].folder or Path()).joinpath(record.audio.caller.file).read_bytes()
    whole, _ = make({"recording": "fast-talker"}, round(1000 * (record.duration_s or 0)))
    assert found.endswith(whole)
    assert len(found) - len(whole) in (0, 58)


async def test_links_that_expire_on_the_way_are_renewed(
    platform: PlatformClient, folders: CallFolders, proxy: FaultyProxy, clock: Clock
) -> None:
    seen = 0

    async def late(exchange: Exchange) -> bytes | None:
        nonlocal seen
        if b"/download/" in exchange.head.split(b"\r\n")[0]:
            seen += 1
            if seen in (1, 4):
                clock.ahead_s += LINK_S + 1
        return await exchange.forward()

    proxy.faults = [late] * 100
    try:
        result = await pull_calls(platform, folders, most=3)
    finally:
        clock.ahead_s = 0.0
    assert [call.state for call in result.calls] == ["pulled"] * 3
    assert proxy.count("GET /v1") > 10


async def test_a_full_disk_ends_the_pull_and_the_next_one_goes_on(
    platform: PlatformClient, folders: CallFolders
) -> None:
    with most_bytes_of_a_file(10_000):
        result = await pull_calls(platform, folders)
    assert result.stopped is not None
    assert "free some space and pull again" in result.stopped
    assert result.count("pulled") == 0
    assert not list(folders.find())
    after = await pull_calls(platform, folders)
    assert after.stopped is None
    assert after.count("pulled") == 12


async def test_no_more_than_four_at_once(
    platform: PlatformClient, folders: CallFolders, proxy: FaultyProxy
) -> None:
    at_once = most = 0

    async def counting(exchange: Exchange) -> bytes | None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        found = await exchange.forward()
        at_once -= 1
        return found

    proxy.faults = [counting] * 500
    await pull_calls(platform, folders)
    assert 1 < most <= AT_ONCE


async def test_a_locked_or_blocked_call_does_not_stop_others(
    platform: PlatformClient, folders: CallFolders
) -> None:
    first, second, _ = (await pull_calls(platform, folders, most=3)).calls
    assert first.folder is not None
    assert second.folder is not None
    (first.folder / "call.json").unlink()
    folders.remove(second.folder)
    second.folder.write_text("a file where the folder was")
    with (first.folder / "caller.download").open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        result = await pull_calls(platform, folders, most=3)
    assert result.stopped is None
    assert [one.state for one in result.calls] == ["failed", "failed", "here"]
    assert "is being pulled by another Turnlab" in result.calls[0].notes[0]
    assert "move it out of the way" in result.calls[1].notes[0]
