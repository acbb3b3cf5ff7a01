"""The voice activity detector hears the callers, but not the room or the noises."""

import numpy as np
import pytest

from tests.recordings.bundle import IDS, inside, read_json, recording, speech_probability

FRAME_S = 0.032


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in ("coughs", "telephone") else pytest.mark.slow) for name in IDS],
)
def test_every_turn_is_heard_as_speech(name: str) -> None:
    found = recording(name)
    heard = speech_probability(name)
    for turn in found.spans("turns"):
        spans = [s for s in found.spans("speech") if turn[0] <= s[0] and s[1] <= turn[1]]
        assert np.mean(heard[inside(spans, heard.size, FRAME_S)] > 0.5) > 0.85, turn


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name == "backchannels" else pytest.mark.slow)
        for name in IDS
        if read_json(f"{name}.json")["backchannels"]
    ],
)
def test_backchannels_are_heard(name: str) -> None:
    heard = speech_probability(name)
    for span in recording(name).spans("backchannels"):
        assert heard[inside([span], heard.size, FRAME_S, 0.02)].max() > 0.9, span


@pytest.mark.parametrize("name", IDS)
def test_room_tone_is_not(name: str) -> None:
    found = recording(name)
    heard = speech_probability(name)
    quiet = ~inside(found.spans("speech") + found.single_noises, heard.size, FRAME_S, 0.25)
    assert np.mean(heard[quiet] < 0.35) > 0.99


@pytest.mark.parametrize("name", [name for name in IDS if read_json(f"{name}.json")["noises"]])
def test_noises_are_not_or_only_briefly(name: str) -> None:
    heard = speech_probability(name)
    for start, end, what in recording(name).label["noises"]:
        if "bed" in what:
            continue
        during = heard[inside([(start, end)], heard.size, FRAME_S, 0.1)]
        if what in ("door", "keys", "breath"):
            assert np.mean(during < 0.35) > 0.9, what
        else:
            assert np.sum(during > 0.5) * FRAME_S < 0.6, what
