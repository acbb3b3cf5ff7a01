"""What ``turnlab call`` measures from the audio, compared with what ``turnlab agent`` reports."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile as sf

from base.samples import AUDIBLE_DB, SAMPLE_RATE
from simulator.activity.analyzer import analyze
from simulator.activity.end_of_turn import SilenceOnly
from simulator.recording import open_recording
from simulator.socket.calling import BLOCK_MS
from simulator.socket.dialing import CallOptions
from simulator.socket.messages import RATES, Wire
from simulator.socket.outside import measure_outside
from tests.simulator.test_socket_call import agent, two_turns
from tests.virtual_calls import by_turn, measure_inside, take_call

LABELS = {
    "turns": [{"start_s": 0.1, "end_s": 1.6}, {"start_s": 3.6, "end_s": 5.1}],
    "events": [{"type": "interruption", "start_s": 3.6, "end_s": 5.1, "should_barge_in": True}],
}


WIRES = [
    Wire(8000, "mulaw"),
    *(pytest.param(Wire(rate), marks=pytest.mark.slow) for rate in RATES),
]


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: f"{wire.encoding}-{wire.rate}")
def test_outside_and_inside_agree_on_any_wire(wire: Wire, tmp_path: Path) -> None:
    """Each turn is answered by a filler and, after a short silence, a response. The second turn cuts one off."""
    sf.write(tmp_path / "caller.wav", two_turns(), SAMPLE_RATE, subtype="FLOAT")
    (tmp_path / "caller.json").write_text(json.dumps(LABELS))
    recording = open_recording(tmp_path / "caller.wav")
    activity = analyze(recording.source, SilenceOnly())
    taken = take_call(agent(), CallOptions("ws://agent", wire=wire), recording, activity)
    outside = measure_outside(taken, activity, recording.labels, AUDIBLE_DB, trust=True).measured
    inside = measure_inside(recording, activity, taken)
    (adds_ms,) = [one.message["adds_ms"] for one in taken.received if one.message["type"] == "started"] or [0]
    for readout, turns in (("first_sound_ms", {0, 1}), ("response_ms", {0, 1}), ("barge_in_stop_ms", {1})):
        told, heard = by_turn(inside, readout), by_turn(outside, readout)
        assert told.keys() == heard.keys() == turns
        for turn in turns:
            # a block is sent when it has been spoken; a stop, which fades, is heard up to 12 ms early
            assert heard[turn] - told[turn] - adds_ms == pytest.approx(BLOCK_MS, abs=15), (readout, turn)
