"""A caller turn's outcome, from what is heard of the agent alone."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.measures.truth import TrueTurn
from simulator.measures.turns import CUT_IN_TOLERANCE_MS, HANGING_MS, HeardSound, TurnOutcome

FRESH_MS = 500
"""A sound after a shorter quiet than this continues the agent's speech and does not cut in."""


def answered(start_ms: int, turns: Sequence[TrueTurn]) -> int:
    """Return which turn a sound answers, as far as sound shows it: the last turn that had ended."""
    return sum(turn.end_ms <= start_ms + CUT_IN_TOLERANCE_MS for turn in turns)


def heard_outcome(
    turn: TrueTurn,
    limit_ms: int,
    sounds: tuple[HeardSound, ...],
    responses: list[int],
    duration_ms: int,
    *,
    stops_known: bool = False,
) -> TurnOutcome:
    """Return a turn's outcome; ``responses`` are when responses began, ms; empty if fillers cannot be told apart.

    ``limit_ms`` is the start of the next turn, by which this one must be answered. ``stops_known``:
    :attr:`HeardSound.interrupted` is known, not assumed.
    """
    earliest_ms = turn.end_ms - CUT_IN_TOLERANCE_MS
    # An agent that speaks through the turn's end answers another turn. Its next sound may do so too, unless this
    # turn is known to have stopped it.
    free_ms = max(
        (
            sound.end_ms
            for sound in sounds
            if sound.start_ms < earliest_ms
            and sound.end_ms > turn.end_ms
            and not (stops_known and sound.interrupted)
        ),
        default=None,
    )
    after = [sound.start_ms for sound in sounds if earliest_ms <= sound.start_ms < limit_ms]
    answers = [start_ms for start_ms in responses if earliest_ms <= start_ms < limit_ms]
    until_ms = min(limit_ms, max(duration_ms, turn.end_ms))
    heard_ms = min((sound.start_ms for sound in sounds if sound.end_ms > turn.end_ms), default=until_ms)
    waited_ms = max(0, min(heard_ms, until_ms) - turn.end_ms)
    return TurnOutcome(
        turn=turn,
        cut_in_ms=_cut_in_ms(turn, sounds),
        early_end=False,
        missed=not after and free_ms is None,
        hanging=waited_ms >= HANGING_MS,
        eot_delay_ms=None,
        first_sound_ms=after[0] - turn.end_ms if after and free_ms is None else None,
        response_ms=answers[0] - turn.end_ms if answers and free_ms is None else None,
        filler_overhang_ms=None,
        stages_ms=None,
        dead_air_ms=max(0, waited_ms - 1000),
    )


def _cut_in_ms(turn: TrueTurn, sounds: tuple[HeardSound, ...]) -> int | None:
    """Return when the agent first began to speak inside a turn after a silence, ms; ``None`` if it did not."""
    quiet_since_ms = 0
    for sound in sounds:
        fresh = sound.start_ms - quiet_since_ms >= FRESH_MS
        if fresh and turn.start_ms < sound.start_ms < turn.end_ms - CUT_IN_TOLERANCE_MS:
            return sound.start_ms
        quiet_since_ms = sound.end_ms
    return None
