"""The warm start of ``turnlab`` and ``turnlab --help``: ``uv run python -m benchmarks.start``.

The installed command starts in a terminal of 120 by 40; uv's own time does not count. Each run uses the workspace
file of the runs before it. On a busy machine use the CPU time, which other programs hardly affect. With
``--against PROGRAM``, the ``turnlab`` of another checkout, both run in turn, and the ratio is printed. The figures
are least / lower quartile / median.
"""

from __future__ import annotations

import argparse
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
from collections.abc import Callable, Mapping, Sequence
from functools import partial
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
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start")
    parser.add_argument("--against", type=Path, metavar="PROGRAM", help="the turnlab program of another checkout")
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N", help=f"default: {ROUNDS}")
    given = parser.parse_args()
    # An installed program has its bytecode. Where none may be written, each start would compile all of Turnlab.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    programs = {"this": TURNLAB} | ({"other": given.against.absolute()} if given.against else {})
    with tempfile.TemporaryDirectory() as folder:
        runs = {name: partial(first_paint, Path(folder) / name, one) for name, one in programs.items()}
        _compare("first paint", runs, given.rounds)
    for word in ("--help", "presets", "keys"):
        runs = {name: partial(command, [str(one), word]) for name, one in programs.items()}
        _compare(f"turnlab {word}", runs, given.rounds)
    for code in ("pass", "import textual.app, textual.widgets"):
        _compare(code, {"python": partial(command, [sys.executable, "-c", code])}, given.rounds)


def _compare(what: str, runs: Mapping[str, Callable[[], Took]], rounds: int) -> None:
    """Run them in turn, because a machine's speed varies from minute to minute, and print the figures."""
    took: dict[str, list[Took]] = {name: [] for name in runs}
    for number in range(rounds + 1):
        for name, run in runs.items():
            one = run()
            if number:  # the first run fills the caches
                took[name].append(one)
    figures = {name: [_figures(one) for one in zip(*of, strict=True)] for name, of in took.items()}
    print(what)
    for name, found in figures.items():
        clock, processor = (" / ".join(f"{one * 1000:.0f}" for one in three) for three in found)
        print(f"  {name:6} {clock} ms; CPU {processor} ms")
    if "other" in figures:
        for kind, this, other in zip(("", "CPU "), figures["this"], figures["other"], strict=True):
            if all(other):  # an older checkout may not report its CPU time
                print(f"  ratio  {kind}{' / '.join(f'{a / b:.2f}' for a, b in zip(this, other, strict=True))}")


def _figures(seconds: Sequence[float]) -> tuple[float, float, float]:
    """Return the least, the lower quartile and the median."""
    in_order = sorted(seconds)
    return in_order[0], in_order[len(in_order) // 4], statistics.median(in_order)


def command(arguments: list[str]) -> Took:
    """Return the duration of a command."""
    before, started = os.times(), time.perf_counter()
    subprocess.run(arguments, stdout=subprocess.DEVNULL, check=True)
    took, after = time.perf_counter() - started, os.times()
    user = after.children_user - before.children_user
    return Took(took, user + after.children_system - before.children_system)


def first_paint(folder: Path, program: Path) -> Took:
    """Return the time from the dashboard's start to its first painted screen."""
    folder.mkdir(exist_ok=True)
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
        os.execv(program, ["turnlab"])
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
    return Took(found["seconds_since_process_start"], found.get("processor_seconds", 0.0))


if __name__ == "__main__":
    main()
