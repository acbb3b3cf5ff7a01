"""A live session on devices made of arrays: guards, gaps, and failures that no real machine produces on demand."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile as sf
import soxr

from base.samples import Samples
from simulator.activity.analyzer import analyze
from simulator.activity.end_of_turn import SilenceOnly
from simulator.activity.model import FRAME_MS, FRAME_SAMPLES
from simulator.devices import streams
from simulator.devices.portaudio import Device
from simulator.engine.events import Event
from simulator.engine.profile import default_profile
from simulator.engine.scenario import default_scenario
from simulator.errors import DeviceError
from simulator.recording import bundled_folder, open_recording
from simulator.replay import play
from simulator.session import EchoGuard, Happened, SessionSettings
from simulator.session.capture_buffer import Frame
from simulator.session.child import LiveSession
from simulator.session.commands import Mute, NewCall, Pause, Record, UseOutput
from simulator.session.echo_gate import CallControls, EchoGate
from simulator.session.live_agent import LiveAgent
from simulator.voice.voice import BundledVoice
from tests.array_cards import ArrayCards
from tests.simulator.live_calls import ARM, caller, events, notices, running, talk, talk_in_a_room
from tests.virtual_audio import wait_for


@pytest.mark.slow
@pytest.mark.parametrize("guard", EchoGuard)
def test_an_echo_guard_lets_through_what_it_says(guard: EchoGuard, tmp_path: Path) -> None:
    cards = ArrayCards()
    with running(cards, tmp_path, guard) as session:
        talk(session, cards, caller())
        told, unheard = session.take(), session.snapshot().unheard
    assert ("barge_in" in events(told)) is (guard is not EchoGuard.HALF_DUPLEX)
    assert "response_start" in events(told)
    assert unheard == ("half-duplex" if guard is EchoGuard.HALF_DUPLEX else None)


@pytest.mark.slow
def test_a_quiet_echo_does_not_interrupt_behind_its_threshold(tmp_path: Path) -> None:
    said = caller()
    said[16_000 * 6 :] *= 0.03  # what comes while the agent talks
    for guard, interrupts in ((EchoGuard.HEADPHONES, True), (EchoGuard.THRESHOLD, False)):
        cards = ArrayCards()
        with running(cards, tmp_path, guard) as session:
            talk(session, cards, said)
            assert ("barge_in" in events(session.take())) is interrupts


def quiet_then_interrupting() -> tuple[Samples, int]:
    """Return a turn, silence during the answer, and words over a later answer; and the start of those in ms."""
    booking = open_recording(bundled_folder() / "booking.flac").source.samples()
    turn, tone = booking[: 16_000 * 5], np.zeros(16_000 * 9, np.float32)
    said = np.concatenate([turn, tone, turn, np.zeros(16_000 * 3, np.float32), turn, np.zeros(16_000, np.float32)])
    return said, 1000 * (5 + 9 + 5 + 3)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("guard", "rate"),
    [
        (EchoGuard.HEADPHONES, 16_000),
        (EchoGuard.CANCELLATION, 16_000),
        (EchoGuard.CANCELLATION, 44_100),
        (EchoGuard.CANCELLATION, 48_000),
        (EchoGuard.HALF_DUPLEX, 16_000),
    ],
)
def test_on_loudspeakers_a_caller_interrupts_and_the_agent_does_not(
    guard: EchoGuard, rate: int, tmp_path: Path
) -> None:
    said, over_ms = quiet_then_interrupting()
    cards = ArrayCards(rate)
    with running(cards, tmp_path, guard) as session:
        session.send(Record(True))
        wait_for(lambda: session.snapshot().recording, "the recording")
        said = np.asarray(soxr.resample(said, 16_000, rate), np.float32)
        talk_in_a_room(session, cards, said, loss_db=20, delay_ms=150, rate=rate)
        told, hears_itself = session.take(), session.snapshot().hears_itself
    assert hears_itself is (guard is EchoGuard.HEADPHONES)
    assert ("the microphone hears the agent, -20 dB" in notices(told)) is hears_itself
    happened = [one.event for one in told if isinstance(one, Happened)]
    stopped = [event.t_ms > over_ms for event in happened if event.type == "barge_in"]
    if guard is EchoGuard.HEADPHONES:
        assert not stopped[0], "it interrupts itself"
    else:
        assert stopped == [True] * (guard is EchoGuard.CANCELLATION)
    the_recording_replays(next(tmp_path.glob("*.flac")), happened)


def the_recording_replays(path: Path, happened: list[Event]) -> None:
    """A recording made on loudspeakers can be tuned: its replay finds the call's turns and barge-ins."""
    recording = open_recording(path)
    assert (recording.source.channels, recording.source.guessed_channel) == (2, False)
    assert sf.read(path)[0][:, 1].any(), "the agent's own channel"
    activity = analyze(recording.source, SilenceOnly())
    replayed = play(recording, activity, ARM.config, default_profile(), mode="rigid").events
    kinds = ("end_of_turn", "barge_in")
    assert [(one.type, one.t_ms) for one in replayed if one.type in kinds] == [
        (one.type, one.t_ms) for one in happened if one.type in kinds
    ]


def test_a_stereo_device_at_48_khz_is_mixed_and_resampled(tmp_path: Path) -> None:
    cards = ArrayCards(rate=48_000, channels=2)
    with running(cards, tmp_path) as session:
        device = session.snapshot().input
        assert device is not None
        assert (device.rate, device.channels) == (48_000, 2)
        assert "48 kHz" in device.note
        assert "2 channels are mixed" in device.note
        talk(session, cards, np.asarray(soxr.resample(caller(), 16_000, 48_000), np.float32), 48_000)
        assert {"end_of_turn", "response_start", "barge_in"} <= set(events(session.take()))


def test_lost_audio_is_reported_and_pauses_the_clock(tmp_path: Path) -> None:
    cards, quiet = ArrayCards(), np.zeros(160, np.float32)
    with running(cards, tmp_path) as session:
        talk(session, cards, np.zeros(16_000, np.float32))
        cards.push(np.zeros(16_000 * 5, np.float32))  # more than fits
        cards.push(quiet, overrun=True)
        talk(session, cards, np.zeros(8_000, np.float32))
        wait_for(lambda: session.snapshot().counters.overruns, "the overrun")
        counters = session.snapshot().counters
        assert (counters.dropped_samples, counters.drops) == (80_000, 1)
        assert session.snapshot().now_ms < 1600
        assert "5000 ms of audio were dropped" in notices(session.take())


@pytest.mark.slow
def test_another_speaker_ends_no_call_and_what_was_heard_of_the_one_before_is_forgotten(tmp_path: Path) -> None:
    cards, quiet = ArrayCards(), np.zeros(3200, np.float32)
    with running(cards, tmp_path) as session:
        talk_in_a_room(session, cards, caller()[: 16_000 * 7], loss_db=10, delay_ms=30)
        assert session.snapshot().hears_itself
        session.take()
        session.send(UseOutput(None))
        wait_for(lambda: "speaker array" in notices(session.take()), "the other speaker")
        talk(session, cards, quiet)
        assert (session.snapshot().phase, session.snapshot().hears_itself) == ("running", False)


@pytest.mark.parametrize(("loss_db", "is_monitor"), [(0.0, True), (20.0, False)])
def test_under_any_guard_a_speakers_monitor_is_no_microphone(loss_db: float, is_monitor: bool) -> None:
    gate = EchoGate(CallControls(EchoGuard.CANCELLATION, 30.0))
    voice, told = BundledVoice().spoken(("Good", "morning"), 3000), []
    assert voice is not None
    for number, start in enumerate(range(0, len(voice) - FRAME_SAMPLES, FRAME_SAMPLES)):
        block = voice[start : start + FRAME_SAMPLES]
        gate.played.put(block, 16_000, number)
        gate.listen(Frame(block * np.float32(10 ** (-loss_db / 20)), number, 0))
        gate.heard(-30.0, agent_sounds=True, round_trip_ms=0.0)
        told.append(gate.new_self_hearing())
    wanted = [
        "the microphone hears the agent, 0 dB: it may be the speaker's own monitor; choose another microphone"
    ]
    assert [one for one in told if one] == wanted * is_monitor


def test_a_frame_is_recorded_as_it_was_heard() -> None:
    wishes, frame = CallControls(EchoGuard.HEADPHONES, 30.0), np.full(512, 0.1, np.float32)
    guard = EchoGate(wishes)
    for muted in (False, True):
        wishes.muted = muted
        guard.listen(Frame(frame, 0.0, 0))
        heard, _ = guard.heard(-20.0, agent_sounds=False, round_trip_ms=0.0)
        wishes.muted = not muted
        assert np.array_equal(guard.kept(), heard)


def test_a_muted_microphone_is_neither_heard_nor_recorded_and_a_pause_stops_the_clock(tmp_path: Path) -> None:
    cards = ArrayCards()
    with running(cards, tmp_path) as session:
        session.send(Mute(True))
        session.send(Record(True))
        wait_for(lambda: session.snapshot().recording, "the recording")
        talk(session, cards, caller()[: 16_000 * 3])
        assert events(session.take()) == []
        assert session.snapshot().level.peak_db > -30
        session.send(Pause(True))
        wait_for(lambda: session.snapshot().phase == "paused", "the pause")
        paused_ms = session.snapshot().now_ms
        cards.push(np.full(16_000, 0.99, np.float32))
        wait_for(lambda: session.snapshot().level.rms_db > -1, "the level, which is shown all the same")
        cards.push(np.zeros(1024, np.float32))
        wait_for(lambda: session.snapshot().level.rms_db < -90, "the end of what is not heard")
        session.send(Pause(False))
        wait_for(lambda: session.snapshot().phase == "running", "the end of the pause")
        assert session.snapshot().now_ms == paused_ms
    (path,) = tmp_path.glob("*.flac")
    assert not sf.read(path)[0].any()


def test_a_new_call_may_begin_with_a_greeting_which_a_recording_begun_later_leaves_out(tmp_path: Path) -> None:
    cards, quiet = ArrayCards(), np.zeros(16_000, np.float32)
    with running(cards, tmp_path) as session:
        session.send(NewCall(default_scenario(greeting=True)))
        talk(session, cards, quiet)
        assert "response_start" in events(session.take())
        session.send(Record(True))
        wait_for(lambda: session.snapshot().recording, "the recording")
        talk(session, cards, quiet)
    (path,) = tmp_path.glob("*.flac")
    assert open_recording(path).scenario == default_scenario()


def test_the_length_of_cut_off_audio_is_reported() -> None:
    model = SilenceOnly()
    with ThreadPoolExecutor(1) as judges:
        whole, cut = (
            LiveAgent(ARM.config, default_profile(), default_scenario(), model, BundledVoice(), None, judges, 0)
            for _ in range(2)
        )
        said = np.zeros(0, np.float32)
        frames = caller()[: 16_000 * 9 // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
        chunks: list[tuple[int, Samples]] = []
        for frame in frames:
            whole.hear(frame, "A")
            if any(event.type == "barge_in" for event in cut.hear(frame, "A")):
                break
            said = np.concatenate([said, whole.say()[0]])
            sounds = cut.sounds_at(cut.now_ms, cut.now_ms + FRAME_MS)
            if sounds:
                cut.unsay()
            chunk, _ = cut.say()
            if sounds:
                chunks.append((cut.now_ms * 16, chunk))
    assert sum(len(chunk) > 4000 and bool(chunk.any()) for _, chunk in chunks) > 10
    for start, chunk in chunks:
        expected = said[start : start + len(chunk)]
        np.testing.assert_array_equal(chunk[: len(expected)], expected)


def test_a_microphone_that_cannot_be_opened_is_tried_again(tmp_path: Path) -> None:
    cards = ArrayCards()
    cards.fault = "the microphone 'array' is not available; is it plugged in?"
    with running(cards, tmp_path) as session:
        wait_for(lambda: session.snapshot().phase == "failed", "the failure")
        assert session.snapshot().standing == cards.fault
        cards.fault = ""
        wait_for(lambda: session.snapshot().phase == "running", "the microphone")
        assert session.snapshot().standing == ""
        assert notices(session.take()).count("not available") == 1


def test_a_session_that_cannot_begin_says_why_and_ends(tmp_path: Path) -> None:
    session = LiveSession(SessionSettings(arms=(ARM,), voice="robot"), ArrayCards(), tmp_path)
    session.start()
    wait_for(lambda: session.snapshot().phase == "failed", "the failure")
    session.stop()
    assert "unknown voice 'robot'" in session.snapshot().standing
    assert "unknown voice 'robot'" in notices(session.take())


class PortAudioError(Exception):
    """As sounddevice raises it: a sentence, a code, and possibly the host sound system's message."""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PortAudioError("Error opening InputStream", -9997), "refuses the sample rates 16 and 48 and 44.1 kHz"),
        (PortAudioError("Error opening InputStream", -9985), "not in use by another program"),
        (PortAudioError("Error opening", -9999, ("ALSA", -13, "Permission denied")), "permission denied"),
        (PortAudioError("Error opening", -9986), "cannot be opened (Error opening)"),
    ],
)
def test_why_a_device_does_not_open_is_one_sentence(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_options: Any) -> None:
        raise error

    module = SimpleNamespace(InputStream=refuse, PortAudioError=PortAudioError)
    monkeypatch.setattr(streams, "portaudio", lambda: module)
    heard: Callable[..., None] = lambda *_: None  # noqa: E731
    with pytest.raises(DeviceError, match=r"^the microphone 'Mic'") as refused:
        streams.open_input(Device("Mic", "ALSA", 2, 48_000, True, 0), heard)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_busy_device_is_not_reported_as_refusing_rates(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    errors = iter([PortAudioError("Invalid sample rate", -9997), PortAudioError("Device unavailable", -9985)])

    def refuse(**_options: Any) -> None:
        raise next(errors)

    module = SimpleNamespace(InputStream=refuse, PortAudioError=PortAudioError)
    monkeypatch.setattr(streams, "portaudio", lambda: module)
    with pytest.raises(DeviceError, match="not in use by another program"):
        streams.open_input(Device("Mic", "ALSA", 2, 48_000, True, 0), lambda *_: None)


def test_a_stream_that_cannot_even_be_asked_is_not_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        latency = 0.01

        def start(self) -> None:
            pass

        @property
        def active(self) -> bool:
            raise PortAudioError("Invalid stream pointer", -9988)

    module = SimpleNamespace(OutputStream=lambda **_: Broken(), PortAudioError=PortAudioError)
    monkeypatch.setattr(streams, "portaudio", lambda: module)
    assert not streams.open_output(Device("Speaker", "ALSA", 2, 48_000, True, 0), lambda *_: None).alive
