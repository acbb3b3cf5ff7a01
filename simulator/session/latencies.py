"""The latencies of a live call: the agent's after each caller turn, and our own in deciding on each frame."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import numpy as np

from simulator.engine.events import EndOfTurn, Event, ResponseStarted, SoundStarted, TurnReopened
from simulator.session.state import DecisionTimes, TurnLatency

KEPT_TURNS = 50

KEPT_FRAMES = 1875
"""Frames in a minute."""

_EVERY = 31
"""About once a second is often enough to tell."""


class Latencies:
    """The last turns' latencies, ms from the detected end of speech."""

    def __init__(self) -> None:
        self._turns: deque[TurnLatency] = deque(maxlen=KEPT_TURNS)
        self._speech_end_ms = 0
        self._open = False

    def note(self, event: Event, arm: str) -> None:
        """Take note of an event; events come in order."""
        if isinstance(event, EndOfTurn):
            self._speech_end_ms = event.speech_end_ms
            self._turns.append(TurnLatency(event.turn, arm, event.t_ms - self._speech_end_ms))
            self._open = True
        elif isinstance(event, TurnReopened) and self._open:
            # the caller had not finished, so nothing was answered
            self._turns.pop()
            self._open = False
        elif isinstance(event, SoundStarted) and self._open:
            self._sound(event)

    def _sound(self, event: SoundStarted) -> None:
        after_ms = event.t_ms - self._speech_end_ms
        last = self._turns[-1]
        if last.first_sound_ms is None:
            last = replace(last, first_sound_ms=after_ms)
        if isinstance(event, ResponseStarted):
            last = replace(last, response_ms=after_ms)
            self._open = False
        self._turns[-1] = last

    def last(self) -> tuple[TurnLatency, ...]:
        """Return them, oldest first."""
        return tuple(self._turns)


class DecisionLatency:
    """Takes the time of every frame and tells how they are spread."""

    def __init__(self) -> None:
        self.times = DecisionTimes()
        self._last_ms: deque[float] = deque(maxlen=KEPT_FRAMES)
        self._untold = 0

    def note(self, took_ms: float) -> None:
        """Take the time from a frame's last sample arriving to all that it decides being known, in ms."""
        self._last_ms.append(took_ms)
        self._untold += 1
        if self._untold >= _EVERY:
            self._untold = 0
            middle, slow, slowest = (float(one) for one in np.percentile(self._last_ms, (50, 99, 100)))
            self.times = DecisionTimes(round(middle, 2), round(slow, 2), round(slowest, 2), len(self._last_ms))
