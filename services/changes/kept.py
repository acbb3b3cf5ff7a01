"""What is remembered of every change: what was there before and after, who changed it, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeVar

from pydantic import JsonValue

from services.changes.differences import plain_form, same
from services.model import Service, VersionSet
from services.writing import JsonObject

Action = Literal["promote", "upsert", "delete", "rollback", "update"]
Subject = Literal["service", "voice_config"]
"""Which fields of a service a change is of: its own, or those of its ``voice_config``."""
Kind = Literal["version set", "service", "voice_config"]
KeptState = Literal["begun", "done", "not written", "unknown"]
"""``begun`` is under way, or broke off; ``unknown`` broke off with neither before nor after stored."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose changes: one service, through one connection."""

    connection: str
    workspace_id: str
    service_id: str

    @classmethod
    def of(cls, connection: str, service: Service) -> Scope:
        """Return the scope of a service."""
        return cls(connection, service.workspace_id or "", service.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A change that is about to be made, as it is kept."""

    scope: Scope
    service_name: str
    kind: Kind
    action: Action
    target: str
    source: str | None = None
    undoes: int | None = None
    before: str
    """What is about to be overwritten, as JSON text; so is ``after``."""
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptChange:
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
    state: KeptState


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFields:
    """One change of fields that was made from here, with the fields it changed; ``None``: inherited, or not set."""

    id: int
    at: datetime
    who: str
    action: Action
    subject: Subject
    source: str | None = None
    """The preset that was applied."""
    undoes: int | None = None
    before: JsonObject
    after: JsonObject
    state: KeptState


class _Standing(Protocol):
    @property
    def id(self) -> int: ...

    @property
    def undoes(self) -> int | None: ...


S = TypeVar("S", bound=_Standing)


def _not_undone(entries: Iterable[S], written: Callable[[S], bool]) -> S | None:
    """Return the newest written entry that is not taken back and is no rollback itself.

    A rollback that was taken back in its turn took nothing back.
    """
    undone: set[int] = set()
    for entry in entries:
        if not written(entry) or (entry.undoes is not None and entry.id in undone):
            continue
        if entry.undoes is not None:
            undone.add(entry.undoes)
        elif entry.id not in undone:
            return entry
    return None


def holds(stored: VersionSet | None, sent: VersionSet | None) -> bool:
    """Tell whether what is stored is what was sent; a platform may add fields and documented defaults."""
    if stored is None or sent is None:
        return stored is sent
    found, wanted = plain_form(stored) or {}, plain_form(sent) or {}
    return all(value in (None, found.get(name)) for name, value in wanted.items()) and (
        stored.agent_version_number == sent.agent_version_number
        and stored.context_graph_version_number == sent.context_graph_version_number
    )


def settled(entry: KeptChange, now: VersionSet | None) -> KeptState:
    """Return what became of a change that broke off, judged by what is stored now."""
    if entry.state != "begun":
        return entry.state
    if holds(now, entry.after):
        return "done"
    return "not written" if same(now, entry.before) else "unknown"


def stands(entry: KeptChange, now: VersionSet | None) -> bool:
    """Return whether what a change stored is still stored."""
    return same(now, entry.after) if entry.state == "done" else holds(now, entry.after)


def undoable(entries: Sequence[KeptChange], target: str, now: VersionSet | None) -> KeptChange | None:
    """Return the newest change of a version set that is not taken back yet; ``None`` if there is none.

    ``entries`` are newest first. A rollback is not itself taken back: going back goes further back.
    """
    of_target = (one for one in entries if one.target == target)
    return _not_undone(of_target, lambda one: settled(one, now) != "not written")


def settled_fields(entry: KeptFields, agrees: Callable[[Mapping[str, JsonValue]], bool]) -> KeptState:
    """Return what became of a change of fields; ``agrees`` tells whether given values are stored now."""
    if entry.state != "begun":
        return entry.state
    if agrees(entry.after):
        return "done"
    return "not written" if agrees(entry.before) else "unknown"


def undoable_fields(
    entries: Sequence[KeptFields], agrees: Callable[[Mapping[str, JsonValue]], bool]
) -> KeptFields | None:
    """Return the newest change of fields that is not taken back yet; ``None`` if there is none."""
    return _not_undone(entries, lambda one: settled_fields(one, agrees) != "not written")
