"""Audio in every form: formats, rates, widths, channels, and invalid samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import soxr

from simulator.activity.analyzer import analyze
from simulator.activity.end_of_turn import SilenceOnly
from simulator.audio.source import open_audio
from simulator.errors import AudioError
from simulator.recording import bundled_folder, find_audio


@pytest.fixture(scope="module")
def speech() -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Twelve seconds of the booking call at 16 kHz."""
    return open_audio(bundled_folder() / "booking.flac").samples()[: 12 * 16_000]


@pytest.mark.parametrize(
    ("suffix", "rate", "subtype"),
    [
        ("wav", 8_000, "PCM_16"),
        ("wav", 8_000, "ULAW"),
        ("wav", 16_000, "PCM_U8"),
        ("wav", 44_100, "PCM_24"),
        ("wav", 48_000, "FLOAT"),
        ("wav", 96_000, "PCM_32"),
        ("wav", 11_025, "DOUBLE"),
        ("flac", 22_050, "PCM_24"),
        ("ogg", 48_000, "VORBIS"),
        pytest.param("mp3", 44_100, "MPEG_LAYER_III", marks=pytest.mark.slow),
    ],
)
def test_the_same_speech_is_heard_in_every_format(
    tmp_path: Path, speech: np.ndarray[tuple[int], np.dtype[np.float32]], suffix: str, rate: int, subtype: str
) -> None:
    path = tmp_path / f"call.{suffix}"
    sf.write(path, soxr.resample(speech, 16_000, rate), rate, subtype=subtype)
    sf.write(tmp_path / "reference.wav", speech, 16_000, subtype="FLOAT")
    found = analyze(open_audio(path), SilenceOnly())
    reference = analyze(open_audio(tmp_path / "reference.wav"), SilenceOnly())
    assert abs(found.duration_ms - reference.duration_ms) <= 100
    heard, expected = (sum(s.end_ms - s.start_ms for s in one.spans) for one in (found, reference))
    assert heard == pytest.approx(expected, rel=0.12)
    assert abs(found.spans[0].start_ms - reference.spans[0].start_ms) <= 128


def test_the_callers_channel_is_read_and_a_guess_is_marked(
    tmp_path: Path, speech: np.ndarray[tuple[int], np.dtype[np.float32]]
) -> None:
    path = tmp_path / "stereo.wav"
    sf.write(path, np.stack([np.zeros_like(speech), speech], axis=1), 16_000)
    guessed, chosen = open_audio(path), open_audio(path, caller_channel=1)
    assert guessed.guessed_channel
    assert not chosen.guessed_channel
    assert not analyze(guessed, SilenceOnly()).spans
    assert analyze(chosen, SilenceOnly()).spans
    assert guessed.content_hash() != chosen.content_hash()
    with pytest.raises(AudioError, match="from 1 to 2"):
        open_audio(path, caller_channel=2)


def test_nan_and_clipped_samples_do_not_affect_later_audio(
    tmp_path: Path, speech: np.ndarray[tuple[int], np.dtype[np.float32]]
) -> None:
    hurt = speech.copy()
    hurt[1000:1010] = np.nan
    hurt[2000] = np.inf
    hurt[3000:3100] = 37.0
    sf.write(tmp_path / "hurt.wav", hurt, 16_000, subtype="FLOAT")
    sf.write(tmp_path / "well.wav", speech, 16_000, subtype="FLOAT")
    found, reference = (analyze(open_audio(tmp_path / name), SilenceOnly()) for name in ("hurt.wav", "well.wav"))
    assert np.isfinite(found.probability).all()
    assert found.envelope.max() <= 1.0
    assert len(found.spans) >= len(reference.spans) > 0


def test_a_folder_gives_its_audio_in_order_and_each_file_once(tmp_path: Path) -> None:
    for name in ("b.WAV", "a.flac", "notes.txt", "a.json"):
        (tmp_path / name).write_bytes(b"x")
    assert find_audio([tmp_path, tmp_path / "a.flac"]) == [tmp_path / "a.flac", tmp_path / "b.WAV"]
    with pytest.raises(AudioError, match="no such file or folder"):
        find_audio([tmp_path / "c"])
