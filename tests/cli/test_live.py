"""``turnlab live``: a call without the dashboard, on a virtual microphone and speaker."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from simulator.recording import bundled_folder, open_recording
from simulator.session import EchoGuard, Notice, OpenedDevice, SessionMessage, Snapshot
from simulator.session.commands import SessionCommand
from tests.cli.conftest import Turnlab
from tests.cli.test_schemas import check
from tests.virtual_audio import VirtualAudio, missing
from tui.cli import live
from tui.cli.failure import WorkError

REQUEST = live.LiveRequest(
    configs=["balanced"],
    allow_unknown=False,
    profile="default",
    scenario=None,
    caller_first=True,
    silence_only=True,
    voice="clips",
    input=None,
    output=None,
    speaker=True,
    guard=EchoGuard.HEADPHONES,
    threshold_db=None,
    record=False,
    seconds=None,
)


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (["--echo-guard", "ears"], "half-duplex"),
        (["--echo-threshold", "40"], "add --echo-guard threshold"),
        (["--voice", "tenor"], "--voice: 'tenor' is not one of"),
    ],
)
def test_a_wrong_command_line_lists_what_is_possible(turnlab: Turnlab, arguments: list[str], remedy: str) -> None:
    assert remedy in turnlab("live", *arguments).one_line(2)


class Crashing:
    """A session whose process crashes during a call."""

    def __init__(self) -> None:
        self.shown = Snapshot(input=OpenedDevice("array", 16_000, 1, 10.0))
        self.messages: list[SessionMessage] = []

    def start(self) -> None:
        """Start."""

    def snapshot(self) -> Snapshot:
        """Return the state."""
        return self.shown

    def take(self) -> list[SessionMessage]:
        """Return the fault, once the call is running."""
        self.shown = replace(self.shown, phase="failed", input=None)
        messages, self.messages = self.messages, []
        return messages or ([] if self.stopped else [Notice("fault", 0, "it crashed")])

    stopped = False

    def send(self, command: SessionCommand) -> None:
        """Accept a command."""

    def stop(self) -> None:
        """Finish the recording."""
        self.stopped, self.messages = True, [Notice("recording", 0, "recorded 1.0 s")]


def test_a_call_that_ends_by_itself_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    session = Crashing()
    monkeypatch.setattr(live, "open_session", lambda _settings: session)
    with pytest.raises(WorkError, match="it crashed"):
        live.live(REQUEST, as_json=False)
    assert session.stopped
    assert "recorded 1.0 s" in capsys.readouterr().err


class Waiting(Crashing):
    """A session whose sound system answers late."""

    looks = 0

    def snapshot(self) -> Snapshot:
        """Return no fault, then one, then a microphone."""
        self.looks += 1
        standing = "the sound system does not answer; is it running?"
        stands = [Snapshot(), Snapshot(standing=standing), Snapshot(standing=standing), self.shown]
        return stands[min(self.looks - 1, 3)]


def test_waiting_for_a_slow_sound_system_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    session = Waiting()
    monkeypatch.setattr(live, "open_session", lambda _settings: session)
    monkeypatch.setattr(live, "TIMEOUT_S", 0.0)
    with pytest.raises(WorkError):
        live.live(REQUEST, as_json=False)
    said = capsys.readouterr().err
    assert "waiting for the sound system" in said
    assert said.count("does not answer; is it running?") == 1


@pytest.mark.realtime
@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_a_live_call_prints_its_events_and_is_recorded(turnlab: Turnlab, tmp_path: Path) -> None:
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
