"""The agent's sounds, and what each true caller turn met: the material of every readout, and what an A/B pairs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from simulator.engine.events import EndOfTurn, Event, FillerEnded, ResponseStarted, SoundEnded, SoundStarted
from simulator.measures.truth import TrueTurn, Truth


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


CUT_IN_TOLERANCE_MS = 100
"""An end of turn up to this long before the true end is no cut-in: labels are that exact."""

_FOREVER_MS = 1 << 60


@dataclass(frozen=True, slots=True)
class TurnOutcome:
    """One true turn. Latencies are ms after its true end; ``None`` where there was none before the next turn.

    ``stages_ms`` splits ``response_ms`` and adds up to it exactly.
    """

    turn: TrueTurn
    cut_in: bool
    missed: bool
    eot_delay_ms: int | None
    first_sound_ms: int | None
    response_ms: int | None
    filler_overhang_ms: int | None
    stages_ms: dict[str, int] | None
    dead_air_ms: int


def outcomes(
    events: tuple[Event, ...], sounds: tuple[Sound, ...], truth: Truth, duration_ms: int
) -> tuple[TurnOutcome, ...]:
    """Return what every true turn met, in order."""
    ends = [event for event in events if isinstance(event, EndOfTurn)]
    responses = [event for event in events if isinstance(event, ResponseStarted) and not event.resumed]
    return tuple(
        _outcome(turn, limit_ms, ends, responses, sounds, duration_ms)
        for turn, limit_ms in with_limits(truth.turns)
    )


def with_limits(turns: tuple[TrueTurn, ...]) -> list[tuple[TrueTurn, int]]:
    """Return each turn with the start of the next, by which it must be answered, ms; the last has for ever."""
    limits = [after.start_ms for _, after in pairwise(turns)] + [_FOREVER_MS]
    return list(zip(turns, limits, strict=False))


def _outcome(
    turn: TrueTurn,
    limit_ms: int,
    ends: list[EndOfTurn],
    responses: list[ResponseStarted],
    sounds: tuple[Sound, ...],
    duration_ms: int,
) -> TurnOutcome:
    mine = [event for event in ends if turn.start_ms <= event.t_ms < limit_ms]
    earliest_ms = turn.end_ms - CUT_IN_TOLERANCE_MS
    # one that ends other speech, a cough long after, says nothing of this turn
    latest_ms = turn.end_ms + CUT_IN_TOLERANCE_MS
    closing = next((event for event in mine if event.t_ms >= earliest_ms and event.onset_ms <= latest_ms), None)
    first = response = None
    if closing is not None:
        first = next((sound for sound in sounds if closing.t_ms <= sound.start_ms < limit_ms), None)
        response = next((event for event in responses if closing.t_ms <= event.t_ms < limit_ms), None)
    return TurnOutcome(
        turn=turn,
        cut_in=any(event.t_ms < earliest_ms for event in mine),
        missed=not mine,
        eot_delay_ms=closing.t_ms - turn.end_ms if closing else None,
        first_sound_ms=first.start_ms - turn.end_ms if first else None,
        response_ms=response.t_ms - turn.end_ms if response else None,
        filler_overhang_ms=response.filler_overhang_ms if response else None,
        stages_ms=_stages(response, turn) if response and response.stages_ms else None,
        dead_air_ms=dead_air_ms(turn, sounds, min(limit_ms, max(duration_ms, turn.end_ms))),
    )


def _stages(response: ResponseStarted, turn: TrueTurn) -> dict[str, int]:
    """Return the response's stages counted from the true end of the turn instead of the detected one."""
    stages = dict(response.stages_ms or {})
    detected_end_ms = response.t_ms - sum(stages.values())
    stages["end_of_turn"] += detected_end_ms - turn.end_ms
    return stages


def dead_air_ms(turn: TrueTurn, sounds: tuple[Sound, ...], limit_ms: int) -> int:
    """Return the silence beyond 1 s between the true end and the first agent sound, up to ``limit_ms``."""
    heard_ms = min((sound.start_ms for sound in sounds if sound.end_ms > turn.end_ms), default=limit_ms)
    return max(0, min(heard_ms, limit_ms) - turn.end_ms - 1000)
