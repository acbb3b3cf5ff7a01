"""The result of every log reader, and helpers that take values out of JSON."""

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
    """The contents of a call log. ``kind`` is the format; ``more`` has the further fields of a Turnlab record."""

    kind: str
    id: str | None = None
    started_at: datetime | None = None
    ended_by: str | None = None
    direction: str | None = None
    turns: tuple[CallTurn, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


def inner(raw: JsonValue, *names: str) -> JsonValue:
    """Return the value at a path of names. ``None`` if a name is missing."""
    for name in names:
        if not isinstance(raw, dict):
            return None
        raw = raw.get(name)
    return raw


def text(raw: JsonValue) -> str | None:
    """Return a string that is not empty, else ``None``."""
    return raw if isinstance(raw, str) and raw else None


def epoch_ms(raw: JsonValue) -> datetime | None:
    """Return a time given in ms since 1970 or as ISO 8601."""
    number = as_number(raw)
    if number is None:
        return as_time(raw)
    try:
        return datetime.fromtimestamp(number / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def figures(raw: Mapping[str, JsonValue], names: Mapping[str, str], factor: float = 1.0) -> dict[str, float]:
    """Return latencies in ms under Turnlab's names. Missing, invalid or negative ones are left out."""
    found = {own: as_number(raw.get(theirs)) for theirs, own in names.items()}
    return {own: round(value * factor, 3) for own, value in found.items() if value is not None and value >= 0}


def with_figures(turns: Sequence[CallTurn], values: Sequence[dict[str, float]]) -> tuple[CallTurn, ...]:
    """Return turns with latencies at the agent's answers.

    An answer is the agent's first turn after a caller's turn.

    Latencies and answers are paired in order. If their numbers differ, no turn gets any.
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
