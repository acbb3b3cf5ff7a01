"""How often the agent interrupts itself on loudspeakers, and whether a caller can interrupt it.

``python -m benchmarks.lines [--guard GUARD…]`` varies guard, echo loss and delay. Each cell is a live call on
devices made of arrays, whose microphone hears the speaker. The caller takes ten turns, listens to five answers and
talks over the other five for 2 s.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from base.samples import Samples
from simulator.recording import bundled_folder, open_recording
from simulator.session import EchoGuard, Happened
from simulator.session.child import LiveSession
from tests.array_cards import ArrayCards
from tests.simulator.live_calls import running
from tests.virtual_audio import wait_for

STEP = 160
STEP_MS = 10
LOSSES_DB = (10, 20, 30, None)
DELAYS_MS = (30, 150, 300)
TURNS = 10
TALKS_OVER_AFTER_MS = 1200
ROOM_DB = -65.0


class Room:
    """A caller, a loudspeaker and a microphone that hears both. ``loss_db`` ``None``: headphones."""

    def __init__(self, session: LiveSession, cards: ArrayCards, loss_db: int | None, delay_ms: int) -> None:
        self.session, self.cards = session, cards
        self.gain = 0.0 if loss_db is None else 10 ** (-loss_db / 20)
        self.coming = np.zeros(delay_ms * 16, np.float32)
        self.random = np.random.default_rng(1)
        self.now_ms = session.snapshot().now_ms

    def pass_time(self, said: Samples) -> None:
        """Advance 10 ms, in which the caller says ``said``, float32 ``[160]`` at 16 kHz."""
        echo, self.coming = self.coming[:STEP], self.coming[STEP:]
        noise = 10 ** (ROOM_DB / 20) * self.random.standard_normal(STEP).astype(np.float32)
        self.cards.push(said + self.gain * echo + noise)
        self.coming = np.concatenate([self.coming, self.cards.play(STEP)[:, 0]])
        self.now_ms += STEP_MS
        wait_for(lambda: self.session.snapshot().now_ms >= self.now_ms - 64, "the decisions")

    def say(self, said: Samples) -> None:
        """Let the caller speak."""
        for at in range(0, len(said) - STEP + 1, STEP):
            self.pass_time(said[at : at + STEP])

    def wait(self, *, sounding: bool, for_ms: int, at_most_ms: int = 12_000) -> None:
        """Wait until the agent has sounded, or been silent, for ``for_ms``."""
        lasted = 0
        for _ in range(at_most_ms // STEP_MS):
            self.pass_time(np.zeros(STEP, np.float32))
            lasted = lasted + STEP_MS if self.session.snapshot().agent_sounding is sounding else 0
            if lasted >= for_ms:
                return


def measured(guard: EchoGuard, loss_db: int | None, delay_ms: int) -> tuple[int, int, int]:
    """Return how often the agent interrupted itself, was interrupted, and should have been interrupted."""
    turn = open_recording(bundled_folder() / "booking.flac").source.samples()[16_000 : 16_000 * 4]
    over = open_recording(bundled_folder() / "interruptions.flac").source.samples()[109_936 : 109_936 + 32_000]
    cards = ArrayCards()
    talked_over: list[tuple[int, int]] = []
    with tempfile.TemporaryDirectory() as folder, running(cards, Path(folder), guard) as session:
        room = Room(session, cards, loss_db, delay_ms)
        for number in range(TURNS):
            room.say(turn)
            room.wait(sounding=True, for_ms=TALKS_OVER_AFTER_MS)
            if number % 2:
                began_ms = room.now_ms
                room.say(over)
                talked_over.append((began_ms, room.now_ms + 500))
            room.wait(sounding=False, for_ms=2500)
        stopped = [one.t_ms for one in session.take() if isinstance(one, Happened) and one.event.type == "barge_in"]
    hits = sum(any(start <= t_ms <= end for t_ms in stopped) for start, end in talked_over)
    itself = sum(not any(start <= t_ms <= end for start, end in talked_over) for t_ms in stopped)
    return itself, hits, len(talked_over)


def main() -> None:
    """Print one line for each guard, loss and delay."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--guard", nargs="+", type=EchoGuard, default=[EchoGuard.CANCELLATION, EchoGuard.HEADPHONES]
    )
    for guard in parser.parse_args().guard:
        for loss_db in LOSSES_DB:
            for delay_ms in DELAYS_MS if loss_db is not None else DELAYS_MS[:1]:
                itself, hits, of = measured(guard, loss_db, delay_ms)
                echo = "no echo" if loss_db is None else f"-{loss_db} dB, {delay_ms} ms"
                print(f"{guard:<14} {echo:<16} interrupts itself {itself}, interrupted {hits} of {of}", flush=True)


if __name__ == "__main__":
    main()
