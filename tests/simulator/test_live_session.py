"""A call with the agent through real devices: heard, decided, played, recorded, and recovered."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray

from base.folders import own_recordings_folder
from presets.config import parse
from simulator.activity.analyzer import analyze
from simulator.activity.end_of_turn import end_of_turn_model
from simulator.engine.profile import default_profile
from simulator.labels import read_json, read_labels
from simulator.labels.document import LabelDocument
from simulator.live_recording import recover_recordings
from simulator.recording import bundled_folder, open_recording
from simulator.replay import play
from simulator.session import (
    EchoGuard,
    Happened,
    LiveArm,
    Notice,
    RemoteSession,
    SessionMessage,
    SessionSettings,
    open_session,
)
from simulator.session.commands import Record, SetConfig
from simulator.study import Arm
from tests.virtual_audio import SPEAKER_RATE, VirtualAudio, missing, wait_for

FROM_S, UNTIL_S = 0.75, 9.7
"""In the bundled booking: a turn, 0.35 s over the agent's answer, then 1.5 s over it."""

PATIENT = Arm("patient", parse({"eot_timeout_ms": 1000, "barge_in_min_speech_s": 1.2})).resolved
TOUCHY = replace(PATIENT, barge_in_min_speech_s=0.3)
DEVICE_LATENCY_MS = 80


@pytest.fixture
def audio(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[VirtualAudio]:
    """A sound system for this test, and a data folder."""
    lacking = missing()
    if lacking:
        if os.environ.get("TURNLAB_REQUIRE_AUDIO"):
            pytest.fail(lacking)
        pytest.skip(lacking)
    monkeypatch.setenv("TURNLAB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TURNLAB_CACHE_DIR", str(tmp_path / "cache"))
    sound = VirtualAudio()
    sound.use(monkeypatch)
    sound.start(awake=False)
    yield sound
    sound.stop()


class Following:
    """A running session and all its messages."""

    def __init__(self, session: RemoteSession) -> None:
        self.session = session
        self.notices: list[SessionMessage] = []

    def event(self, kind: str) -> Happened | None:
        """Return the first event of a kind."""
        self.notices += self.session.take()
        return next((one for one in self.notices if isinstance(one, Happened) and one.event.type == kind), None)

    def notice(self, words: str) -> Notice | None:
        """Return the last notice that contains some words."""
        self.notices += self.session.take()
        return next((one for one in reversed(self.notices) if isinstance(one, Notice) and words in one.text), None)

    def phase(self, wanted: str) -> bool:
        """Return whether the session is in this phase."""
        return self.session.snapshot().phase == wanted


@pytest.mark.realtime
def test_a_call_through_a_microphone_and_a_speaker(audio: VirtualAudio, tmp_path: Path) -> None:
    clip = tmp_path / "live.wav"
    booking, rate = sf.read(bundled_folder() / "booking.flac", dtype="int16")
    said = booking[round(FROM_S * rate) : round(UNTIL_S * rate)]
    said[: rate // 10] = 0  # the first samples of a stream may be lost
    sf.write(clip, said, rate)
    speaker = audio.listen()
    live = Following(
        open_session(SessionSettings(arms=(LiveArm("A", PATIENT),), voice="clips", echo_guard=EchoGuard.HEADPHONES))
    )
    live.session.start()
    try:
        silence_is_said_and_survived(audio, live)
        swapped_ms = talk_and_swap(audio, live, clip)
        same_decisions_as_the_batch(live, clip, swapped_ms)
        the_speaker_fell_silent(live, speaker.stop())
        recording_holds_what_was_said(live, clip)
        a_pulled_device_is_said_and_found_again(audio, live)
        the_command_tries_the_devices_out_meanwhile()
        a_killed_recording_is_found_again(live)
    finally:
        live.session.stop()


def talk_and_swap(audio: VirtualAudio, live: Following, clip: Path) -> int:
    """Speak the clip. Once the first words over the agent were too short, lower the minimum.

    Return when that was.
    """
    live.session.send(Record(True))
    speaking = audio.speak(clip)
    wait_for(lambda: live.event("barge_in_suppressed"), "words over the agent")
    live.session.send(SetConfig(TOUCHY))
    swap = wait_for(lambda: live.notice("barge_in_min_speech_s 1.2 → 0.3"), "the changed setting")
    wait_for(lambda: speaking.poll() is not None, "the end of the clip")
    wait_for(lambda: live.event("barge_in"), "the barge-in")
    wait_for(lambda: live.session.snapshot().turn_state == "pause", "the end of what was said over the agent")
    live.session.send(Record(False))
    return swap.t_ms


def same_decisions_as_the_batch(live: Following, clip: Path, swapped_ms: int) -> None:
    recording = open_recording(clip)
    activity = analyze(recording.source, end_of_turn_model())
    batch = play(recording, activity, PATIENT, default_profile(), mode="rigid").events
    decided = [one.event for one in live.notices if isinstance(one, Happened)]
    shift_ms = decided[0].t_ms - batch[0].t_ms
    before = [event for event in decided if event.t_ms < swapped_ms]
    assert {"end_of_turn", "response_start", "barge_in_suppressed"} <= {event.type for event in before}
    for event, other in zip(before, batch, strict=False):
        assert (event.type, event.turn) == (other.type, other.turn)
        assert abs(event.t_ms - shift_ms - other.t_ms) <= DEVICE_LATENCY_MS, event
    (patient,) = [event for event in batch if event.type == "barge_in"]
    (touchy,) = [event for event in decided if event.type == "barge_in"]
    assert patient.why.numbers["needed_s"] == 1.2
    assert touchy.why.numbers["needed_s"] == 0.3
    assert touchy.t_ms - shift_ms < patient.t_ms - 500
    counters = live.session.snapshot().counters
    assert (counters.dropped_samples, counters.overruns) == (0, 0)


def the_speaker_fell_silent(live: Following, played: NDArray[np.float32]) -> None:
    """The agent was audible only until the barge-in, though its answer had seconds left."""
    loud = np.flatnonzero(np.abs(played) > 0.01) / SPEAKER_RATE
    response = wait_for(lambda: live.event("response_start"), "the answer").event
    barge_in = wait_for(lambda: live.event("barge_in"), "the barge-in").event
    heard_s = loud[-1] - loud[loud > loud[-1] - (barge_in.t_ms - response.t_ms) / 1000 - 0.2][0]
    assert abs(heard_s - (barge_in.t_ms - response.t_ms) / 1000) < 0.2
    assert response.facts()["until"] - barge_in.t_ms / 1000 > 1.0
    assert live.session.snapshot().last_barge_in_silence_ms is not None


def recording_holds_what_was_said(live: Following, clip: Path) -> None:
    """16-bit FLAC, bit for bit what was spoken, private to its owner, with provisional labels."""
    wait_for(lambda: live.notice("recorded"), "the recording")
    (path,) = own_recordings_folder().glob("*.flac")
    assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}
    both, rate = sf.read(path, dtype="int16")
    samples, agent = both.T
    assert agent.any()
    said, _ = sf.read(clip, dtype="int16")
    assert (rate, sf.info(path).subtype) == (16_000, "PCM_16")
    loudest = int(np.argmax(np.abs(said)))
    places = np.flatnonzero(samples == said[loudest]) - loudest
    whole = [at for at in places if at >= 0 and np.array_equal(samples[at : at + len(said)], said)]
    assert len(whole) == 1
    labels = read_labels(path.with_suffix(".json"), len(samples) / rate)
    assert labels.provisional
    assert not labels.has_truth
    assert len(labels.turns) == 1
    assert [event.should_barge_in for event in labels.events] == [False, True]
    assert abs(labels.turns[0].start_s - whole[0] / rate - (1.056 - FROM_S)) < 0.1
    sheet = LabelDocument(read_json(path.with_suffix(".json")), len(samples) * 1000 // rate)
    sheet.delete(sheet.marks[-1])
    assert sheet.labels.has_truth


def silence_is_said_and_survived(audio: VirtualAudio, live: Following) -> None:
    wait_for(lambda: live.phase("no audio"), "the silent device")
    assert "no audio from the device" in live.session.snapshot().standing
    assert live.session.snapshot().now_ms == 0
    audio.wake_microphone()
    wait_for(lambda: live.phase("running") and live.session.snapshot().now_ms > 0, "audio")
    assert live.session.snapshot().standing == ""


def a_pulled_device_is_said_and_found_again(audio: VirtualAudio, live: Following) -> None:
    audio.pull()
    wait_for(lambda: live.phase("device lost"), "the loss")
    assert "is gone" in live.session.snapshot().standing
    stood_ms = live.session.snapshot().now_ms
    audio.start()
    wait_for(lambda: live.phase("running") and live.session.snapshot().now_ms > stood_ms, "the device's return")
    assert live.notice("back again")
    gap = wait_for(lambda: live.notice("the microphone was away"), "the gap")
    assert gap.kind == "gap"
    assert abs(gap.t_ms - stood_ms) < 100


def the_command_tries_the_devices_out_meanwhile() -> None:
    listed = turnlab("devices")
    assert [device["name"] for device in listed["inputs"] if device["default"]] == ["default"]
    heard, played, both = turnlab("devices", "--test", "--output", "pulse")["tests"]
    assert heard["ok"]
    assert heard["seconds"] > 1
    assert heard["peak_db"] < -60
    assert played["ok"]
    assert played["device"] == "pulse"
    assert (both["ok"], both["round_trip_ms"]) == (True, None), "this microphone does not hear the speaker"


def turnlab(*arguments: str) -> Any:
    command = [str(Path(sys.executable).with_name("turnlab")), *arguments, "--json"]
    return json.loads(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)


def a_killed_recording_is_found_again(live: Following) -> None:
    def seconds() -> float:
        recording = live.session.snapshot().recording
        return recording.seconds if recording else 0.0

    live.session.send(Record(True))
    wait_for(lambda: seconds() > 1.5, "a second and a half of recording")
    before = seconds()
    assert live.session.process_id is not None
    os.kill(live.session.process_id, signal.SIGKILL)
    wait_for(lambda: live.phase("failed"), "the crash being noticed")
    assert "start it again" in live.session.snapshot().standing
    (path,), faults = recover_recordings()
    assert faults == []
    assert sf.info(path).duration > before - 1.0
    assert read_labels(path.with_suffix(".json"), sf.info(path).duration).provisional
    assert recover_recordings() == ([], [])
    assert path.stat().st_mode & 0o777 == 0o600
