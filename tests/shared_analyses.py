"""One folder of analyses per test run: each recording is really analysed, but only once."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from base.files import lock_file

MANY_TESTS = 500
"""From this number of tests on, a run needs every bundled recording in every process."""


def shared_analyses(factory: pytest.TempPathFactory, tests: int) -> Path:
    """Return the folder, which all processes of a large run share."""
    base = factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "shared-analyses"
    if tests >= MANY_TESTS and not (folder / "filled").exists():
        folder.mkdir(exist_ok=True)
        _fill(folder)
    return folder


def _fill(folder: Path) -> None:
    """Analyse the bundled recordings once, shared among the processes of the run."""
    from simulator.activity.cache import cached_analysis
    from simulator.activity.end_of_turn import end_of_turn_model
    from simulator.recording import bundled_folder, find_audio, open_recording

    left = list(find_audio([bundled_folder()]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TURNLAB_CACHE_DIR", str(folder))
        while left:
            path = left.pop(0)
            done = folder / f"{path.stem}.done"
            with (folder / f"{path.stem}.lock").open("w") as lock:
                if not lock_file(lock.fileno()):  # another process is working on it
                    left.append(path)
                    time.sleep(0.05)
                elif not done.exists():
                    cached_analysis(open_recording(path).source, end_of_turn_model())
                    done.touch()
    (folder / "filled").touch()
