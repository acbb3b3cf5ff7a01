"""``turnlab live``: a call without the dashboard, on a virtual microphone and speaker."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from simulator.recording import bundled_folder, open_recording
from tests.cli.conftest import Turnlab
from tests.cli.test_schemas import check
from tests.virtual_audio import VirtualAudio, missing


def test_a_guard_that_is_none_is_a_wrong_call(turnlab: Turnlab) -> None:
    assert "half-duplex" in turnlab("live", "--echo-guard", "ears").one_line(2)


@pytest.mark.realtime
@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_a_call_is_told_line_by_line_and_kept(turnlab: Turnlab, tmp_path: Path) -> None:
    booking, rate = sf.read(bundled_folder() / "booking.flac", dtype="int16")
    clip = tmp_path / "caller.wav"
    sf.write(clip, np.concatenate([np.zeros(rate * 3, np.int16), booking[: rate * 5]]), rate)
    sound = VirtualAudio()
    try:
        sound.start()
        sound.speak(clip)
        how = ("--eot", "silence", "--voice", "clips", "--caller-first", "--for", "9", "--record", "--json")
        told = turnlab("live", *how, environment=sound.environment)
        assert told.code == 0, told.err
        lines = [json.loads(line) for line in told.out.splitlines()]
        assert (lines[0]["type"], lines[0]["schema"], lines[0]["arms"]) == ("live", "turnlab.live/1", ["balanced"])
        for line in lines:
            check("live", line)
        kinds = [line["type"] for line in lines]
        assert "end_of_turn" in kinds
        assert kinds[-1] == "summary"
        (recorded,) = [line["text"] for line in lines if "recorded" in line.get("text", "")]
        assert open_recording(Path(recorded.rpartition(" to ")[2])).source.duration_s > 5
    finally:
        sound.stop()
    nothing = turnlab("live", environment={"PULSE_SERVER": f"unix:{tmp_path}/nobody"})
    if nothing.code:
        assert "there is no microphone; plug one in" in nothing.one_line(1)
