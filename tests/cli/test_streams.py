"""Unwritable standard output, and locales other than UTF-8."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Turnlab
from tests.forked import TURNLAB
from tests.terminal import Terminal

ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
"""Makes Python use ASCII as the locale's encoding on any machine."""


def _in_shell(command: str, home: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    surroundings = {**os.environ, "HOME": str(home), "COLUMNS": "120", **environment}
    return subprocess.run(
        ["/bin/sh", "-c", command, "sh", TURNLAB], env=surroundings, cwd=home, capture_output=True, timeout=120
    )


@pytest.mark.parametrize("buffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("command", ["presets", "keys --json"])
def test_a_full_disk_behind_standard_output_ends_quietly_with_1(
    tmp_path: Path, command: str, buffered: str
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    done = _in_shell(f'"$1" {command} >/dev/full', tmp_path, PYTHONUNBUFFERED=buffered)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize("command", ["", "presets"])
def test_a_closed_standard_output_ends_quietly_with_1(tmp_path: Path, command: str) -> None:
    done = _in_shell(f'"$1" {command} >&-', tmp_path)
    assert (done.returncode, done.stderr) == (1, b"")


def test_nothing_is_changed_if_the_outcome_cannot_be_printed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    _in_shell('"$1" service list >&- 2>&- <&-', tmp_path, TURNLAB_DATA_DIR=str(data))
    assert not data.exists()


@pytest.mark.slow
def test_commands_replace_what_a_locale_cannot_write_and_json_stays_whole(tmp_path: Path, tone: Path) -> None:
    tone.rename(tmp_path / "señor.wav")
    people, scripts = (_in_shell(f'"$1" recordings {end} .', tmp_path, **ASCII) for end in ("", "--json"))
    assert (people.returncode, people.stderr) == (0, b"")
    assert b"se??or" in people.stdout
    assert [Path(one["path"]).name for one in json.loads(scripts.stdout)] == ["se\udcc3\udcb1or.wav"]


def test_a_files_content_on_standard_output_is_utf_8_in_every_locale(turnlab: Turnlab, tmp_path: Path) -> None:
    (tmp_path / "call.json").write_text('{"turns": [{"start_s": 0.1, "end_s": 0.9, "text": "mañana"}]}', "utf-8")
    done = _in_shell('"$1" labels export call.json --output -', tmp_path, **ASCII)
    assert "mañana" in done.stdout.decode()


@pytest.mark.slow
def test_the_dashboard_draws_in_utf_8_in_every_locale(tmp_path: Path) -> None:
    terminal = Terminal([TURNLAB], tmp_path, PULSE_SERVER="unix:/nowhere", **ASCII)
    try:
        terminal.see("Intake Line")
        assert "─" in terminal.drawn
        terminal.type("q")
        assert terminal.end() == 0
        assert "\\u2" not in terminal.drawn
    finally:
        terminal.close()
