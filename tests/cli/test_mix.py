"""``turnlab simulate --mix``: the audio in the file matches the report."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from simulator.recording import bundled_folder
from tests.cli.conftest import Turnlab

CALL = bundled_folder() / "interruptions.flac"
QUICK = ("--eot", "silence")


def levels(samples: Any) -> Any:
    """Return the level of each 5 ms, dBFS."""
    power = np.mean(np.square(samples[: len(samples) // 80 * 80].reshape(-1, 80), dtype=np.float64), axis=1)
    return 10 * np.log10(np.maximum(power, 1e-12))


def joined(spans: list[tuple[float, float]], apart_s: float = 0.14) -> list[tuple[float, float]]:
    """Return spans, merged across very short pauses."""
    found: list[tuple[float, float]] = []
    for start, end in spans:
        if found and start - found[-1][1] <= apart_s:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


@pytest.mark.parametrize("voice", [pytest.param("hibari", marks=pytest.mark.slow), "clips"])
def test_the_mix_holds_what_the_report_says(turnlab: Turnlab, tmp_path: Path, voice: str) -> None:
    path = tmp_path / ("call.flac" if voice == "hibari" else "call.wav")
    config = '{"barge_in_min_speech_s": 0.5}'
    run = turnlab("simulate", CALL, "-c", config, *QUICK, "--mix", path, "--voice", voice, "--json").json()["runs"][
        0
    ]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    with sf.SoundFile(path) as file:
        assert (file.samplerate, file.channels, file.subtype) == (16_000, 2, "PCM_16")
        caller, agent = file.read(dtype="float32").T
    assert len(caller) == pytest.approx(run["timeline"]["duration_seconds"] * 16_000, abs=16)

    said = [one for one in run["timeline"]["segments"] if one["lane"] == "agent"]
    assert sum(one["type"] == "interrupted_speech" for one in said) >= 2
    reported = joined(sorted((one["start"], one["end"]) for one in said))
    windows = np.flatnonzero(levels(agent) >= -45.0) * 0.005
    heard = joined([(start, start + 0.005) for start in windows])
    late = [event for event in run["events"] if event["type"] == "underrun" and event["late_ms"] > 140]
    assert len(heard) == len(reported) + len(late)
    if not late:
        assert np.allclose(heard, reported, atol=0.011), "from the first millisecond to the last"

    level = levels(caller)
    first = [event["start"] for event in run["events"] if event["type"] == "speech_start"][::2]
    for start in first:
        before, after = (level[round((start + at) * 200) :][:30].mean() for at in (-0.3, 0.05))
        assert after > before + 10, "the caller speaks where the report says so"


def test_an_impossible_mix_is_reported_before_any_work(turnlab: Turnlab, tmp_path: Path) -> None:
    def refused(*more: str | Path) -> str:
        return turnlab("simulate", CALL, *QUICK, *more).one_line(2)

    assert "end the name with .wav or .flac" in refused("--mix", tmp_path / "call.mp3")
    assert "there is no folder" in refused("--mix", tmp_path / "none" / "call.wav")
    assert "name one recording and one --config" in refused(
        *("--mix", tmp_path / "call.wav", "-c", "balanced", "-c", "quality")
    )
    assert "choose hibari, clips or silent" in refused("--mix", tmp_path / "call.wav", "--voice", "alto")
    assert "give --mix FILE too" in refused("--voice", "clips")
    (tmp_path / "mine.wav").write_bytes(b"mine")
    assert "is there already" in refused("--mix", tmp_path / "mine.wav")
    assert (tmp_path / "mine.wav").read_bytes() == b"mine"
    turnlab(
        "simulate", CALL, *QUICK, "--mix", tmp_path / "mine.wav", "--voice", "silent", "--force", "--json"
    ).json()
    with sf.SoundFile(tmp_path / "mine.wav") as file:
        assert not file.read()[:, 1].any(), "a silent agent"
