"""The demo workspace's calls equal the output of their script, and sound as logged."""

from __future__ import annotations

import io
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from recordings.demo_calls import demo_sound
from recordings.demo_calls.__main__ import main
from services.calls.embedded.demo import demo_calls


@pytest.mark.slow
def test_the_file_is_what_the_script_makes() -> None:
    assert main(["--check"]) == 0


def _loud(samples: Any, rate: int, start_ms: int, end_ms: int) -> float:
    stretch = samples[start_ms * rate // 1000 : end_ms * rate // 1000]
    return float(np.sqrt(np.mean(np.square(stretch, dtype=np.float64)))) if len(stretch) else 0.0


def test_demo_audio_matches_its_log() -> None:
    call = next(one for one in demo_calls()["calls"] if one["special"] == "operator")
    inbound, outbound = demo_sound(call["audio"], call["duration_ms"])
    assert (len(inbound), len(outbound)) == (8 * call["duration_ms"], 32 * call["duration_ms"])
    caller, _ = sf.read(io.BytesIO(inbound), channels=1, samplerate=8000, format="RAW", subtype="ULAW")
    agent = np.frombuffer(outbound, "<i2") / 32768
    for kind, lane, start_ms, end_ms, *_ in call["segments"]:
        if kind == "caller_speech":
            assert _loud(caller, 8000, start_ms, end_ms) > 0.01
        elif lane in ("agent", "operator"):
            # the platform's clock is ahead of the caller
            assert _loud(agent, 16000, start_ms + 95, end_ms) > 0.01
    spoken = [(piece[0], piece[1]) for piece in call["audio"]["agent"]]
    for (_, end_ms), (start_ms, _) in pairwise(spoken):
        assert _loud(agent, 16000, end_ms, start_ms) == 0.0
    assert demo_sound(call["audio"], call["duration_ms"]) == (inbound, outbound)
