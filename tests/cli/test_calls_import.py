"""Imported calls: the caller's channel is detected and reported, logs are used, duplicates count once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import soundfile as sf

from simulator.audio.source import open_audio
from simulator.recording import bundled_folder
from tests.cli.conftest import turnlab_in
from tests.cli.test_schemas import check
from tests.services.test_call_logs import VAPI


def test_two_channels_and_a_pair_become_calls(tmp_path: Path, analyses: Path) -> None:
    caller, agent = (open_audio(bundled_folder() / name).samples() for name in ("booking.flac", "agent/voice.flac"))
    both = np.zeros((20 * 16_000, 2), np.float32)
    both[5 * 16_000 : 5 * 16_000 + len(agent), 0] = agent[: 15 * 16_000]
    both[: len(caller[: len(both)]), 1] = caller[: len(both)]
    sf.write(tmp_path / "one.wav", both, 16_000)
    (tmp_path / "one.json").write_text(json.dumps(VAPI))
    named = "2026-11-20 101500 +1 555 010 0142"
    sf.write(tmp_path / f"{named}.caller.wav", both[:, 1], 16_000)
    sf.write(tmp_path / f"{named}.agent.flac", both[:, 0], 16_000)
    (tmp_path / f"{named}.json").write_text('{"what": "is this"}')
    sf.write(tmp_path / "mono.wav", both[:, 0], 16_000)
    turnlab = turnlab_in(tmp_path, analyses)
    names = ("one.wav", f"{named}.caller.wav", f"{named}.agent.flac")
    sf.write(tmp_path / "half.agent.wav", both[:, 0], 16_000)
    done = turnlab("calls", "import", *names, "mono.wav", "half.agent.wav", "--json", cwd=tmp_path)
    assert done.code == 1, "two files hold one side"
    found = json.loads(done.out)
    check("calls_import", found)
    one, two = found["calls"]
    assert (one["id"], one["log"], one["caller_channel"], one["again"]) == ("vapi-1", "Vapi's", 2, False)
    assert any("The caller is on channel 2" in note for note in one["notes"])
    assert two["turns"] == one["turns"] > 2
    assert f"{named}.json: is a log in an unknown format" in done.err
    assert two["id"].startswith("2026-11-20 101500 +x xxx xxx xx42-")
    assert "0142" not in done.out + (Path(two["path"]) / "call.json").read_text()
    assert [Path(fault["path"]).name for fault in found["failed"]] == ["mono.wav", "half.agent.wav"]
    sf.write(tmp_path / "one.wav", both[: 16 * 16_000], 16_000)
    again = turnlab("calls", "import", "one.wav", "--json", cwd=tmp_path)
    assert json.loads(again.out)["calls"][0]["again"]
    listed = json.loads(turnlab("calls", "measure", "vapi-", "--json").out)
    assert listed["calls"][0]["caller_channel"] == 2
    assert listed["calls"][0]["duration_s"] == sf.info(Path(one["path"]) / "caller.flac").duration == 16.0
    copies = tmp_path / "copies"
    for name, other in (("a", "vapi-1"), ("b", "vapi-1"), ("c", "another-name")):
        shutil.copytree(one["path"], copies / name)
        record = copies / name / "call.json"
        record.write_text(record.read_text().replace('"vapi-1"', f'"{other}"'))
    twice = turnlab("calls", "measure", str(copies), "--json")
    assert [call["id"] for call in json.loads(twice.out)["calls"]] == ["vapi-1"]
    assert f"{copies / 'b'}: is the same call as {copies / 'a'}; it counts once" in twice.err
    assert "another-name: sounds the same as vapi-1" in twice.err
    for kept in Path(one["path"]).iterdir():
        assert kept.stat().st_mode & 0o077 == 0
