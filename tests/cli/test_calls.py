"""``turnlab calls`` on the demo workspace: pulled, listed, shown and deleted, with every number masked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Turnlab, turnlab_in
from tests.cli.test_schemas import check
from tests.full_disk import most_bytes_of_a_file


def test_calls_are_pulled_listed_shown_and_deleted(tmp_path: Path, analyses: Path) -> None:
    home, desk = tmp_path, turnlab_in(tmp_path, analyses)
    check("calls_pull", desk("calls", "pull", "After Hours", "--limit", "1", "--json").json())
    done = desk("calls", "pull", "After Hours", "--limit", "5")
    assert done.code == 0, done.err
    assert "After Hours: 4 pulled, 1 here already." in done.out
    assert "There are more calls: raise --limit." in done.out
    assert "they involve no patient" in done.out
    assert "Kept for 30 days in" in done.out
    _are_listed_and_shown_masked(desk, home)
    _are_named_without_their_words(desk, home)
    _are_deleted_after_their_days(desk, home)


def _are_listed_and_shown_masked(desk: Turnlab, home: Path) -> None:
    listed = desk("calls", "list", "after hours")
    assert listed.code == 0
    assert listed.out.count("+•••••••••") == 5
    assert "+1555" not in listed.out
    assert desk("calls", "list", "--show-numbers").out.count("+1555010") == 5
    assert desk("calls", "list", "Nurse Triage").out.startswith("No stored call matches")
    assert desk("calls", "list", "--until", "2001-01-01").out.startswith("No stored call matches")
    calls = desk("calls", "list", "--limit", "3", "--json").json()
    check("calls_list", calls)
    assert (len(calls["calls"]), calls["complete"]) == (3, False)
    first = calls["calls"][0]
    shown = desk("calls", "show", first["id"][:8])
    assert "caller: " in shown.out
    assert "[platform says " in shown.out
    assert "from the record of changes" in shown.out
    assert "+1555" not in shown.out
    assert "+1555" not in desk("calls", "show", first["id"], "--json").out
    whole = desk("calls", "show", first["id"], "--json", "--show-numbers").json()
    check("calls_show", whole)
    assert whole["call"]["phone_number"].startswith("+1555")
    assert Path(whole["folder"]).is_relative_to(home / "data" / "calls")
    assert "no call 'zz'" in desk("calls", "show", "zz").one_line(2)


def _are_named_without_their_words(desk: Turnlab, home: Path) -> None:
    folder = next((home / "data" / "calls").glob("*/*/call.json"))
    before = folder.read_bytes()
    folder.write_text('{"schema": "turnlab.call_record/1", "id": 5, "turns": "I am Jane at +15550100142"}')
    done = desk("calls", "list", "--json")
    folder.write_bytes(before)
    assert len(done.json()["calls"]) == 4
    assert str(folder) in done.err
    assert "Jane" not in done.err
    assert "0142" not in done.err


@pytest.mark.slow
def test_without_audio_nothing_of_the_patient_stays(turnlab: Turnlab, tmp_path: Path) -> None:
    data = {"TURNLAB_DATA_DIR": str(tmp_path)}
    pulled = turnlab("calls", "pull", "Intake Line", "--no-audio", "--limit", "2", environment=data)
    assert "2 pulled" in pulled.out
    files = [path for path in (tmp_path / "calls").rglob("*") if path.is_file()]
    assert {path.name for path in files} == {"call.json", "heard.json"}
    assert not [path for path in files if path.suffix in (".ulaw", ".wav", ".pcm", ".download")]
    for path in files:
        text = path.read_text()
        assert "+1555" not in text
        assert '"text": null' in text or path.name != "call.json"
    listed = turnlab("calls", "list", environment=data)
    assert listed.out.count(" ms ") == 2
    unknown = turnlab("sweep", "Intke Line", environment=data)
    assert "did you mean Intake Line?" in unknown.one_line(2)
    again = turnlab("calls", "pull", "Intake Line", "--no-audio", "--limit", "2", environment=data)
    assert "2 here already" in again.out


@pytest.mark.slow
def test_a_full_disk_is_reported_and_the_next_pull_continues(
    turnlab: Turnlab, installed: Turnlab, tmp_path: Path
) -> None:
    data = {"TURNLAB_DATA_DIR": str(tmp_path)}
    turnlab("service", "list", environment=data)  # creates the workspace while there is room
    with most_bytes_of_a_file(1_500_000):
        # a child of this process, so the limit applies to it
        full = installed("calls", "pull", "Intake Line", "--limit", "1", environment=data)
    assert full.code == 1
    assert "free some space and pull again" in full.err
    assert "Intake Line: nothing was pulled." in full.out
    assert "Traceback" not in full.err
    done = turnlab("calls", "pull", "Intake Line", "--limit", "1", environment=data)
    assert "1 pulled" in done.out


def _are_deleted_after_their_days(desk: Turnlab, home: Path) -> None:
    for path in list((home / "data" / "calls").glob("*/*/call.json"))[:3]:
        text = path.read_text()
        assert '"kept_since": "20' in text
        path.write_text(text.replace('"kept_since": "20', '"kept_since": "19'))
    listed = desk("calls", "list", "--json")
    assert "3 calls (" in listed.err
    assert "deleted: calls are kept for 30 days" in listed.err
    assert len(listed.json()["calls"]) == 2
    assert desk("calls", "purge", "--keep", "60", "--json").json()["kept_days"] == 60
    next((home / "data" / "calls").glob("*/*/call.json")).with_name("caller.json").write_text("{}")
    purged = desk("calls", "purge", "--all", "--json").json()
    check("calls_purge", purged)
    assert (purged["deleted"], purged["corrected_labels"]) == (2, 1)
    assert not list((home / "data" / "calls").glob("*/*"))


def test_a_wrong_command_line_gets_one_line(turnlab: Turnlab) -> None:
    assert "like 2026-11-20" in turnlab("calls", "pull", "Intake Line", "--since", "soon").one_line(2)
    assert "give one" in turnlab("calls", "pull", "x", "--days", "2", "--since", "2026-01-01").one_line(2)
    assert "exclude" in turnlab("calls", "purge", "--all", "--older-than", "3").one_line(2)
    assert "Intake Line" in turnlab("calls", "pull", "Intake Lin").one_line(2)
