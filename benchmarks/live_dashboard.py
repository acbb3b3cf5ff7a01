"""A live call in the dashboard, drawn at 120×40 and recorded: its decision latency, and the total cost.

``uv run python -m benchmarks.live_dashboard [MINUTES]`` plays bundled callers into a virtual microphone: each once
by default, else repeatedly for that many minutes, with the memory of both processes.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from dataclasses import asdict
from itertools import cycle
from pathlib import Path
from typing import Any

from benchmarks.live import CALLERS
from benchmarks.processes import cpu_s, resident_mb
from simulator.recording import bundled_folder
from simulator.session import SessionSettings, open_session
from simulator.session.remote_session import RemoteSession
from tests.virtual_audio import VirtualAudio, missing, wait_for

_WATCHED = "TURNLAB_BENCHMARK_FILE"
_ROWS, _COLUMNS = 40, 120


def main() -> None:
    """Print the figures."""
    if watched := os.environ.get(_WATCHED):
        _draw(Path(watched))
        return
    lacking = missing()
    if lacking:
        sys.exit(lacking)
    with tempfile.TemporaryDirectory() as folder:
        sound = VirtualAudio()
        sound.start()
        try:
            _measure(sound, Path(folder), float(sys.argv[1]) if len(sys.argv) > 1 else 0.0)
        finally:
            sound.stop()


def _draw(watched: Path) -> None:
    """Run the dashboard: open Live and report its state twice a second, until the file is gone."""
    from tui.app import TurnlabApp

    calls: list[RemoteSession] = []

    def opened(settings: SessionSettings) -> RemoteSession:
        calls.append(open_session(settings))
        return calls[-1]

    async def drive(pilot: Any) -> None:
        await pilot.press("3")
        recording = False
        while _wanted(watched):
            await asyncio.sleep(0.5)
            if calls and calls[-1].snapshot().now_ms:
                if not recording:
                    await pilot.press("r")
                    recording = True
                snapshot = calls[-1].snapshot()
                facts = {
                    "process": calls[-1].process_id,
                    "now_ms": snapshot.now_ms,
                    "model": snapshot.end_of_turn_model,
                    "decisions": asdict(snapshot.decisions),
                    "lost": asdict(snapshot.counters),
                }
                _written(watched, facts)
        pilot.app.exit()

    TurnlabApp(open_call=opened).run(auto_pilot=drive)


def _wanted(watched: Path) -> bool:
    return watched.exists()


def _written(watched: Path, facts: dict[str, Any]) -> None:
    if _wanted(watched):
        fresh = watched.with_suffix(".new")
        fresh.write_text(json.dumps(facts), encoding="utf-8")
        fresh.replace(watched)


def _measure(sound: VirtualAudio, folder: Path, minutes: float) -> None:
    watched = folder / "live.json"
    watched.write_text("{}", encoding="utf-8")
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
    own = {"HOME": str(folder), "TURNLAB_DATA_DIR": str(folder), "TERM": "xterm-256color", _WATCHED: str(watched)}
    dashboard = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.live_dashboard"],
        env=os.environ | sound.environment | own,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    drawn = [0]
    threading.Thread(target=_drain, args=(ours, drawn), daemon=True).start()

    def facts() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(watched.read_text(encoding="utf-8"))
        return found

    wait_for(lambda: facts().get("now_ms", 0) > 2000, "the live call")
    session = facts()["process"]
    began_s, before_bytes = time.monotonic(), drawn[0]
    before = {process: cpu_s(process) for process in (session, dashboard.pid)}
    print(f"frame in to decision out while the dashboard draws, {facts()['model']}:", flush=True)
    for number, caller in enumerate(cycle(CALLERS)):
        if time.monotonic() - began_s > 60 * minutes and number >= len(CALLERS):
            break
        sound.speak(bundled_folder() / f"{caller}.flac").wait()
        times = facts()["decisions"]
        print(
            f"  {(time.monotonic() - began_s) / 60:4.1f} min, {caller}: p50 {times['p50_ms']} ms, "
            f"p99 {times['p99_ms']} ms, max {times['max_ms']} ms of {times['frames']}; memory, MB: "
            f"session {resident_mb(session):.0f}, dashboard {resident_mb(dashboard.pid):.0f}",
            flush=True,
        )
    seconds = time.monotonic() - began_s
    used = {process: 100 * (cpu_s(process) - before[process]) / seconds for process in before}
    print(f"of one core over {seconds:.0f} s: session {used[session]:.1f} %, dashboard {used[dashboard.pid]:.1f} %")
    print(f"drawn: {(drawn[0] - before_bytes) / seconds / 1000:.1f} KB a second")
    print(f"lost or late: {facts()['lost']}")
    watched.unlink()
    dashboard.wait(20)


def _drain(terminal: int, drawn: list[int]) -> None:
    try:
        while block := os.read(terminal, 65_536):
            drawn[0] += len(block)
    except OSError:  # the other side is gone
        return


if __name__ == "__main__":
    main()
