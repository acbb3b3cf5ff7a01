"""The agent's side of a run as stretches of sound."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.engine.events import Event


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
    begun: Event | None = None
    for event in events:
        if event.type in ("filler_start", "response_start"):
            begun = event
        elif event.type in ("filler_end", "response_end") and begun is not None:
            kind = event.type.removesuffix("_end")
            sounds.append(
                Sound(kind, begun.t_ms, event.t_ms, event.data["interrupted"], begun.data["text"], begun.turn)
            )
            begun = None
    return tuple(sounds)
