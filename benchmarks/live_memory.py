"""Memory of a live session over an hour of audio, or ``MINUTES``, as fast as it runs.

``uv run python -m benchmarks.live_memory [MINUTES]``: the caller repeats the same recording, and is recorded.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.processes import resident_mb
from presets.config import parse
from simulator.recording import bundled_folder, open_recording
from simulator.session import LiveArm, SessionSettings
from simulator.session.child import LiveSession
from simulator.session.commands import Record
from simulator.study import Arm
from tests.array_cards import ArrayCards

BLOCK = 160
MOST_WAITING_MS = 1000


def main(minutes: int) -> None:
    """Print the memory in use, every ten minutes of the call."""
    cards = ArrayCards()
    arm = Arm("A", parse({"eot_timeout_ms": 1000}))
    with tempfile.TemporaryDirectory() as folder:
        session = LiveSession(SessionSettings(arms=(LiveArm("A", arm.resolved),)), cards, Path(folder))
        session.start()
        while session.snapshot().input is None:
            time.sleep(0.01)
        session.send(Record(True))
        caller = open_recording(bundled_folder() / "interruptions.flac").source.samples()
        blocks = [caller[at : at + BLOCK] for at in range(0, len(caller) - BLOCK, BLOCK)]
        pushed = reported = 0
        while pushed < minutes * 6000:
            cards.push(blocks[pushed % len(blocks)])
            cards.play(BLOCK)
            pushed += 1
            while pushed * 10 - session.snapshot().now_ms > MOST_WAITING_MS:
                time.sleep(0.005)
            if pushed % 60_000 == 0 or pushed == 6000:
                reported += len(session.take())
                state = session.snapshot()
                so_far = f"{state.now_ms / 60_000:3.0f} min: {resident_mb(os.getpid()):.1f} MB"
                print(f"{so_far}, {reported} reported, {state.counters}", flush=True)
        session.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
