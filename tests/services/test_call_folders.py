"""Calls are stored completely, for their owner only, and found again."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from base.json_text import TextError
from base.masking import masked_number
from services.calls.folders import CallFolders, safe_name
from services.calls.record import CallRecord
from services.calls.retention import purge_expired

RECORD = {
    "schema": "turnlab.call_record/1",
    "id": "../CA 1/é",
    "source": "platform",
    "workspace": "w1",
    "service": {"id": "s1", "name": "Intake Line"},
    "started_at": "2026-11-20T10:00:00Z",
    "duration_s": 61.5,
    "operator": [[50.0, 61.5]],
    "phone_number": "+15550100142",
    "voice_config": {"max_buffer_delay_ms": 300},
    "voice_config_from": "today",
    "audio": {
        "caller": {"file": "caller.ulaw", "encoding": "mulaw", "rate_hz": 8000, "offset_s": 0.12},
        "agent": {"file": "agent.wav", "encoding": "container", "rate_hz": 16000, "offset_s": 0.0},
    },
    "audio_state": "here",
    "turns": [{"speaker": "caller", "from_s": 1.0, "to_s": 2.0, "text": "Hello", "reported": {"render_ms": 400.0}}],
    "later": {"kept": True},
}


def test_a_call_is_private_and_keeps_what_this_version_does_not_know(tmp_path: Path) -> None:
    # an existing folder, open to others
    (tmp_path / "calls").mkdir(mode=0o755)
    calls = CallFolders(tmp_path / "calls")
    folder = calls.write(CallRecord.model_validate(RECORD))
    assert folder.parent.parent == calls.home
    modes = {path: path.stat().st_mode & 0o777 for path in (calls.home, *calls.home.rglob("*"))}
    assert set(modes.values()) == {0o700, 0o600}
    assert all(mode == (0o700 if path.is_dir() else 0o600) for path, mode in modes.items())
    written = json.loads((folder / "call.json").read_bytes())
    assert {name: written[name] for name in RECORD if name != "turns"} == {
        k: v for k, v in RECORD.items() if k != "turns"
    }
    (found,) = calls.find()
    assert found.record == CallRecord.model_validate(RECORD)
    assert "0142" not in repr(found)
    assert "Hello" not in repr(found)
    calls.remove(folder)
    assert not list(calls.find())
    assert not folder.exists()


def test_an_unreadable_call_is_reported_without_its_content(tmp_path: Path) -> None:
    calls = CallFolders(tmp_path)
    folder = calls.write(CallRecord.model_validate(RECORD))
    (folder / "call.json").write_text(json.dumps(RECORD | {"duration_s": "a patient's words"}))
    (found,) = calls.find("w1")
    assert found.record is None
    assert found.problem is not None
    assert "duration_s" in found.problem
    assert "patient" not in found.problem
    with pytest.raises(TextError, match="call again"):
        calls.read(folder)


def test_a_call_that_cannot_be_read_is_kept_no_longer_than_others(tmp_path: Path) -> None:
    calls = CallFolders(tmp_path)
    for days in (29, 31):
        since = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        folder = calls.write(CallRecord.model_validate(RECORD | {"id": f"{days}"}))
        (folder / "call.json").write_text(json.dumps(RECORD | {"duration_s": "odd", "kept_since": since}))
    assert purge_expired(calls).calls == 1
    assert [one.path.name for one in calls.find()] == ["29"]


def test_ids_become_unique_file_names() -> None:
    ids = ["CA01", "..", "a/b", "a-b", "", ".", "x" * 300, "é", "\ud800", "CON:1"]
    names = [safe_name(one) for one in ids]
    assert len(set(names)) == len(ids)
    assert all(
        name not in ("", ".", "..") and os.sep not in name and len(os.fsencode(name)) < 200 for name in names
    )


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+15550100142", "+•••••••••42"),
        ("(555) 010-0142", "(•••) •••-••42"),
        ("911", "•••"),
        ("sip:jane@example.org", "••••••••••••••••.•••"),
        (None, None),
    ],
)
def test_numbers_are_masked(number: str | None, shown: str | None) -> None:
    assert masked_number(number) == shown


def test_spoken_numbers_are_masked_and_other_figures_are_not() -> None:
    said = "Call me at (555) 010-0142 or +1 555 010 0199, on 2 p.m. the 12th, 2.5 mg, 500 of 1200"
    turns = [{"speaker": "caller", "text": said, "later": "555\u2011010\u20110142"}]
    config = {"forwarding": {"forward_to": "+15550100142", "ms": 5000}, "words": ["555.010.0142"]}
    more = {
        "turns": turns,
        "voice_config": config,
        "ended_by": "forwarded to +15550100142",
        "later": [{"to": said}],
    }
    record = CallRecord.model_validate(RECORD | more).masked()
    assert (
        record.turns[0].text
        == "Call me at (•••) •••-••42 or +• ••• ••• ••99, on 2 p.m. the 12th, 2.5 mg, 500 of 1200"
    )
    assert record.voice_config == {
        "forwarding": {"forward_to": "+•••••••••42", "ms": 5000},
        "words": ["•••.•••.••42"],
    }
    assert "0142" not in json.dumps(record.to_json())
