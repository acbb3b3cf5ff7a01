"""How a platform's account of a call is read: turns, clocks, operators, settings of its day, and forms of audio."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.calls.downloading import audio_file
from services.calls.model import CallDetail, PlatformTurn, PlaybackTimeline, Segment
from services.calls.reading import read_call
from services.calls.record import CallRecord
from services.calls.recorded import CallClock, operator_stretches, turns_of, with_operator_turns
from services.calls.settings_then import SettingsThen
from services.calls.wanted import first_day

pytestmark = pytest.mark.usefixtures("no_waiting")


def test_turns_without_a_timeline_and_times_since_1970() -> None:
    zero = datetime(2026, 11, 20, 10, tzinfo=UTC)
    at_ms = zero.timestamp() * 1000
    turn = PlatformTurn(
        user_transcript="Hi",
        agent_transcript="Hello",
        user_speech_start_ms=at_ms + 1000,
        user_speech_end_ms=at_ms + 2500,
        agent_speech_start_ms=at_ms + 3400,
        agent_speech_end_ms=at_ms + 5000,
        latencies_ms={"nav_ms": 90.0},
    )
    call = CallDetail(id="c", media_started_at=zero, turns=(turn,))
    caller, agent = turns_of(call, CallClock.of(call, None))
    assert (caller.from_s, caller.to_s, caller.text) == (1.0, 2.5, "Hi")
    assert (agent.from_s, agent.kind, agent.reported) == (3.4, "response", {"navigation_ms": 90.0})


def test_a_timeline_on_the_calls_own_clock_is_moved_to_the_media() -> None:
    media = datetime(2026, 11, 20, 10, 0, 2, tzinfo=UTC)
    segments = (
        Segment(type="caller_speech", lane="caller", start_s=3.0, end_s=4.0, label="Hi"),
        Segment(type="agent_speech", lane="operator", start_s=8.0, end_s=9.5),
    )
    call = CallDetail(
        id="c",
        started_at=media - timedelta(seconds=2),
        media_started_at=media,
        timeline=PlaybackTimeline(segments=segments, duration_s=12.0, origin="call_start"),
    )
    clock = CallClock.of(call, None)
    assert [(turn.speaker, turn.from_s, turn.to_s) for turn in turns_of(call, clock)] == [
        ("caller", 1.0, 2.0),
        ("operator", 6.0, 7.5),
    ]
    assert operator_stretches(call, clock, 10.0) == [(6.0, 7.5)]


def test_an_operator_is_where_human_segments_or_the_turns_around_say() -> None:
    start = "2026-11-20T10:00:00Z"
    segments = [
        {"speaker_role": "operator", "transcript": "Hello", "timestamp": "2026-11-20T10:00:30Z"},
        {"speaker_role": "caller", "transcript": "Hi", "timestamp": "2026-11-20T10:00:10Z"},
        {"speaker_role": "operator", "transcript": "Bye", "timestamp": "2026-11-20T10:00:50Z"},
    ]
    answers: list[Any] = [
        {"agent_speech_start_ms": 1000 * at, "agent_speech_end_ms": 1000 * at + 900} for at in (5, 60)
    ]
    raw: dict[str, Any] = {"id": "c", "call_start_time": start, "turns": answers, "human_segments": segments}
    for later, stretch in ((answers, (30.0, 60.0)), (answers[:1], (30.0, 90.0))):
        call = read_call({**raw, "turns": later})
        assert call is not None
        assert operator_stretches(call, CallClock.of(call, None), 90.0) == [stretch]
    human: dict[str, Any] = {"speaker_role": "operator", "agent_transcript": "Hello"}
    call = read_call({**raw, "turns": [answers[0], human, answers[1], human], "human_segments": []})
    assert call is not None
    turns = turns_of(call, CallClock.of(call, None))
    assert [turn.speaker for turn in turns] == ["agent", "operator", "agent", "operator"]
    assert with_operator_turns([], turns, 90.0) == [(5.9, 60.0), (60.9, 90.0)]


def test_inconsistent_history_entries_are_ignored() -> None:
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    from services.calls.settings_then import _Change

    change = _Change.of(noon, [(("eot_timeout_ms",), 3000, 4000)])
    known = SettingsThen({"eot_timeout_ms": 4000}, (change,))
    assert known.at(noon - timedelta(hours=1)) == ({"eot_timeout_ms": 3000}, "changes")
    assert known.at(noon + timedelta(hours=1)) == ({"eot_timeout_ms": 4000}, "changes")
    other = SettingsThen({"eot_timeout_ms": 5000}, (change,))
    assert other.at(noon - timedelta(hours=1)) == ({"eot_timeout_ms": 5000}, "today")
    assert SettingsThen({"a": 1}).at(noon) == ({"a": 1}, "today")
    inside = _Change.of(noon, [(("forwarding", "warm_transfer"), None, True)])
    nested = SettingsThen({"forwarding": {"to": "x", "warm_transfer": True}}, (inside,))
    assert nested.at(noon - timedelta(hours=1)) == ({"forwarding": {"to": "x"}}, "changes")


def test_silence_in_mulaw_is_not_mistaken_for_mp3(tmp_path: Path) -> None:
    forms = {"mulaw": "mulaw", "": "mulaw", "audio/PCMU": "mulaw", "audio/mpeg": "container", "linear pcm": "pcm16"}
    for form, encoding in {**forms, "audio/x-alaw": "alaw", "PCMA": "alaw", "G.711 A-law": "alaw"}.items():
        (tmp_path / "caller.download").write_bytes(b"\xff\xfb\xff\xff")
        assert audio_file(tmp_path, "caller", form, None, 0.0).encoding == encoding


def test_the_first_day_is_so_many_days_ago() -> None:
    assert first_day(14, date(2026, 11, 30)) == date(2026, 11, 16)
    assert isinstance(CallRecord.model_fields["schema_"].default, str)
