"""Unusual file names and kinds in a folder: none of them hides the others."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from simulator.recording import bundled_folder, copy_recording
from tests import forked
from tests.cli.conftest import Turnlab

LONG = {"m" * 246 + ".flac", "n" * 250 + ".flac", "w" * 252 + ".au", "é" * 121 + ".flac"}
STRANGE = {"new\nline.flac", os.fsdecode(b"bytes-\xff\xfe.flac"), "-c.flac", "[red]dot.flac", "a.b.c.flac"}


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """A labelled recording, others with the longest and strangest names, and files that are not recordings."""
    folder = tmp_path / "calls"
    folder.mkdir()
    for suffix in (".flac", ".json"):
        shutil.copy(bundled_folder() / f"booking{suffix}", folder / f"fine{suffix}")
    for name in LONG | STRANGE:
        shutil.copy(bundled_folder() / "coughs.flac", folder / name)
    (folder / "folder.wav").mkdir()
    (folder / "gone.wav").symlink_to("nowhere.wav")
    (folder / "loop.wav").symlink_to("loop.wav")
    os.mkfifo(folder / "pipe.wav")
    (folder / "a.b.c.scenario.json").mkdir()
    return folder


BAD = {
    "folder.wav": "is a folder",
    "gone.wav": "is a link to a missing file",
    "loop.wav": "too many levels of symbolic links",
    "pipe.wav": "is a pipe or a device, not a file",
}


@pytest.mark.parametrize("command", ["recordings", "simulate", "evaluate"])
def test_each_bad_file_is_named_and_all_others_are_processed(turnlab: Turnlab, calls: Path, command: str) -> None:
    done = turnlab(command, calls, "--json", *(() if command == "recordings" else ("--eot", "silence")))
    assert done.code == 1
    told = [json.loads(line)["error"] for line in done.err.splitlines() if line.startswith("{")]
    lines = {one["message"].split(": ")[0].rpartition("/")[2]: one["message"] for one in told}
    assert {name: says in lines[name] for name, says in BAD.items()} == dict.fromkeys(BAD, True)
    assert "unexpected" not in done.err
    found = json.loads(done.out)
    ids = [one["id"] for one in (found if command == "recordings" else found["recordings"])]
    others = {Path(name).stem for name in LONG | STRANGE}
    assert set(ids) == {"fine"} | (set() if command == "evaluate" else others)


@pytest.mark.parametrize("name", sorted(LONG | STRANGE))
def test_a_recording_of_any_name_is_heard_labelled_and_copied(
    turnlab: Turnlab, calls: Path, tmp_path: Path, name: str
) -> None:
    audio = calls / name
    assert turnlab("analyze", audio, "--eot", "silence").code == 0
    assert "has no label file beside it" in turnlab("labels", "export", audio).one_line(2)
    copy = copy_recording(audio, tmp_path / "own")
    assert copy.read_bytes() == audio.read_bytes()
    assert copy.name.startswith("my-")


def test_a_name_that_is_too_long_is_reported(turnlab: Turnlab, tmp_path: Path) -> None:
    name = "x" * 300 + ".txt"
    for command in ("simulate", "analyze", "recordings"):
        assert "file name too long" in turnlab(command, name, cwd=tmp_path).one_line(2)
    for command in ("import", "export"):
        assert "no such file" in turnlab("labels", command, name, cwd=tmp_path).one_line(2)
    assert "no such file" in turnlab("profiles", "fit", name, "--name", "x", cwd=tmp_path).one_line(2)


def test_a_file_that_may_not_be_read_says_so(calls: Path, tmp_path: Path) -> None:
    for name in ("secret.flac", "labels.flac", "track.flac"):
        shutil.copy(bundled_folder() / "coughs.flac", calls / name)
    (calls / "labels.json").write_text("{}")
    (calls / "track.txt").write_text("1.0\t2.0\tturn\n")
    for name in ("secret.flac", "labels.json", "track.txt"):
        (calls / name).chmod(0)
    environment = {**os.environ, "TURNLAB_DATA_DIR": str(tmp_path), "TURNLAB_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [forked.TURNLAB, "recordings", calls, "--json"],
        capture_output=True, text=True, env=environment, timeout=120, preexec_fn=may_not_read_all,
    )  # fmt: skip
    for name in ("secret.flac", "labels.json", "track.txt"):
        assert f"{name}: permission denied" in done.stderr
    assert "fine" in {one["id"] for one in json.loads(done.stdout)}


def may_not_read_all() -> None:
    """Remove root's right to read every file, in the started program."""
    if os.geteuid() == 0:
        for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
            ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
