"""How long the agent took after each of the caller's turns, from the events as they come."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from simulator.engine.events import Event
from simulator.session.state import TurnLatency

KEPT = 50


class Latencies:
    """The last turns' latencies, ms from the detected end of speech."""

    def __init__(self) -> None:
        self._turns: deque[TurnLatency] = deque(maxlen=KEPT)
        self._speech_end_ms = 0
        self._open = False

    def note(self, event: Event, arm: str) -> None:
        """Take note of an event; events come in order."""
        if event.type == "end_of_turn":
            self._speech_end_ms = round(event.data["speech_end"] * 1000)
            self._turns.append(TurnLatency(event.turn, arm, event.t_ms - self._speech_end_ms))
            self._open = True
        elif event.type == "turn_reopened" and self._open:
            # the caller had not finished, so nothing was answered
            self._turns.pop()
            self._open = False
        elif event.type in ("filler_start", "response_start") and self._open:
            self._sound(event)

    def _sound(self, event: Event) -> None:
        after_ms = event.t_ms - self._speech_end_ms
        last = self._turns[-1]
        if last.first_sound_ms is None:
            last = replace(last, first_sound_ms=after_ms)
        if event.type == "response_start":
            last = replace(last, response_ms=after_ms)
            self._open = False
        self._turns[-1] = last

    def last(self) -> tuple[TurnLatency, ...]:
        """Return them, oldest first."""
        return tuple(self._turns)
