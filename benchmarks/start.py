"""How soon ``turnlab`` paints and ``turnlab --help`` answers, warm: ``uv run python -m benchmarks.start``.

The installed command is started in a terminal of 120 by 40; uv's own time does not count. Each run gets the
workspace file of the runs before it.
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

TURNLAB = Path(sys.executable).with_name("turnlab")
ROUNDS = 15
TOO_LONG_S = 20.0


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        first_paint(Path(folder))
        painted = [first_paint(Path(folder)) for _ in range(ROUNDS)]
    print(f"first paint        {_ms(painted)}")
    command([str(TURNLAB), "--help"])
    print(f"turnlab --help     {_ms([command([str(TURNLAB), '--help']) for _ in range(ROUNDS)])}")
    print(f"turnlab presets    {_ms([command([str(TURNLAB), 'presets']) for _ in range(ROUNDS)])}")
    print(f"python -c pass     {_ms([command([sys.executable, '-c', 'pass']) for _ in range(ROUNDS)])}")


def command(arguments: list[str]) -> float:
    """Return how long a command takes, in seconds."""
    started = time.perf_counter()
    subprocess.run(arguments, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def first_paint(folder: Path) -> float:
    """Return the seconds from starting the dashboard to its first screen's being painted."""
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


def _read(report: Path) -> float | None:
    try:
        return float(json.loads(report.read_text(encoding="utf-8"))["seconds_since_process_start"])
    except (OSError, ValueError):
        return None


def _ms(seconds: list[float]) -> str:
    low, middle, high = min(seconds), statistics.median(seconds), max(seconds)
    return f"median {middle * 1000:4.0f} ms, from {low * 1000:.0f} to {high * 1000:.0f}"


if __name__ == "__main__":
    main()
