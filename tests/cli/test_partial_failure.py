"""One bad file does not stop the others: it is named, they are processed, and the exit code is 1."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from simulator.recording import bundled_folder
from tests.cli.conftest import Turnlab


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One good recording among one with invalid labels, a truncated one, and a text file."""
    place = tmp_path / "calls"
    place.mkdir()
    for name in ("good", "mislabelled"):
        shutil.copy(bundled_folder() / "coughs.flac", place / f"{name}.flac")
    (place / "mislabelled.json").write_text('{"turns": [{"start_s": 3.0, "end_s": 2.0}]}')
    flac = (bundled_folder() / "coughs.flac").read_bytes()
    (place / "broken.flac").write_bytes(flac[: len(flac) // 2])
    (place / "text.wav").write_text("hello")
    return place


def test_simulate_reports_what_it_can(turnlab: Turnlab, folder: Path) -> None:
    done = turnlab("simulate", folder, "--json")
    assert done.code == 1
    report = json.loads(done.out)
    assert [one["id"] for one in report["recordings"]] == ["good"]
    assert [one["recording"] for one in report["runs"]] == ["good"]
    assert sorted(Path(one["path"]).name for one in report["failed"]) == [
        "broken.flac",
        "mislabelled.flac",
        "text.wav",
    ]
    lines = done.err.splitlines()
    assert len(lines) == 3
    for name in ("mislabelled.json", "broken.flac", "text.wav"):
        assert sum(name in line for line in lines) == 1


def test_the_table_has_the_good_recordings_too(turnlab: Turnlab, folder: Path) -> None:
    done = turnlab("simulate", folder)
    assert done.code == 1
    assert "good, 5 detected turns; times count" in done.out


def test_a_recording_without_an_agent_leaves_scripted_replay_to_the_others(turnlab: Turnlab, tone: Path) -> None:
    done = turnlab("simulate", tone, bundled_folder() / "coughs.flac", "--replay", "scripted", "--json")
    assert done.code == 1
    assert [one["recording"] for one in json.loads(done.out)["runs"]] == ["coughs"]
    assert "labelled agent windows" in done.err


def test_recordings_lists_the_good_ones(turnlab: Turnlab, folder: Path) -> None:
    done = turnlab("recordings", folder, "--json")
    assert done.code == 1
    assert [one["id"] for one in json.loads(done.out)] == ["good"]
    assert len(done.err.splitlines()) == 3


def test_without_a_usable_file_only_the_errors_are_printed(turnlab: Turnlab, folder: Path) -> None:
    (folder / "good.flac").unlink()
    done = turnlab("simulate", folder, "--json")
    assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 3)


def test_debug_shows_every_traceback(turnlab: Turnlab, folder: Path) -> None:
    done = turnlab("simulate", folder, "--debug")
    assert done.code != 0
    assert done.err.count("LabelError: ") == 1
    assert done.err.count("AudioError: ") >= 2
