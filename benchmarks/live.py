"""A live call through a virtual microphone and speaker: its decision and stop latency, and its cost.

``uv run python -m benchmarks.live`` plays bundled callers into the microphone in real time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np

from benchmarks.processes import cpu_s, resident_mb
from presets.config import parse
from simulator.engine.events import BargeIn
from simulator.recording import bundled_folder
from simulator.session import DecisionTimes, Happened, LiveArm, SessionMessage, SessionSettings, open_session
from simulator.session.commands import Record
from simulator.study import Arm
from tests.virtual_audio import SPEAKER_RATE, VirtualAudio, missing, wait_for

CALLERS = ("interruptions", "booking", "fast-talker")
CONFIG = {"eot_timeout_ms": 1000, "barge_in_min_speech_s": 0.3, "barge_in_cooldown_s": 0.0}
CHUNK_S = 0.005
AUDIBLE = 10 ** (-50 / 20)
"""The level below which sound counts as silence: -50 dBFS."""


class Monitor:
    """Records the speaker's output every 5 ms with its time of arrival."""

    def __init__(self, environment: dict[str, str]) -> None:
        plain = ("--raw", f"--rate={SPEAKER_RATE}", "--channels=1", "--format=s16le")
        self._parec = subprocess.Popen(
            ["parec", "-d", "vspk.monitor", *plain, "--latency-msec=5"],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
        )
        self.heard: list[tuple[float, bool]] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        pipe = self._parec.stdout
        assert pipe is not None
        size = 2 * round(SPEAKER_RATE * CHUNK_S)
        while len(block := pipe.read(size)) == size:
            loud = np.abs(np.frombuffer(block, "<i2")).max() > AUDIBLE * 32768
            self.heard.append((time.monotonic(), bool(loud)))

    def last_loud_s(self, from_s: float, until_s: float) -> float | None:
        """Return when the last audible 5 ms arrived in a time range, s."""
        return max((at_s for at_s, loud in self.heard if loud and from_s <= at_s <= until_s), default=None)


def main() -> None:
    """Print the figures."""
    lacking = missing()
    if lacking:
        sys.exit(lacking)
    with tempfile.TemporaryDirectory() as folder:
        sound = VirtualAudio()
        os.environ.update(sound.environment | {"TURNLAB_DATA_DIR": folder})
        sound.start()
        try:
            _measure(sound)
        finally:
            sound.stop()


def _measure(sound: VirtualAudio) -> None:
    monitor = Monitor(sound.environment)
    session = open_session(SessionSettings(arms=(LiveArm("A", Arm("A", parse(CONFIG)).resolved),)))
    session.start()
    wait_for(lambda: session.snapshot().now_ms > 2000, "the microphone")
    session.send(Record(True))
    process = session.process_id
    assert process is not None
    began_s, before_s, memory = time.monotonic(), cpu_s(process), resident_mb(process)
    messages: list[SessionMessage] = []
    slow: list[DecisionTimes] = []
    for caller in CALLERS:
        speaking = sound.speak(bundled_folder() / f"{caller}.flac")
        while speaking.poll() is None:
            messages += session.take()
            time.sleep(0.01)
        slow.append(session.snapshot().decisions)
    seconds = time.monotonic() - began_s
    share = (cpu_s(process) - before_s) / seconds
    grown = resident_mb(process) - memory
    _print_stops(monitor, messages)
    snapshot = session.snapshot()
    print(f"frame in to decision out, {snapshot.end_of_turn_model}, voice {snapshot.voice}:")
    for caller, times in zip(CALLERS, slow, strict=True):
        print(f"  {caller}: p50 {times.p50_ms} ms, p99 {times.p99_ms} ms, max {times.max_ms} ms of {times.frames}")
    print(
        f"session process: {100 * share:.1f} % of one core over {seconds:.0f} s, recording; memory {grown:+.1f} MB"
    )
    print(f"lost or late: {snapshot.counters}")
    session.stop()


def _print_stops(monitor: Monitor, messages: list[SessionMessage]) -> None:
    stops = []
    for one in messages:
        if isinstance(one, Happened) and isinstance(one.event, BargeIn):
            last_s = monitor.last_loud_s(one.decided_s - 1.0, one.decided_s + 0.3)
            if last_s is not None:
                stops.append(1000 * (last_s - one.decided_s))
    if stops:
        print(
            f"barge-in decided to the last sound heard at the speaker's monitor, {len(stops)} barge-ins: "
            f"median {np.median(stops):.0f} ms; the longest {[round(stop) for stop in sorted(stops)[-3:]]} "
            "(its own latency of some 5 ms included)"
        )


if __name__ == "__main__":
    main()
