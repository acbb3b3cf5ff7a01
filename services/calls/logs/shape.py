"""What every reader of logs returns, and how they take values out of JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import JsonValue

from services.calls.reading import as_number
from services.calls.record import CallTurn
from services.reading import as_time


@dataclass(frozen=True, slots=True)
class ImportedLog:
    """What a log says of a call; ``kind`` names its form, ``more`` are further fields of our own record."""

    kind: str
    id: str | None = None
    started_at: datetime | None = None
    ended_by: str | None = None
    direction: str | None = None
    turns: tuple[CallTurn, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


def inner(raw: JsonValue, *names: str) -> JsonValue:
    """Return what lies under some names, one in the other; ``None`` where one is missing."""
    for name in names:
        if not isinstance(raw, dict):
            return None
        raw = raw.get(name)
    return raw


def text(raw: JsonValue) -> str | None:
    """Return a text that is not empty."""
    return raw if isinstance(raw, str) and raw else None


def epoch_ms(raw: JsonValue) -> datetime | None:
    """Return a moment given in ms since 1970, or as ISO 8601."""
    number = as_number(raw)
    if number is None:
        return as_time(raw)
    try:
        return datetime.fromtimestamp(number / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def figures(raw: Mapping[str, JsonValue], names: Mapping[str, str], factor: float = 1.0) -> dict[str, float]:
    """Return figures under our own names, ms; those that are missing, odd or negative are left out."""
    found = {own: as_number(raw.get(theirs)) for theirs, own in names.items()}
    return {own: round(value * factor, 3) for own, value in found.items() if value is not None and value >= 0}


def with_figures(turns: Sequence[CallTurn], values: Sequence[dict[str, float]]) -> tuple[CallTurn, ...]:
    """Return turns with figures at the agent's answers, in order: its first turn after each of the caller's.

    Where there are not as many figures as answers, nothing says which belong to which, and none is given.
    """
    answers = [
        number
        for number, turn in enumerate(turns)
        if turn.speaker == "agent" and number and turns[number - 1].speaker == "caller"
    ]
    if len(answers) != len(values):
        return tuple(turns)
    by_turn = dict(zip(answers, values, strict=True))
    return tuple(
        turn.model_copy(update={"reported": by_turn[number]}) if number in by_turn else turn
        for number, turn in enumerate(turns)
    )
