"""A simulated call being played: both sides if the run has them, switched and paused without a gap."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import soxr

from base.samples import Samples
from presets.config import parse
from simulator.activity.model import Activity
from simulator.audio.source import open_audio
from simulator.devices.playback_buffer import PlaybackBuffer
from simulator.engine.profile import default_profile
from simulator.playing.call_mix import CallMix, both_ears, same_moment, write_mix
from simulator.playing.player import AHEAD, LEAD, Player
from simulator.playing.speaker import NoSpeaker, SpeakerReport, SystemSpeaker
from simulator.recording import Recording, open_recording
from simulator.study import Arm, run
from simulator.voice.voice import BundledVoice, SilentVoice, Voice
from tests.full_disk import most_bytes_of_a_file
from tests.virtual_audio import SPEAKER_RATE, VirtualAudio, missing

TIMEOUT_S = 30.0
MODELS = ("sonic-turbo", "sonic-3")
Bundled = list[tuple[Recording, Activity]]


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def call(bundled: Bundled, name: str, voice: Voice, tts_model: str = "sonic-turbo") -> CallMix:
    recording, activity = next(one for one in bundled if one[0].id == name)
    arm = Arm("arm", parse({"tts_model": tts_model, "filler_style": "silent"}))
    return CallMix(recording, activity, run(recording, activity, arm, default_profile()).played, voice)


def test_any_window_of_a_call_is_the_same_window_of_the_whole(bundled: Bundled) -> None:
    mix = call(bundled, "telephone", BundledVoice())  # at 8 kHz, and stretched by the replay
    assert mix.played.mode == "elastic"
    assert any(place.shift_ms for place in mix.played.placements)
    whole = mix.read(0, mix.length)
    for start, count in [
        (0, 100),
        (30 * 16_000, 5000),
        (mix.length - 777, 777),
        (16_000 * 7 + 3, 40_000),
        (5, 512),
    ]:
        assert np.allclose(mix.read(start, count), whole[start : start + count], atol=1e-6)
    recorded = mix._caller._recording.source.samples()
    for place in mix.played.placements:
        shift = place.shift_ms * 16
        placed = whole[place.start_ms * 16 + shift : place.end_ms * 16 + shift, 0]
        assert np.allclose(placed, recorded[place.start_ms * 16 : place.end_ms * 16], atol=1e-6)
    quiet = np.ones(mix.length, bool)
    for sound in mix.played.sounds:
        quiet[sound.start_ms * 16 : sound.end_ms * 16] = False
    assert not whole[quiet, 1].any()
    assert np.abs(whole[~quiet, 1]).max() > 0.05


def test_a_source_read_from_a_second_on_gives_the_samples_of_the_whole(tmp_path: Path) -> None:
    sound = np.random.default_rng(1).normal(0, 0.1, 44_100 * 9).astype(np.float32)
    sf.write(tmp_path / "noise.wav", sound, 44_100)
    source = open_audio(tmp_path / "noise.wav")
    whole = source.samples()
    for from_s in (1, 5, 8):
        assert np.allclose(np.concatenate([*source.blocks(from_s)]), whole[from_s * 16_000 :], atol=1e-4)
    assert not len(np.concatenate([np.zeros(0), *source.blocks(20)]))


def test_equal_moments_of_two_arms_have_equal_caller_audio(bundled: Bundled) -> None:
    quick, slow = (call(bundled, "booking", SilentVoice(), model).played for model in MODELS)
    assert quick.placements != slow.placements
    for here, there in zip(quick.placements, slow.placements, strict=True):
        own_ms = here.start_ms + here.shift_ms + 300
        assert same_moment(quick, slow, own_ms) == there.start_ms + there.shift_ms + 300
    assert same_moment(quick, slow, quick.duration_ms + 1) <= slow.duration_ms
    assert same_moment(quick, slow, 0) == 0


class Tape:
    """A speaker that records its input, and plays as far as it may."""

    name = "tape"
    trouble = ""
    ready = True

    def __init__(self) -> None:
        self.played = 0
        self.given = np.zeros(0, np.float32)
        self.closed = False

    def put(self, index: int, samples: Samples) -> None:
        assert index >= self.played, "what is played already cannot be taken back"
        self.given = np.concatenate([self.given[:index], samples])

    def close(self) -> None:
        self.closed = True

    def play_to(self, index: int) -> None:
        wait_for(lambda: len(self.given) >= index)
        self.played = index


def test_switching_arms_leaves_no_gap_in_the_caller(bundled: Bundled) -> None:
    here, there = (call(bundled, "booking", SilentVoice(), model) for model in MODELS)
    place, other = here.played.placements[2], there.played.placements[2]
    start_ms = place.start_ms + place.shift_ms
    assert start_ms != other.start_ms + other.shift_ms
    tape = Tape()
    player = Player(lambda: tape)
    player.play(here, start_ms, (there,))
    for index in range(0, 9600, 800):
        tape.play_to(index)
    assert player.now()[:3] == (here, start_ms + 8800 // 16, True)
    player.turn_to(there, (here,))
    wait_for(lambda: player._laid[1][-1].mix is there)
    assert player.now().mix is here, "what is on its way is heard first"
    for index in range(9600, 24_000, 800):
        tape.play_to(index)
    assert player.now().mix is there
    assert player.now().own_ms == other.start_ms + other.shift_ms + 23_200 // 16
    spoken = here.read(start_ms * 16, 23_200)[:, 0]
    assert np.abs(spoken).max() > 0.01
    assert np.allclose(tape.given[80:23_200], spoken[80:], atol=1e-4), "the caller speaks on as if nothing were"
    player.pause()
    wait_for(lambda: not player.now().playing)
    assert len(tape.given) <= 23_200 + LEAD + 80
    assert abs(tape.given[-1]) < 1e-3, "without a click"
    tape.played = len(tape.given)
    rests_ms = player.now().own_ms
    player.seek(rests_ms + 1000)
    wait_for(lambda: player.now().own_ms == rests_ms + 1000)
    player.turn_to(here)
    wait_for(lambda: player.now().mix is here)
    assert not player.now().playing
    player.play(here, here.length // 16 - 100)
    wait_for(lambda: len(tape.given) >= tape.played + 1600)
    tape.played = len(tape.given)
    wait_for(lambda: not player.now().playing)
    assert player.now().own_ms == here.length // 16
    player.close()
    assert tape.closed


def test_both_sides_are_played_and_a_lost_speaker_is_reported(bundled: Bundled) -> None:
    mix = call(bundled, "booking", BundledVoice())
    sound = mix.played.sounds[0]
    tape = Tape()
    player = Player(lambda: tape)
    player.play(mix, sound.start_ms - 100)
    tape.play_to(3200)
    expected = both_ears(mix.read((sound.start_ms - 100) * 16, 6400))
    wait_for(lambda: len(tape.given) >= 6400)
    assert np.array_equal(tape.given[80:6400], expected[80:])
    assert len(tape.given) <= 3200 + AHEAD + 800
    tape.trouble = "the speaker 'tape' takes no more sound; is it still plugged in?"
    wait_for(lambda: player.now().no_sound == tape.trouble)
    assert tape.closed
    at_ms = player.now().own_ms
    assert at_ms >= sound.start_ms + 100
    wait_for(lambda: player.now().own_ms > at_ms + 100)
    assert player.now().playing, "time goes on"
    player.close()


@pytest.mark.realtime
def test_without_a_device_the_speakers_process_says_so(bundled: Bundled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    player = Player(SystemSpeaker)
    mix = call(bundled, "coughs", SilentVoice())
    player.play(mix, mix.length // 16 - 500)
    wait_for(lambda: not player.now().playing and player.now().own_ms == mix.length // 16)
    # with a sound card beside PulseAudio, nothing is wrong
    assert player.now().no_sound in ("there is no speaker; plug one in and try again", "")
    player.close()


@pytest.mark.realtime
@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_playback_time_continues_without_the_speaker(bundled: Bundled, monkeypatch: pytest.MonkeyPatch) -> None:
    mix = call(bundled, "coughs", BundledVoice())
    start_ms = mix.played.sounds[0].start_ms
    sound = VirtualAudio()
    sound.use(monkeypatch)
    player = Player(SystemSpeaker)
    try:
        sound.start(awake=False)
        listener = sound.listen()
        wanted = both_ears(mix.read(start_ms * 16, 16_000))

        def is_heard() -> bool:
            """Play it. On a busy machine the speaker may miss a block: then try again."""
            player.play(mix, start_ms - 200)
            wait_for(lambda: player.now().own_ms > start_ms + 1800 or bool(player.now().no_sound))
            assert not player.now().no_sound
            heard = np.asarray(soxr.resample(listener.heard()[-5 * SPEAKER_RATE :], SPEAKER_RATE, 16_000))
            if len(heard) < len(wanted):
                return False
            match = np.fft.irfft(np.fft.rfft(heard, 1 << 18) * np.conj(np.fft.rfft(wanted, 1 << 18)))
            at = int(np.argmax(match[: max(len(heard) - len(wanted), 1)]))
            return bool(np.corrcoef(heard[at : at + len(wanted)], wanted)[0, 1] > 0.99)

        wait_for(is_heard)
        sound.pull()
        wait_for(lambda: "takes no more sound; is it still plugged in?" in player.now().no_sound)
        gone_ms = player.now().own_ms
        wait_for(lambda: player.now().own_ms > gone_ms + 50)
    finally:
        player.close()
        sound.stop()


def test_all_of_a_sound_is_played_at_the_speakers_own_rate() -> None:
    waiting, block = PlaybackBuffer(), np.ones((9600, 2), np.float32)
    waiting.opened(48_000, 0.0)
    sound = np.zeros(1600, np.float32)
    sound[-80:] = 0.5  # like a fade at a pause: what is not played now comes with the next sound
    waiting.lay(0, sound)
    waiting.render(block, False)
    assert waiting.played == 1600
    assert np.array_equal(block[:, 0], block[:, 1])
    assert block[:, 0].sum() == pytest.approx(0.5 * 80 * 3, rel=0.02)
    waiting.lay(1600, np.zeros(1600, np.float32))
    waiting.render(block, False)
    assert np.abs(block).max() < 0.01


def test_library_output_does_not_disturb_the_speaker_protocol(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sounddevice.py").write_text(
        "import os\nos.write(1, b'jack server is not running\\n')\nraise OSError('PortAudio library not found')\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    speaker = SystemSpeaker()
    wait_for(lambda: speaker.ready)
    assert "PortAudio's library" in speaker.trouble
    speaker.close()


def test_a_speaker_that_is_closed_while_it_opens_is_not_killed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Killing PortAudio during its start can leave JACK's library locked for every later program."""
    started, ended = tmp_path / "started", tmp_path / "ended"
    (tmp_path / "sounddevice.py").write_text(
        "import time\nfrom pathlib import Path\n"
        f"Path({str(started)!r}).touch()\ntime.sleep(1)\nPath({str(ended)!r}).touch()\n"
        "raise OSError('PortAudio library not found')\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    speaker = SystemSpeaker()
    wait_for(started.exists)
    speaker.close()
    wait_for(ended.exists)
    wait_for(lambda: bool(speaker.trouble))
    assert "PortAudio's library" in speaker.trouble, "it had the time to say what failed"


@pytest.mark.realtime
@pytest.mark.skipif(missing() is not None, reason=str(missing()))
@pytest.mark.parametrize("end", ["the other end dies in the middle of a block", "the speaker is pulled"])
def test_the_speakers_process_ends_in_order(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = VirtualAudio()
    sound.use(monkeypatch)
    command = [sys.executable, "-m", "simulator.playing.speaker_process"]
    try:
        sound.start(awake=False)
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            report = pickle.load(process.stdout)
            assert isinstance(report, SpeakerReport)
            assert report.opened
            if end == "the speaker is pulled":
                sound.pull()
            else:
                process.stdin.write(pickle.dumps((0, np.zeros(100, np.float32)))[:-7])
                process.stdin.close()
            try:
                assert process.wait(TIMEOUT_S) == 0
            finally:
                process.kill()
    finally:
        sound.stop()


def test_a_recording_deleted_during_playback_is_reported(bundled: Bundled, tmp_path: Path) -> None:
    mix = call(bundled, "coughs", SilentVoice())
    path = tmp_path / "gone.wav"
    sf.write(path, np.zeros(16_000, np.float32), 16_000)
    recording = open_recording(path)
    path.unlink()
    gone = CallMix(
        replace(mix._caller._recording, source=recording.source), mix._caller._activity, mix.played, SilentVoice()
    )
    player = Player(NoSpeaker)
    player.play(gone, 1000)
    wait_for(lambda: "stopped being readable" in player.now().fault)
    assert not player.now().playing
    player.play(mix, 1000)
    wait_for(lambda: player.now().own_ms > 1000)
    assert not player.now().fault
    player.close()


def test_a_mix_that_does_not_fit_on_the_disk_is_an_error_like_any_other(
    bundled: Bundled, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    mix = call(bundled, "coughs", SilentVoice())
    for name in ("call.wav", "call.flac"):
        with most_bytes_of_a_file(60_000), pytest.raises(OSError, match="not all of the sound could be written"):
            write_mix(tmp_path / name, mix, replace=False)
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr().err == "", "which would be seen on the screen"
