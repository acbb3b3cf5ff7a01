"""Live sessions on devices made of arrays: run, spoken to, and their messages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from base.samples import Samples, from_pcm16, to_pcm16
from presets.config import parse
from simulator.activity.model import FRAME_MS
from simulator.recording import bundled_folder, open_recording
from simulator.session import EchoGuard, Happened, LiveArm, Notice, SessionMessage, SessionSettings
from simulator.session.child import LiveSession
from simulator.study import Arm
from tests.array_cards import ArrayCards
from tests.virtual_audio import wait_for

ARM = LiveArm("A", Arm("A", parse({"eot_timeout_ms": 1000, "barge_in_min_speech_s": 0.3})).resolved)
BLOCK_S = 0.01


@contextmanager
def running(cards: ArrayCards, folder: Path, guard: EchoGuard = EchoGuard.HEADPHONES) -> Iterator[LiveSession]:
    """Run a session."""
    settings = SessionSettings(arms=(ARM,), voice="clips", silence_only=True, echo_guard=guard)
    session = LiveSession(settings, cards, folder)
    session.start()
    try:
        wait_for(lambda: session.snapshot().input or session.snapshot().standing, "the microphone")
        yield session
    finally:
        session.stop()


def talk(session: LiveSession, cards: ArrayCards, said: Samples, rate: int = 16_000) -> None:
    """Speak block by block while the speaker plays, and wait until all whole frames are processed."""
    wanted_ms = session.snapshot().now_ms
    step = round(rate * BLOCK_S)
    for at in range(0, len(said) - step + 1, step):
        cards.push(said[at : at + step])
        cards.play(step)
        wanted_ms += round(1000 * BLOCK_S)
        wait_for(partial(_reached, session, wanted_ms - 500), "the decisions")
    wait_for(partial(_reached, session, wanted_ms - 2 * FRAME_MS), "the last decisions")


def talk_in_a_room(
    session: LiveSession, cards: ArrayCards, said: Samples, *, loss_db: float, delay_ms: int, rate: int = 16_000
) -> None:
    """Speak where the microphone picks up the speaker, ``loss_db`` quieter and ``delay_ms`` later."""
    step, gain = round(rate * BLOCK_S), 10 ** (-loss_db / 20)
    coming = np.zeros(delay_ms * rate // 1000, np.float32)
    wanted_ms = session.snapshot().now_ms
    for at in range(0, len(said) - step + 1, step):
        echo, coming = coming[:step], coming[step:]
        # in 16-bit steps, as devices deliver and recordings store it
        cards.push(from_pcm16(to_pcm16(said[at : at + step] + gain * echo)))
        coming = np.concatenate([coming, cards.play(step)[:, 0]])
        wanted_ms += round(1000 * BLOCK_S)
        # not ahead of it: the agent's speech depends on the decisions
        wait_for(partial(_reached, session, wanted_ms - 2 * FRAME_MS), "the decisions")


def _reached(session: LiveSession, t_ms: int) -> bool:
    return session.snapshot().now_ms >= t_ms


def caller() -> Samples:
    """Return a turn, and what the caller then says over the agent."""
    return open_recording(bundled_folder() / "booking.flac").source.samples()[: 16_000 * 10]


def events(told: list[SessionMessage]) -> list[str]:
    """Return the agent's events by type."""
    return [one.event.type for one in told if isinstance(one, Happened)]


def notices(told: list[SessionMessage]) -> str:
    """Return the notices, one per line."""
    return "\n".join(one.text for one in told if isinstance(one, Notice))
