"""The warm start of ``turnlab`` and ``turnlab --help``: ``uv run python -m benchmarks.start``.

The installed command starts in a terminal of 120 by 40; uv's own time does not count. Each run uses the workspace
file of the runs before it. On a busy machine use the CPU time, which other programs hardly affect.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path
from typing import NamedTuple

TURNLAB = Path(sys.executable).with_name("turnlab")
ROUNDS = 15
TOO_LONG_S = 20.0


class Took(NamedTuple):
    """The duration of something, s: wall time, and CPU time."""

    seconds: float
    processor_s: float


def main() -> None:
    """Print the figures."""
    # An installed program has its bytecode. Where none may be written, each start would compile all of Turnlab.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as folder:
        first_paint(Path(folder))
        _print("first paint", [first_paint(Path(folder)) for _ in range(ROUNDS)])
    for words in (["turnlab", "--help"], ["turnlab", "presets"], ["turnlab", "keys"], ["python", "-c", "pass"]):
        program = TURNLAB if words[0] == "turnlab" else sys.executable
        command([str(program), *words[1:]])
        _print(" ".join(words), [command([str(program), *words[1:]]) for _ in range(ROUNDS)])


def command(arguments: list[str]) -> Took:
    """Return the duration of a command."""
    before, started = os.times(), time.perf_counter()
    subprocess.run(arguments, stdout=subprocess.DEVNULL, check=True)
    took, after = time.perf_counter() - started, os.times()
    user = after.children_user - before.children_user
    return Took(took, user + after.children_system - before.children_system)


def first_paint(folder: Path) -> Took:
    """Return the time from the dashboard's start to its first painted screen."""
    report = folder / "first-paint.json"
    report.unlink(missing_ok=True)
    started = time.time()
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(
            TERM="xterm-256color",
            TURNLAB_DATA_DIR=str(folder / "data"),
            TURNLAB_CACHE_DIR=str(folder / "cache"),
            TURNLAB_REPORT_FIRST_PAINT=str(report),
            TURNLAB_STARTED_AT=repr(started),
        )
        os.execv(TURNLAB, ["turnlab"])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    try:
        found = None
        while found is None and time.time() - started < TOO_LONG_S:
            if select.select([terminal], [], [], 0.01)[0]:
                os.read(terminal, 1 << 16)
            found = _read(report)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)
    if found is None:
        raise SystemExit(f"the dashboard did not paint within {TOO_LONG_S:g} s")
    return found


def _read(report: Path) -> Took | None:
    try:
        found = json.loads(report.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return Took(found["seconds_since_process_start"], found["processor_seconds"])


def _print(what: str, took: list[Took]) -> None:
    said = []
    for seconds in zip(*took, strict=True):
        low, middle, high = min(seconds), statistics.median(seconds), max(seconds)
        said.append(f"median {middle * 1000:4.0f} ms, from {low * 1000:.0f} to {high * 1000:.0f}")
    print(f"{what:18} {said[0]}; of the processor's time {said[1]}")


if __name__ == "__main__":
    main()
