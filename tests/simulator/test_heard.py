"""Real calls measured from audio: measurements match the simulation, and bad audio is reported."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from base.samples import Samples
from benchmarks.calls import RenderedCall, configurations, counts_of, render, times_of
from simulator.activity.end_of_turn import SilenceOnly
from simulator.heard.call_folder import lone_audio, read_call_folder
from simulator.heard.measure import HeardCall, measure_call

RATE = 8000


@dataclass(frozen=True)
class Line:
    """A rendered call as two channels of samples, float32 ``[n]`` at 8 kHz."""

    call: RenderedCall
    caller: Samples
    agent: Samples


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Line:
    folder = tmp_path_factory.mktemp("heard")
    call = render(folder, "interruptions", "balanced", configurations()["balanced"], 0, SilenceOnly())
    both, _ = sf.read(call.path, dtype="float32")
    return Line(call, both[:, 0], both[:, 1])


@pytest.mark.parametrize(
    ("name", "arm"),
    [("thinking", "patient"), pytest.param("backchannels", "quick to stop", marks=pytest.mark.slow)],
)
def test_measurements_match_the_simulation(tmp_path: Path, name: str, arm: str) -> None:
    call = render(tmp_path, name, arm, configurations()[arm], 0, SilenceOnly())
    heard = measure_call(lone_audio(call.path, None))
    counts = counts_of(call.measured, heard)
    assert {what: pair for what, pair in counts.items() if pair[0] != pair[1]} == {}
    assert counts["cut_ins"][0] + counts["false_barge_ins"][0] > 1, "this call shows nothing"
    errors = times_of(call, heard)
    assert sorted(map(abs, errors["first_sound_ms"]))[-2] <= 40
    assert heard.caller_channel == 0


def folder_of(path: Path, line: Line, **changes: Any) -> Path:
    """A call's folder with both sides as the platform delivers them: µ-law without a header, and PCM16."""
    path.mkdir()
    caller, agent = changes.pop("caller", line.caller), changes.pop("agent", line.agent)
    law = changes.pop("law", "mulaw")
    sf.write(path / "in.ulaw", caller, RATE, format="RAW", subtype="ALAW" if law == "alaw" else "ULAW")
    sf.write(path / "out.wav", np.repeat(agent, 2), 2 * RATE)
    audio = {
        "caller": {
            "file": "in.ulaw",
            "encoding": law,
            "rate_hz": RATE,
            "offset_s": changes.pop("offset_s", 0.0),
        },
        "agent": {"file": "out.wav", "encoding": "container"},
    }
    record = {"id": path.name, "source": "platform", "audio": audio, "audio_state": "here"} | changes
    (path / "call.json").write_text(json.dumps(record))
    return path


def log_of(line: Line) -> list[dict[str, Any]]:
    """The turns as a platform would log them, with one figure of its own."""
    measured = line.call.measured
    turns: list[dict[str, Any]] = [
        {"speaker": "caller", "from_s": one.turn.start_ms / 1000, "to_s": one.turn.end_ms / 1000}
        for one in measured.turns
    ]
    turns += [
        {
            "speaker": "agent",
            "from_s": sound.start_ms / 1000,
            "to_s": sound.end_ms / 1000,
            "kind": sound.kind,
            "reported": {"response_ms": 640},
        }
        for sound in measured.sounds
    ]
    return turns


def kinds(heard: HeardCall) -> list[str]:
    return [fault.kind for fault in heard.faults]


def test_both_delivered_forms_and_a_log_beside_them(tmp_path: Path, line: Line) -> None:
    noise = np.random.default_rng(0).standard_normal(RATE // 10).astype(np.float32) * np.float32(10 ** (-43 / 20))
    agent = line.agent.copy()
    agent[RATE // 4 : RATE // 4 + len(noise)] += noise
    heard = measure_call(read_call_folder(folder_of(tmp_path / "call", line, agent=agent, turns=log_of(line))))
    assert heard.measured is not None
    assert kinds(heard) == []
    assert "greeting" not in {event.type for event in heard.events}, (
        "a soft noise on its line is no word of the agent"
    )
    truth = line.call.measured
    assert counts_of(truth, heard)["interruptions"] == (3, 3)
    own = [turn.response_ms for turn in truth.turns if turn.response_ms is not None]
    found = [turn.outcome.response_ms for turn in heard.turns if turn.outcome.response_ms is not None]
    assert len(own) == len(found)
    assert max(abs(a - b) for a, b in zip(own, found, strict=True)) <= 40
    assert any(turn.reported == {"response_ms": 640.0} for turn in heard.turns)


@pytest.mark.slow
def test_a_log_corrects_swapped_sides_and_clocks(tmp_path: Path, line: Line) -> None:
    log = log_of(line)
    swapped = folder_of(tmp_path / "swapped", line, caller=line.agent, agent=line.caller, turns=log)
    late = folder_of(tmp_path / "late", line, offset_s=1.5, turns=log)
    slow = np.interp(np.arange(0, len(line.caller), 0.999), np.arange(len(line.caller)), line.caller)
    drifting = folder_of(tmp_path / "drifting", line, caller=slow.astype(np.float32), turns=log)
    for path, kind in ((swapped, "swapped"), (late, "wrong_offset"), (drifting, "drift")):
        heard = measure_call(read_call_folder(path))
        assert kinds(heard) == [kind], path.name
        ends = [turn.turn.end_ms for turn in heard.turns]
        true = [one.turn.end_ms for one in line.call.measured.turns]
        assert max(abs(a - b) for a, b in zip(ends, true, strict=True)) <= 60, path.name


@pytest.mark.slow
def test_apparently_swapped_sides_are_reported_without_a_log(tmp_path: Path, line: Line) -> None:
    made = np.where(np.abs(line.agent) < 0.02, np.float32(0), line.agent)
    hiss = np.random.default_rng(0).standard_normal(len(made)).astype(np.float32) * np.float32(1e-3)
    heard = measure_call(
        read_call_folder(folder_of(tmp_path / "call", line, caller=made, agent=line.caller + hiss))
    )
    assert kinds(heard) == ["maybe_swapped"]
    assert heard.measured is not None, "the person may know better"
    # A-law has no silence. Here the caller speaks first, so only the generated side's silence shows which is which
    made[: round(line.call.measured.turns[0].turn.end_ms * RATE / 1000)] = 0
    sf.write(tmp_path / "law.wav", np.stack([made, line.caller + hiss], 1), RATE, subtype="ALAW")
    assert measure_call(lone_audio(tmp_path / "law.wav", None)).caller_channel == 1


def test_a_log_that_contradicts_the_audio_is_not_used(tmp_path: Path, line: Line) -> None:
    log = [turn | {"from_s": 200 + 9 * n, "to_s": 202 + 9 * n} for n, turn in enumerate(log_of(line))]
    heard = measure_call(read_call_folder(folder_of(tmp_path / "call", line, turns=log)))
    assert set(kinds(heard)) == {"log_contradicts"}
    assert "response_ms" in heard.left_out
    assert heard.measured is not None


def test_unmeasurable_calls_give_the_reason(tmp_path: Path, line: Line) -> None:
    silence = np.zeros_like(line.caller)
    cases = {
        "caller_silent": (silence, line.agent),
        "agent_silent": (line.caller, silence),
        "both_on_both": (line.caller + line.agent, line.caller + line.agent),
        "too_short": (line.caller[:RATE], line.agent[:RATE]),
    }
    for kind, (caller, agent) in cases.items():
        heard = measure_call(read_call_folder(folder_of(tmp_path / kind, line, caller=caller, agent=agent)))
        assert kinds(heard) == [kind]
        assert heard.measured is None
        assert heard.left_out["first_sound_ms"] == heard.faults[0].sentence


@pytest.mark.slow
def test_a_voicemail_and_hold_music_are_named(tmp_path: Path, line: Line) -> None:
    tone = (0.2 * np.sin(np.arange(12 * RATE) * 2 * np.pi * 1000 / RATE)).astype(np.float32)
    start, end = (round(s * RATE) for s in (line.call.measured.turns[3].turn.start_ms / 1000, 22.0))
    said = line.caller[start : start + 3 * RATE]
    machine = np.zeros_like(line.caller)
    machine[RATE : 13 * RATE + len(tone[:RATE])] = np.concatenate([np.tile(said, 4), tone[:RATE]])
    talk = np.zeros_like(line.agent)
    talk[15 * RATE : 20 * RATE] = line.agent[12 * RATE : 17 * RATE]
    heard = measure_call(read_call_folder(folder_of(tmp_path / "machine", line, caller=machine, agent=talk)))
    assert kinds(heard) == ["voicemail"]
    held = np.concatenate([line.agent[:end], tone, line.agent[end:]])
    waits = np.concatenate([line.caller[:end], np.zeros_like(tone), line.caller[end:]])
    heard = measure_call(read_call_folder(folder_of(tmp_path / "held", line, caller=waits, agent=held)))
    assert "music" in kinds(heard)
    assert heard.measured is not None
    assert heard.measured.counts["hanging_turns"].count == 0


@pytest.mark.slow
def test_an_operators_stretch_is_left_out(tmp_path: Path, line: Line) -> None:
    whole = line.call.measured.turns
    start = whole[4].turn.start_ms / 1000 - 0.5
    operator = {"operator": [[start, 999.0]]}
    heard = measure_call(read_call_folder(folder_of(tmp_path / "call", line, law="alaw", **operator)))
    assert len(heard.turns) == 4
    assert kinds(heard) == ["operator"]
    heard = measure_call(read_call_folder(folder_of(tmp_path / "somewhere", line, operator_unplaced=True)))
    assert kinds(heard) == ["operator_unplaced"]
    assert heard.measured is None
