"""The small commands, and the modules that each may import early."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile as sf

from simulator.recording import bundled_folder
from tests.cli.conftest import Turnlab
from tests.forked import TURNLAB
from tests.simulator.test_recorder import left_behind


def test_version(installed: Turnlab) -> None:
    assert installed("--version").out == "turnlab 0.1.0\n"


def test_help_names_every_command(turnlab: Turnlab, installed: Turnlab) -> None:
    out = installed("--help").out
    for command in ("simulate", "analyze", "recordings", "presets", "models", "cache", "profiles", "serve"):
        assert command in out
        assert turnlab(command, "--help").code == 0


def test_presets_are_listed_and_shown_alone(turnlab: Turnlab) -> None:
    assert [one["name"] for one in turnlab("presets", "--json").json()] == [
        "ultra_low_latency",
        "balanced",
        "quality",
    ]
    assert turnlab("presets", "quality", "--json").json()["voice_config"]["tts_model"] == "sonic-3"
    assert "filler_style" in turnlab("presets").out


def test_recordings_are_listed_with_their_folders(turnlab: Turnlab) -> None:
    found = turnlab("recordings", "--json").json()
    assert len(found) >= 6
    for one in found:
        assert Path(one["path"]).is_file()
        assert one["labelled"]
        assert 20 <= one["duration_s"] <= 60
    assert not any(one["own"] or one["provisional"] for one in found)
    assert "booking" in turnlab("recordings").out


def test_own_recordings_are_listed_before_the_bundled_ones(turnlab: Turnlab, tmp_path: Path) -> None:
    """Recordings of live calls, which Tune lists too. Their labels are marked until a person has checked them."""
    own = tmp_path / "data" / "recordings"
    own.mkdir(parents=True)
    for name in ("booking", "live"):
        shutil.copy(bundled_folder() / "coughs.flac", own / f"{name}.flac")
    guess = {"provisional": True, "turns": [{"start_s": 1.0, "end_s": 2.0}]}
    (own / "live.json").write_text(json.dumps(guess))
    mine = {"TURNLAB_DATA_DIR": str(tmp_path / "data")}
    bundled = turnlab("recordings", "--json").json()
    found = turnlab("recordings", "--json", environment=mine).json()
    assert [(one["id"], one["own"], one["provisional"]) for one in found[:2]] == [
        ("booking-2", True, False),
        ("live", True, True),
    ]
    assert found[2:] == bundled
    told = turnlab("recordings", environment=mine).out
    assert told.index("2 recording(s) of your own") < told.index("1, provisional") < told.index("bundled recording")
    assert f"In {own}." in told.replace("\n", "")
    assert "check them with t in Tune" in " ".join(told.split())
    assert [one["own"] for one in turnlab("recordings", own, "--json", environment=mine).json()] == [True, True]
    cut_off = left_behind(own, []).with_suffix(".flac")
    assert not cut_off.exists()
    assert f"an interrupted recording was restored: {cut_off}" in turnlab("analyze", cut_off, environment=mine).err


def test_own_recordings_that_cannot_be_listed_do_not_hide_the_bundled_ones(
    turnlab: Turnlab, tmp_path: Path
) -> None:
    (tmp_path / "recordings").write_text("no folder")
    done = turnlab("recordings", environment={"TURNLAB_DATA_DIR": str(tmp_path)})
    assert done.code == 1
    assert "your own recordings are not listed" in done.err
    assert "booking" in done.out


def test_analyze_prints_speech_pauses_and_probabilities(turnlab: Turnlab) -> None:
    found = turnlab("analyze", bundled_folder() / "booking.flac", "--json").json()
    assert found["frame_s"] == 0.032
    assert len(found["probability"]) == pytest.approx(43.7 / 0.032, abs=3)
    assert len(found["speech"]) == len(found["pauses"]) > 5
    assert all(start < end for start, end in found["speech"])
    assert all(0 <= pause["completeness"] <= 1 for pause in found["pauses"])
    assert "sounds finished" in turnlab("analyze", bundled_folder() / "booking.flac").out


def test_analyze_of_silence_reports_no_speech(turnlab: Turnlab, tone: Path) -> None:
    assert "no speech was heard" in turnlab("analyze", tone).out


@pytest.mark.parametrize(
    ("arguments", "forbidden"),
    [
        (["--help"], {"textual", "numpy", "onnxruntime", "fastapi", "soundfile", "pydantic", "httpx"}),
        (["version-set", "--help"], {"textual", "numpy", "onnxruntime", "fastapi", "httpx"}),
        (["presets"], {"textual", "numpy", "onnxruntime", "fastapi", "httpx", "pydantic", "rich.console"}),
        (["models"], {"textual", "onnxruntime", "numpy", "fastapi", "httpx", "pydantic"}),
        *(
            pytest.param(arguments, forbidden, marks=pytest.mark.slow)
            for arguments, forbidden in (
                (["--version"], {"textual", "numpy", "onnxruntime", "fastapi", "soundfile", "pydantic"}),
                (["keys"], {"textual", "numpy", "onnxruntime", "fastapi", "httpx", "pydantic"}),
                (["recordings"], {"textual", "onnxruntime", "fastapi", "httpx"}),
                (["cache"], {"textual", "onnxruntime", "fastapi", "httpx"}),
                (["profiles"], {"textual", "onnxruntime", "numpy", "fastapi", "httpx", "pydantic"}),
            )
        ),
    ],
)
def test_a_command_imports_only_what_it_needs(arguments: list[str], forbidden: set[str]) -> None:
    program = (
        "import atexit, sys\n"
        "sys.argv = ['turnlab', *sys.argv[1:]]\n"
        "atexit.register(lambda: sys.stderr.write(' '.join(sorted(sys.modules))))\n"
        "from tui.__main__ import main\n"
        "main()\n"
    )
    piped = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    call = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(call, env=piped, capture_output=True, text=True, check=True, timeout=60)
    loaded = set(done.stderr.split())
    assert "tui" in loaded
    assert not loaded & forbidden


@pytest.mark.parametrize("arguments", ["recordings --json", pytest.param("recordings", marks=pytest.mark.slow)])
def test_a_closed_pipe_is_not_an_error(arguments: str) -> None:
    command = f"'{TURNLAB}' {arguments} | true"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_an_analysis_writes_only_its_cache(tmp_path: Path) -> None:
    """The model runtime would otherwise store a device id and events for its vendor."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "ORT_"))}
    environment |= {"HOME": str(tmp_path), "TURNLAB_CACHE_DIR": str(tmp_path / "cache")}
    path = tmp_path / "call.flac"
    samples, rate = sf.read(bundled_folder() / "coughs.flac", frames=6 * 16_000)
    sf.write(path, samples, rate)
    subprocess.run([TURNLAB, "analyze", path], env=environment, check=True, capture_output=True, timeout=60)
    left = [found for found in tmp_path.rglob("*") if found.is_file() and found != path]
    assert [found.parent for found in left] == [tmp_path / "cache" / "analyses"]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("turnlab vers", {"version-set"}),
        ("turnlab version-set pro", {"promote"}),
        ("turnlab simulate --config ultra", {"ultra_low_latency"}),
        ("turnlab simulate --profile tele", {"telephone"}),
        ("turnlab simulate book", {"booking"}),
        ("turnlab voice-config Intake", {r"Intake\ Line"}),
        ("turnlab voice-config nothing-like-it", set()),
    ],
)
def test_a_shell_completes_commands_and_names(turnlab: Turnlab, typed: str, offered: set[str]) -> None:
    asked = {"_TURNLAB_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}
    done = turnlab(environment=asked)
    assert (done.code, done.err) == (0, "")
    assert set(done.out.split("\n")) - {""} == offered


def test_completion_is_installed_for_a_shell(turnlab: Turnlab, tmp_path: Path) -> None:
    assert "installed" in turnlab("--install-completion", "bash", environment={"HOME": str(tmp_path)}).out
    assert "_turnlab_completion" in (tmp_path / ".bash_completions" / "turnlab.sh").read_text()


def test_a_row_is_one_line_in_a_pipe(turnlab: Turnlab) -> None:
    out = turnlab("service", "list", environment={"COLUMNS": ""}).out
    (row,) = [line for line in out.splitlines() if "Prescription Refill" in line]
    assert row.split()[0].count("-") == 4
    assert "production" in row


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (("simulate", "nowhere.wav", "--json"), "usage", 2),
        (("service", "get", "no such service", "--json"), "usage", 2),
        (("cache", "--no-such-option", "--json"), "usage", 2),
        (("recordings", "--json"), "failed", 1),
    ],
)
def test_a_failure_is_an_object_for_scripts(
    turnlab: Turnlab, tmp_path: Path, arguments: tuple[str, ...], code: str, exit_code: int
) -> None:
    (tmp_path / "recordings").write_text("no folder")
    done = turnlab(*arguments, environment={"TURNLAB_DATA_DIR": str(tmp_path)})
    assert done.code == exit_code
    error = json.loads(done.err.splitlines()[-1])["error"]
    assert error["code"] == code
    assert error["message"]
    assert set(error) == {"message", "hint", "code"}


def test_a_known_recording_is_found_by_its_name_alone(turnlab: Turnlab, tmp_path: Path) -> None:
    by_name = turnlab("analyze", "booking", "--json", cwd=tmp_path).json()
    assert by_name == turnlab("analyze", bundled_folder() / "booking.flac", "--json").json()
    assert "no such file" in turnlab("analyze", "bookings", cwd=tmp_path).one_line(2)
