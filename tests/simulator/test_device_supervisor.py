"""Devices that come and go during a session: they are reported, and the session continues."""

from __future__ import annotations

import os
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from simulator.devices import DeviceError, Devices, portaudio
from simulator.devices.portaudio import Way
from simulator.session import device_supervisor
from simulator.session.child import LiveSession
from simulator.session.commands import UseInput, UseOutput
from tests.array_cards import ArrayCards
from tests.simulator.live_calls import caller, events, notices, running, talk
from tests.virtual_audio import wait_for

SILENCE = np.zeros(16_000, np.float32)


def standing(session: LiveSession) -> str:
    return session.snapshot().standing


def test_a_replacement_microphone_is_reported_by_name(tmp_path: Path) -> None:
    cards = ArrayCards()
    with running(cards, tmp_path) as session:
        cards.fault = "the microphone 'array' is not available; is it plugged in?"
        assert cards.microphone is not None
        cards.microphone.alive = False
        wait_for(lambda: "is gone" in standing(session), "the loss")
        session.send(UseInput("other"))
        wait_for(lambda: "there is no microphone 'other' now" in standing(session), "the other one")
        cards.fault = ""
        session.send(UseInput("array"))
        wait_for(lambda: session.snapshot().phase == "running", "the microphone")
        assert standing(session) == ""


@pytest.mark.realtime
def test_a_silent_microphone_that_cannot_be_opened_is_reported_once(tmp_path: Path) -> None:
    cards = ArrayCards()
    with running(cards, tmp_path) as session:
        wait_for(lambda: session.snapshot().phase == "no audio", "the silence")
        session.take()
        cards.fault = "the microphone 'array' is not available; is it plugged in?"
        wait_for(lambda: session.snapshot().phase == "failed", "the failure")
        cards.fault = ""
        wait_for(lambda: session.snapshot().phase != "failed", "the microphone")
        said = notices(session.take())
    assert said.count("is not available") == 1
    assert said.index("is not available") < said.index("microphone array, back again")
    assert "speaker array" not in said, "it was there all the time"


@pytest.mark.realtime
def test_the_length_of_microphone_silence_is_reported(tmp_path: Path) -> None:
    cards = ArrayCards()
    with running(cards, tmp_path) as session:
        talk(session, cards, SILENCE)
        wait_for(lambda: session.snapshot().phase == "no audio", "the silence")
        cards.push(SILENCE[:160])
        wait_for(lambda: session.snapshot().phase == "running", "audio")
        said = notices(session.take())
    told = re.search(r"delivers audio again, after ([\d.]+) s of nothing", said)
    assert told
    assert 1.0 <= float(told[1]) < 30.0


def test_sound_system_errors_are_reported_and_devices_retried(tmp_path: Path) -> None:
    cards = ArrayCards()
    with running(cards, tmp_path) as session:
        cards.raises = RuntimeError("stream pointer is broken")
        session.send(UseInput(None))
        wait_for(lambda: "the sound system failed (stream pointer is broken)" in standing(session), "the failure")
        assert session.snapshot().phase == "failed"
        cards.raises = None
        wait_for(lambda: session.snapshot().phase == "running", "the microphone")
        wait_for(lambda: session.snapshot().output, "the speaker")


def test_a_hanging_sound_system_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_supervisor, "TIMEOUT_S", 0.3)
    cards = ArrayCards()
    with running(cards, tmp_path) as session:
        cards.answers.clear()
        session.send(UseInput(None))
        wait_for(
            lambda: standing(session).startswith("the sound system does not answer; is it running?"), "the hang"
        )
        cards.answers.set()
        wait_for(lambda: standing(session) == "", "the answer")
        assert session.snapshot().phase == "running"


def test_nan_samples_do_not_disable_the_microphone(tmp_path: Path) -> None:
    cards = ArrayCards(rate=48_000)
    with running(cards, tmp_path) as session:
        talk(session, cards, np.full(4800, np.nan, np.float32), 48_000)
        talk(session, cards, np.repeat(caller()[: 16_000 * 3], 3), 48_000)
        assert "speech_start" in events(session.take())
        assert session.snapshot().level.clipped == 4800


def test_forbidden_sound_cards_are_not_reported_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    with TemporaryDirectory() as folder:
        monkeypatch.setattr(portaudio, "SOUND", Path(folder))
        Path(folder).chmod(0o755)
        assert "there is no microphone; plug one in" in not_found("input")
        for name in ("pcmC0D0c", "pcmC0D0p", "controlC0"):
            (Path(folder) / name).touch(mode=0)
        assert not_found("input").startswith("no microphone may be used: permission denied; add yourself")
        assert "no speaker may be used" in not_found("output")


def not_found(way: Way) -> str:
    """Return the message without a device, for a user who is not root."""
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        try:
            if os.getuid() == 0:
                os.setuid(65_534)
            Devices((), ()).find(way, None)
        except DeviceError as error:
            os.write(theirs, str(error).encode())
        finally:
            os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as told:
        said = told.read()
    os.waitpid(child, 0)
    return said


def test_another_speaker_or_none_leaves_the_microphone_alone(tmp_path: Path) -> None:
    cards = ArrayCards()
    with running(cards, tmp_path) as session:
        talk(session, cards, SILENCE)
        microphone = cards.microphone
        session.send(UseOutput(None, speaker=False))
        wait_for(lambda: session.snapshot().output is None, "no speaker")
        session.send(UseOutput("array"))
        wait_for(lambda: session.snapshot().output, "the speaker")
        talk(session, cards, SILENCE)
        assert cards.microphone is microphone
        assert "was away" not in notices(session.take())
        session.send(UseOutput("other"))
        wait_for(lambda: "there is no speaker 'other' now" in standing(session), "the other one")
        assert cards.microphone is not microphone, "other devices may have been plugged in meanwhile"


@pytest.mark.realtime
def test_a_stalled_speaker_is_reported_and_retried(tmp_path: Path) -> None:
    cards = ArrayCards()
    with running(cards, tmp_path) as session:
        step, unheard = 160, [*np.split(caller()[: 16_000 * 5], 500)]

        def go_on() -> bool:
            """Speak, then be silent. The speaker never requests audio."""
            cards.push(unheard.pop(0) if unheard else SILENCE[:step])
            wait_for(lambda: session.snapshot().behind_ms < 500, "the decisions")
            return "the speaker array takes no more sound" in standing(session)

        wait_for(go_on, "the hanging speaker")
        told = session.take()
        assert "response_start" in events(told)
        wait_for(lambda: not go_on() and standing(session) == "", "the speaker")
        assert "speaker array, back again" in notices(session.take())
