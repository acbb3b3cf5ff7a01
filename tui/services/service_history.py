"""One history of a service: what the platform remembers, and what was changed from this computer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from base.json_text import json_line

if TYPE_CHECKING:
    from pydantic import JsonValue

    from services.changes.kept import Kept
    from services.model import FieldChange, HistoryEntry

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_STATES = {
    "done": "",
    "begun": ", broke off: whether it was stored is not known",
    "not written": ", was not written",
    "unknown": ", broke off: something else is stored",
}


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One change: when, who, what in a few words, and in full."""

    at: datetime | None
    who: str
    what: str
    detail: str
    """Every value it changed, a line each; whose memory it is from."""


def history_lines(remembered: Iterable[HistoryEntry], kept: Iterable[Kept]) -> tuple[HistoryLine, ...]:
    """Return the platform's entries and this computer's changes as one list, newest first."""
    lines = [*map(_of_platform, remembered), *map(_of_here, kept)]
    return tuple(sorted(lines, key=lambda line: line.at or _LONG_AGO, reverse=True))


def _of_platform(entry: HistoryEntry) -> HistoryLine:
    changes = [_changed(change) for change in entry.changes]
    fields = dict.fromkeys(".".join(change.path[:2]) for change in entry.changes)
    what = f"{entry.action.replace('_', ' ')}: {', '.join(fields)}" if fields else entry.action
    return HistoryLine(entry.at, entry.who, what, "\n".join([*changes, "Remembered by the platform."]))


def _of_here(entry: Kept) -> HistoryLine:
    way = f"{entry.source} → {entry.target}" if entry.source else entry.target
    undoes = f", takes back change {entry.undoes}" if entry.undoes else ""
    return HistoryLine(
        entry.at,
        entry.who,
        f"{entry.action} {way}{_STATES[entry.state]}",
        f"Change {entry.id}, made from this computer{undoes}. What {entry.target} held before is kept.",
    )


def _changed(change: FieldChange) -> str:
    return f"{'.'.join(change.path)}: {_value(change.before)} → {_value(change.after)}"


def _value(value: JsonValue) -> str:
    if value is None:
        return "—"
    return value if isinstance(value, str) else json_line(value)
