"""The controllers of the Live screen alone: which commands a call gets, and what outlives it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from presets.config import VoiceConfig
from services.model import Service
from simulator.devices.portaudio import Devices
from simulator.engine.events import SpeechStarted
from simulator.engine.profile import default_profile
from simulator.engine.scenario import default_scenario
from simulator.engine.why import Why
from simulator.session import commands
from simulator.session.commands import SessionCommand
from simulator.session.settings import EchoGuard, SessionSettings
from simulator.session.state import Happened, Notice, OpenedDevice, RecordingState, SessionMessage, Snapshot
from tests.tui.controller_host import Answers, QuietHost
from tui.live.call import CallController, CallState, remembered_state
from tui.live.commands import RECORD, TALK
from tui.live.device_dialog import DevicesController, threshold_of
from tui.live.live_timeline import LiveStory
from tui.preferences import remember, remembered
from tui.tune.scene import WaveClip
from tui.tune.session import TuneSession

MICROPHONE = OpenedDevice("headset", 16_000, 1, 10.0)


@dataclass
class ObedientCall:
    """A call that records its commands. A test sets its state and messages."""

    settings: SessionSettings
    shown: Snapshot = field(default_factory=lambda: Snapshot(phase="running", input=MICROPHONE))
    sent: list[SessionCommand] = field(default_factory=list)
    told: list[SessionMessage] = field(default_factory=list)
    stopped: bool = False

    def start(self) -> None:
        assert not self.stopped

    def send(self, command: SessionCommand) -> None:
        self.sent.append(command)

    def snapshot(self) -> Snapshot:
        return self.shown

    def take(self) -> list[SessionMessage]:
        told, self.told = self.told, []
        return told

    def stop(self) -> None:
        self.stopped = True
        self.told.append(Notice("recording", 0, "recorded 3 s"))


class Talking:
    """The controller with the calls it opened, its published states, and the number of new recordings."""

    def __init__(self, *, read_only: bool = False) -> None:
        self.host, self.opened, self.states = QuietHost(), list[ObedientCall](), list[CallState]()
        self.told: list[SessionMessage] = []
        self.recordings = 0
        self.session = TuneSession(Service(id="1", name="Line", voice_config=VoiceConfig(eot_timeout_ms=900)))
        self.calls = CallController(
            self.host,
            self._open,
            lambda: self.session,
            publish=self.states.append,
            tell=self._tell,
            recorded=self._recorded,
            read_only=lambda: read_only,
        )

    def _open(self, settings: SessionSettings) -> ObedientCall:
        self.opened.append(ObedientCall(settings))
        return self.opened[-1]

    def _tell(self, told: Sequence[SessionMessage]) -> None:
        self.told += told

    def _recorded(self) -> None:
        self.recordings += 1

    @property
    def call(self) -> ObedientCall:
        return self.opened[-1]

    def stands(self, **facts: Any) -> None:
        """Set the call's state, and let the controller read it."""
        self.call.shown = replace(self.call.shown, **facts)
        self.host.pass_time()


async def test_talk_settings_outlive_a_call() -> None:
    talking = Talking()
    talking.calls.come_into_view()
    assert talking.opened[0].settings.arms[0].config.eot_timeout_ms == 900
    assert talking.opened[0].settings.scenario.greeting
    talking.calls.mute()
    talking.calls.switch_push_to_talk()
    talking.calls.use_device("input", "headset", on=True)
    talking.calls.use_device("output", None, on=False)
    talking.calls.guard_echo(EchoGuard.HALF_DUPLEX)
    talking.calls.switch_arm()
    talking.calls.switch_greeting()
    talking.calls.new_call()
    assert talking.call.sent == [
        commands.Mute(True),
        commands.Talk(False),
        commands.PushToTalk(True),
        commands.UseInput("headset"),
        commands.UseOutput(None, speaker=False),
        commands.UseEchoGuard(EchoGuard.HALF_DUPLEX),
        commands.SwitchArm("B"),
        commands.NewCall(default_scenario()),
    ]
    talking.calls.start_or_stop()
    await talking.host.finish()
    assert talking.opened[0].stopped
    assert (talking.states[-1].open, talking.states[-1].shown.phase) == (False, "stopped")
    talking.calls.come_into_view()
    assert len(talking.opened) == 1, "it was closed by hand"
    talking.calls.start_or_stop()
    wanted = talking.call.settings
    assert (wanted.input, wanted.speaker, wanted.muted, wanted.push_to_talk) == ("headset", False, True, True)
    assert wanted.echo_guard is EchoGuard.HALF_DUPLEX
    assert wanted.scenario.greeting is None
    assert talking.call.sent == [commands.SwitchArm("B")]
    remembered = remembered_state()
    assert (remembered.input, remembered.guard, remembered.greets) == ("headset", EchoGuard.HALF_DUPLEX, False)
    assert not remembered.muted, "no start begins unheard"


async def test_an_unavailable_action_is_reported_and_not_sent() -> None:
    talking = Talking(read_only=True)
    for act in (talking.calls.record, talking.calls.pause, talking.calls.new_call, talking.calls.play_tone):
        act()
    assert talking.host.notices == [
        f"Not now: {name}: the microphone is closed; s opens it"
        for name in ("Record", "Pause", "New call", "Test tone")
    ]
    talking.calls.begin()
    talking.stands(input=None, phase="starting")
    assert talking.calls.reason_against(RECORD) == "there is no microphone yet"
    talking.stands(phase="running")
    assert talking.calls.reason_against(RECORD) == "there is no microphone"
    assert talking.calls.reason_against(TALK) == "there is no microphone", "and so nobody is heard"
    talking.stands(input=MICROPHONE)
    talking.calls.switch_talk()
    assert "you are heard all the time" in talking.host.notices[-1]
    assert talking.call.sent == []
    talking.stands(input=MICROPHONE, push_to_talk=True)
    talking.calls.switch_push_to_talk()
    assert talking.calls.reason_against(TALK) == ""
    talking.calls.switch_talk()
    talking.stands(talking=True)
    talking.calls.switch_talk()
    assert talking.call.sent[-2:] == [commands.Talk(True), commands.Talk(False)]
    talking.calls.record()
    assert talking.call.sent[-1] == commands.Record(True)
    assert "Read-only concerns the platform" in talking.host.notices[-1]
    talking.calls.pause()
    talking.calls.pause()
    assert talking.call.sent[-2:] == [commands.Pause(True), commands.Pause(False)]


async def test_a_finished_recording_is_reported_and_a_failed_call_restarts() -> None:
    talking = Talking()
    talking.calls.begin()
    talking.stands(recording=RecordingState("live.flac", 2.0))
    talking.call.told.append(Notice("recording", 0, "recording to live.flac"))
    talking.host.pass_time()
    assert talking.told
    assert (talking.host.notices, talking.recordings) == ([], 0), "the screen shows that it is under way"
    talking.calls.record()
    assert talking.call.sent[-1] == commands.Record(False)
    talking.call.told.append(Notice("recording", 0, "recorded 3 s"))
    talking.stands(recording=None)
    assert (talking.host.notices, talking.recordings) == (["Recording: recorded 3 s"], 1)
    talking.stands(phase="failed", input=None)
    talking.calls.start_or_stop()
    await talking.host.finish()
    assert len(talking.opened) == 2, "one key, though the call that failed was still open"
    assert talking.opened[0].stopped
    await talking.calls.close()
    assert talking.opened[1].stopped


async def test_an_echo_guard_that_is_not_chosen_stays() -> None:
    talking = Talking()
    asked: Any = Answers(pick=[None, "threshold", "threshold"], ask_threshold=[None, 42.0])
    devices = DevicesController(
        talking.host, talking.calls, asked, look=lambda: Devices((), ()), threshold_db=lambda: -30.0
    )
    for guard in (EchoGuard.CANCELLATION, EchoGuard.CANCELLATION, EchoGuard.THRESHOLD):
        devices.choose_echo_guard()
        await talking.host.finish()
        assert talking.calls.state.guard is guard
    _, (_, choices, now), _ = asked.asked[0]
    assert [value for value, _ in choices] == [guard.value for guard in EchoGuard]
    assert now == "cancellation"
    assert talking.calls.state.threshold_db == remembered_state().threshold_db == 42.0
    with pytest.raises(ValueError, match="number of dB"):
        threshold_of("loud")
    assert [threshold_of(text) for text in ("35", "-35 dBFS", "−35,5")] == [35.0, 35.0, 35.5]


def test_simultaneous_choices_are_all_stored() -> None:
    names = [f"choice.{number}" for number in range(40)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda name: remember(name, name), names))
    assert [remembered(name) for name in names] == names


def test_the_timeline_of_a_call_has_nothing_of_the_call_before() -> None:
    story, profile = LiveStory(), default_profile()
    why = Why("speech", {"start_probability": 0.5, "frames": 2})
    before, after = (Happened(SpeechStarted(t_ms, 0, why, start_ms=t_ms, span=0), "A") for t_ms in (50, 60_000))
    story.add(before)
    story.look(Snapshot(phase="running", now_ms=60_100))
    story.end()
    story.add(after)  # what it still reported while closing
    now = Snapshot(phase="running", now_ms=320, arm="A")
    story.look(now)
    scene = story.scene(now, profile)
    assert (scene.turns, scene.lanes[0].marks) == ((), ())
    story.look(replace(now, now_ms=9_600))
    story.look(replace(now, now_ms=640))
    assert story.scene(replace(now, now_ms=640), profile).clips == (WaveClip(640, 0, 1),), (
        "its clock went back to 0"
    )
