"""What is remembered of every change: what the version set held before and after, who changed it, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.model import Service, VersionSet
from services.promotion.differences import same
from services.writing import write_version_set

Action = Literal["promote", "upsert", "delete", "rollback"]
State = Literal["begun", "done", "not written", "unknown"]
"""``begun`` is under way, or broke off; ``unknown`` broke off with neither before nor after stored."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose version sets: one service, through one connection."""

    connection: str
    workspace_id: str
    service_id: str

    @classmethod
    def of(cls, connection: str, service: Service) -> Scope:
        """Return the scope of a service."""
        return cls(connection, service.workspace_id or "", service.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One change of a version set that was made from here. ``None`` for a set that was not there."""

    id: int
    at: datetime
    who: str
    action: Action
    target: str
    source: str | None = None
    """Where a promotion came from."""
    undoes: int | None = None
    """The id of the change a rollback takes back."""
    before: VersionSet | None
    after: VersionSet | None
    state: State


def holds(stored: VersionSet | None, sent: VersionSet | None) -> bool:
    """Tell whether what is stored is what was sent; a platform may add fields that were not."""
    if stored is None or sent is None:
        return stored is sent
    found = write_version_set(stored)
    return all(value in (None, found.get(name)) for name, value in write_version_set(sent).items()) and (
        stored.agent_version_number == sent.agent_version_number
        and stored.context_graph_version_number == sent.context_graph_version_number
    )


def settled(entry: Kept, now: VersionSet | None) -> State:
    """Return what became of a change that broke off, judged by what is stored now."""
    if entry.state != "begun":
        return entry.state
    if holds(now, entry.after):
        return "done"
    return "not written" if same(now, entry.before) else "unknown"


def stands(entry: Kept, now: VersionSet | None) -> bool:
    """Tell whether a change is what is stored now: nobody changed it since."""
    return same(now, entry.after) if entry.state == "done" else holds(now, entry.after)


def undoable(entries: Sequence[Kept], target: str, now: VersionSet | None) -> Kept | None:
    """Return the newest change of a version set that is not taken back yet; ``None`` if there is none.

    ``entries`` are newest first. A rollback is not itself taken back: going back goes further back.
    """
    undone: set[int] = set()
    for entry in entries:
        if entry.target != target or settled(entry, now) == "not written":
            continue
        if entry.undoes is not None:
            undone.add(entry.undoes)
        elif entry.id not in undone:
            return entry
    return None
