"""The files themselves: format, length, size, levels."""

import numpy as np
import pytest
import soundfile

from tests.recordings.bundle import FOLDER, IDS, frames_db, inside, recording

SCENES = {"booking", "thinking", "coughs", "backchannels", "interruptions", "fast-talker", "telephone"}


def test_every_scene_is_bundled_with_its_labels_and_scenario() -> None:
    assert set(IDS) >= SCENES
    for name in IDS:
        assert (FOLDER / f"{name}.json").exists()
        assert (FOLDER / f"{name}.scenario.json").exists()


def test_all_audio_together_is_small() -> None:
    assert sum((FOLDER / f"{name}.flac").stat().st_size for name in IDS) < 6_000_000


def test_one_recording_is_stored_as_the_telephone_delivers_it() -> None:
    assert soundfile.info(FOLDER / "telephone.flac").samplerate == 8_000


@pytest.mark.parametrize("name", IDS)
def test_format_and_length(name: str) -> None:
    info = soundfile.info(FOLDER / f"{name}.flac")
    assert (info.format, info.subtype, info.channels) == ("FLAC", "PCM_16", 1)
    assert info.samplerate in (8_000, 16_000)
    assert 20 <= info.duration <= 60
    assert info.duration == pytest.approx(recording(name).label["duration_s"], abs=0.0015)


@pytest.mark.parametrize("name", IDS)
def test_speech_is_loud_and_never_clips(name: str) -> None:
    samples, _ = soundfile.read(FOLDER / f"{name}.flac", dtype="int16")
    peak_db = 20 * np.log10(np.abs(samples.astype(np.float64)).max() / 32768)
    assert -9 < peak_db < -4


@pytest.mark.parametrize("name", IDS)
def test_the_room_is_never_digitally_silent(name: str) -> None:
    found = recording(name)
    levels = frames_db(found.audio, 50)
    quiet = ~(
        inside(found.spans("speech"), levels.size, 0.05, 0.2) | inside(found.single_noises, levels.size, 0.05, 0.2)
    )
    assert levels.min() > -66
    assert np.median(levels[quiet]) < (-35 if found.label["condition"]["bed"] else -54)


@pytest.mark.parametrize("name", IDS)
def test_no_click_in_the_room_tone(name: str) -> None:
    found = recording(name)
    step = np.abs(np.diff(found.audio))
    busy = inside(found.spans("speech") + found.single_noises, step.size, 1 / 16_000, 0.06)
    quiet = step[~busy]
    assert quiet.max() < 14 * quiet.std()


@pytest.mark.parametrize("name", IDS)
def test_energy_lies_inside_the_labelled_speech_and_not_outside(name: str) -> None:
    found = recording(name)
    levels = frames_db(found.audio)
    speech = inside(found.spans("speech"), levels.size, 0.01)
    known = inside(found.spans("speech") + found.single_noises, levels.size, 0.01, 0.03)
    floor = float(np.median(levels[~known]))
    assert np.mean(levels[speech] > floor + 6) > (0.6 if found.label["condition"]["bed"] else 0.85)
    assert np.mean(levels[~known] > max(floor + 9, -44.0)) < 0.001


@pytest.mark.parametrize("name", [n for n in IDS if recording(n).label["condition"]["bed"] is None])
def test_speech_starts_and_ends_where_its_labels_say(name: str) -> None:
    found = recording(name)
    levels = frames_db(found.audio)
    for start, end in found.spans("speech"):
        first, last = round(start * 100), round(end * 100)
        assert levels[first : first + 3].max() > -50, f"nothing sounds at {start}"
        assert levels[last - 3 : last].max() > -50, f"nothing sounds at {end}"
