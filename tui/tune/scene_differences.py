"""Where two arms treat a caller's turn differently, in the words of the readouts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simulator.measures.readouts import Measured
from simulator.measures.turns import TurnOutcome
from tui.figures import signed

WORTH_MARKING_MS = 20
"""A difference in latency below this is none: nobody hears it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs at one turn, by the response or else by the first sound.

    ``own_ms`` is its end on arm A's clock, ``verdict`` what the difference means for a caller.
    """

    own_ms: int
    text: str
    verdict: Literal["better", "worse"]


def differences(mine: Measured, theirs: Measured) -> tuple[Difference, ...]:
    """Return the turns that arm A (``mine``) treats differently from another, in order."""
    others = {outcome.turn.index: outcome for outcome in theirs.turns}
    found = []
    for outcome in mine.turns:
        other = others.get(outcome.turn.index)
        differs = None if other is None else _difference(outcome, other)
        if differs is not None:
            found.append(differs)
    return tuple(found)


def _difference(mine: TurnOutcome, other: TurnOutcome) -> Difference | None:
    end_ms = mine.turn.end_ms
    for word, one, two in (("cut-in", mine.cut_in, other.cut_in), ("missed", mine.missed, other.missed)):
        if one != two:
            return Difference(end_ms, word if one else f"no {word}", "worse" if one else "better")
    heard, heard_there = mine.response_ms, other.response_ms
    if heard is None or heard_there is None:
        if heard == heard_there:
            return _later(end_ms, mine.first_sound_ms, other.first_sound_ms, " first")
        return Difference(
            end_ms, "no answer" if heard is None else "answers", "worse" if heard is None else "better"
        )
    by_response = _later(end_ms, heard, heard_there)
    return by_response or _later(end_ms, mine.first_sound_ms, other.first_sound_ms, " first")


def _later(end_ms: int, mine: int | None, theirs: int | None, what: str = "") -> Difference | None:
    if mine is None or theirs is None or abs(mine - theirs) < WORTH_MARKING_MS:
        return None
    return Difference(end_ms, signed(mine - theirs) + what, "better" if mine < theirs else "worse")
