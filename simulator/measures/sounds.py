"""The agent's side of a run as stretches of sound."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.engine.events import Event, FillerEnded, SoundEnded, SoundStarted


@dataclass(frozen=True, slots=True)
class Sound:
    """A filler or a response as it was heard, ms; ``interrupted``: the caller stopped it."""

    kind: str
    start_ms: int
    end_ms: int
    interrupted: bool
    text: str
    turn: int


def sounds_of(events: tuple[Event, ...]) -> tuple[Sound, ...]:
    """Return the agent's sounds in order."""
    sounds = []
    begun: SoundStarted | None = None
    for event in events:
        if isinstance(event, SoundStarted):
            begun = event
        elif isinstance(event, SoundEnded) and begun is not None:
            kind = "filler" if isinstance(event, FillerEnded) else "response"
            sounds.append(Sound(kind, begun.t_ms, event.t_ms, event.interrupted, begun.text, begun.turn))
            begun = None
    return tuple(sounds)
