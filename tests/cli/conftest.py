"""The command as a user or a script runs it: a process, its output and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import forked


@dataclass(frozen=True)
class Outcome:
    """The result of a command."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Return standard output as JSON."""
        assert self.code == 0, self.err
        return json.loads(self.out)

    def one_line(self, code: int) -> str:
        """Return the one error line of a command that failed with ``code``."""
        assert self.code == code, f"exit {self.code}: {self.err}"
        assert self.out == ""
        (line,) = self.err.splitlines()
        assert "Traceback" not in line
        return line


Turnlab = Callable[..., Outcome]


def events_by_arm(report: dict[str, Any]) -> dict[str, Any]:
    """Return the events of a simulation of one recording, by arm."""
    return {run["arm"]: run["events"] for run in report["runs"]}


def turnlab_in(folder: Path, analyses: Path, *, installed: bool = False) -> Turnlab:
    """Return a function that runs ``turnlab`` in a process with its own folders and no terminal.

    ``installed`` runs the installed script, with its real start-up time.
    """

    def call(
        *arguments: str | Path, cwd: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> Outcome:
        variables = {
            **os.environ,
            "HOME": str(folder),
            "TURNLAB_DATA_DIR": str(folder / "data"),
            "TURNLAB_CACHE_DIR": str(analyses),
            "COLUMNS": "120",
            **(environment or {}),
        }
        words = [str(argument) for argument in arguments]
        if installed:
            command = [str(forked.TURNLAB), *words]
            done = subprocess.run(command, capture_output=True, text=True, env=variables, cwd=cwd, timeout=120)
        else:
            done = forked.run(words, variables, cwd=cwd)
        return Outcome(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def turnlab(tmp_path_factory: pytest.TempPathFactory, analyses: Path) -> Turnlab:
    """Run ``turnlab``."""
    return turnlab_in(tmp_path_factory.mktemp("home"), analyses)


@pytest.fixture
def installed(tmp_path_factory: pytest.TempPathFactory, analyses: Path) -> Turnlab:
    """Run ``turnlab`` with its installed script."""
    return turnlab_in(tmp_path_factory.mktemp("home"), analyses, installed=True)


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    """A WAV file with a second of noise that is not speech."""
    import numpy as np
    import soundfile as sf

    path = tmp_path / "tone.wav"
    sf.write(path, 0.01 * np.sin(np.arange(16_000) * 0.1), 16_000)
    return path
