"""The record of every change: the value before and after, the user, and the time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeVar

from pydantic import JsonValue

from services.changes.differences import plain_form, same
from services.changes.errors import NoBackupError
from services.model import Service, VersionSet
from services.writing import JsonObject

Action = Literal["promote", "upsert", "delete", "rollback", "update"]
Subject = Literal["service", "voice_config"]
"""Which fields of a service a change affects: its own, or those of its ``voice_config``."""
Kind = Literal["version set", "service", "voice_config"]
KeptState = Literal["begun", "done", "not written", "unknown"]
"""``begun`` is running or was interrupted. ``unknown`` was interrupted, and the stored value is neither old nor
new."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The owner of changes: one service, through one connection."""

    connection: str
    workspace_id: str
    service_id: str

    @classmethod
    def of(cls, connection: str, service: Service) -> Scope:
        """Return the scope of a service."""
        return cls(connection, service.workspace_id or "", service.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The record of a change that is about to be made."""

    scope: Scope
    service_name: str
    kind: Kind
    action: Action
    target: str
    source: str | None = None
    undoes: int | None = None
    before: str
    """The value to overwrite, as JSON text. ``after`` has the same form."""
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptChange:
    """One change of a version set that was made from here. ``None`` is a set that did not exist."""

    id: int
    at: datetime
    who: str
    action: Action
    target: str
    source: str | None = None
    """The version set that a promotion copied."""
    undoes: int | None = None
    """The id of the change that a rollback undoes."""
    before: VersionSet | None
    after: VersionSet | None
    state: KeptState


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFields:
    """One change of fields that was made from here, with the changed fields. ``None``: inherited, or not set."""

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
    def at(self) -> datetime: ...

    @property
    def who(self) -> str: ...

    @property
    def action(self) -> Action: ...

    @property
    def undoes(self) -> int | None: ...


S = TypeVar("S", bound=_Standing)


def _not_undone(entries: Iterable[S], written: Callable[[S], bool]) -> S | None:
    """Return the newest written entry that is neither undone nor a rollback.

    A rollback that was itself undone counts as not made.
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


def to_take_back(entries: Sequence[S], to: int | None, what: str, newest: S | None) -> S:
    """Return the change ``to`` among the entries, or the ``newest`` that is not undone yet.

    ``what`` names what the entries changed. Raises :class:`services.changes.errors.NoBackupError` if there is none.
    """
    if to is None and newest is None:
        raise NoBackupError(f"nothing to roll back: no change of {what} made from here is left to undo")
    entry = newest if to is None else next((one for one in entries if one.id == to), None)
    if entry is None:
        raise NoBackupError(f"there is no change {to} of {what}; see its history")
    return entry


def since_note(what: str, entry: _Standing) -> str:
    """Return a warning that going back to before a named change replaces later ones too."""
    return f"{what} was changed again since change {entry.id}: going back replaces that too"


def way_back_note(held: str, entry: _Standing) -> str:
    """Return what a rollback restores. ``held`` names the stored content."""
    when = entry.at.astimezone().strftime("%Y-%m-%d %H:%M")
    return f"back to what {held} before change {entry.id} ({entry.action} by {entry.who}, {when})"


def holds(stored: VersionSet | None, sent: VersionSet | None) -> bool:
    """Return whether the stored set is the sent one. A platform may add fields and documented defaults."""
    if stored is None or sent is None:
        return stored is sent
    found, wanted = plain_form(stored) or {}, plain_form(sent) or {}
    return all(value in (None, found.get(name)) for name, value in wanted.items()) and (
        stored.agent_version_number == sent.agent_version_number
        and stored.context_graph_version_number == sent.context_graph_version_number
    )


def settled(entry: KeptChange, now: VersionSet | None) -> KeptState:
    """Return the outcome of an interrupted change, judged by what is stored now."""
    if entry.state != "begun":
        return entry.state
    if holds(now, entry.after):
        return "done"
    return "not written" if same(now, entry.before) else "unknown"


def stands(entry: KeptChange, now: VersionSet | None) -> bool:
    """Return whether the result of a change is still stored."""
    return same(now, entry.after) if entry.state == "done" else holds(now, entry.after)


def undoable(entries: Sequence[KeptChange], target: str, now: VersionSet | None) -> KeptChange | None:
    """Return the newest change of a version set that can be undone. ``None`` if there is none.

    ``entries`` are newest first. Rollbacks are skipped: a second undo goes further back.
    """
    of_target = (one for one in entries if one.target == target)
    return _not_undone(of_target, lambda one: settled(one, now) != "not written")


def settled_fields(entry: KeptFields, agrees: Callable[[Mapping[str, JsonValue]], bool]) -> KeptState:
    """Return the outcome of an interrupted change of fields.

    ``agrees`` returns whether given values are stored now.
    """
    if entry.state != "begun":
        return entry.state
    if agrees(entry.after):
        return "done"
    return "not written" if agrees(entry.before) else "unknown"


def undoable_fields(
    entries: Sequence[KeptFields], agrees: Callable[[Mapping[str, JsonValue]], bool]
) -> KeptFields | None:
    """Return the newest change of fields that can be undone. ``None`` if there is none."""
    return _not_undone(entries, lambda one: settled_fields(one, agrees) != "not written")
