"""Who changed a service's version sets and when: changes from here, and the platform's history."""

from __future__ import annotations

import getpass
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import JsonValue

from services.changes.change_record import KeptChange, Scope, Subject, settled
from services.changes.fields import differing
from services.changes.ledger import Backups
from services.changes.requests import Delete, Request, Upsert
from services.client import ServicesClient
from services.errors import ServiceError, StorageError
from services.model import FieldChange, HistoryEntry, Service
from services.service_fields import BY_NAME
from services.writing import JsonObject

PAGES = 10
"""The number of history pages to search: other changes of the service come in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformChange:
    """One change of one version set by any user, from the platform's history."""

    at: datetime | None
    who: str
    action: str
    target: str
    fields: tuple[FieldChange, ...]
    """Each path begins inside the version set. Empty where the set was created or deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Both sources, newest first. A change from here appears in both if the platform has a history."""

    here: tuple[KeptChange, ...]
    platform: tuple[PlatformChange, ...]
    untold: str = ""
    """Why the platform's part is missing or incomplete."""


async def version_set_history(
    client: ServicesClient, service: Service, backups: Backups, *, name: str | None = None, limit: int = 20
) -> History:
    """Return at most ``limit`` changes of each source, of one version set or of all.

    A platform without a history is part of the answer; it does not raise. Raises
    :class:`services.errors.StorageError`.
    """
    kept = await backups.entries(Scope.of(client.label, service))
    here = [_judged(one, service, kept) for one in kept if name in (None, one.target)]
    platform, untold = await _from_platform(client, service.id, name, limit)
    return History(here=tuple(here[:limit]), platform=platform, untold=untold)


async def by_whom(client: ServicesClient, service: Service, names: Collection[str], backups: Backups) -> str:
    """Return, in words, who stored the present values of these ``voice_config`` fields.

    The result is ``elsewhere`` if no change kept on this computer explains the values.
    """
    try:
        kept = await backups.field_entries(Scope.of(client.label, service), "voice_config")
    except StorageError:
        kept = ()  # saving reports what is wrong with it
    newest = {name: next((one for one in kept if name in one.after), None) for name in names}
    held = {name: one.after[name] for name, one in newest.items() if one is not None}
    if len(held) < len(newest) or differing(service, "voice_config", held):
        return "elsewhere"
    writers = {one.who for one in newest.values() if one is not None}
    return "in another window" if writers == {who()} else f"by {', '.join(sorted(writers))}"


def _judged(entry: KeptChange, service: Service, kept: Sequence[KeptChange]) -> KeptChange:
    """Settle an interrupted change if it is the last of its version set: only then is its outcome visible."""
    last = next(one for one in kept if one.target == entry.target)
    return replace(entry, state=settled(entry, service.version_sets.get(entry.target))) if entry is last else entry


async def _from_platform(
    client: ServicesClient, service_id: str, name: str | None, limit: int
) -> tuple[tuple[PlatformChange, ...], str]:
    if why := client.unsupported.get("service_history"):
        return (), why
    found: list[PlatformChange] = []
    continuation = None
    for _ in range(PAGES):
        try:
            page = await client.service_history(service_id, continuation=continuation)
        except ServiceError as error:
            return tuple(found), str(error)
        for entry in page.items:
            found += [one for one in _by_set(entry) if name in (None, one.target)]
        continuation = page.continuation
        if continuation is None or len(found) >= limit:
            break
    cut = continuation is not None and len(found) < limit
    return tuple(found[:limit]), "older changes were not looked through" if cut else ""


def _by_set(entry: HistoryEntry) -> list[PlatformChange]:
    """Return the changes of each version set in a history entry."""
    by_name: dict[str, list[FieldChange]] = {}
    for change in entry.changes:
        if len(change.path) > 1 and change.path[0] == "version_sets":
            by_name.setdefault(change.path[1], []).append(replace(change, path=change.path[2:]))
    return [
        PlatformChange(at=entry.at, who=entry.who, action=entry.action, target=name, fields=tuple(fields))
        for name, fields in by_name.items()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldsBack:
    """Fields of a service before a change."""

    subject: Subject
    before: JsonObject


def way_back(entry: HistoryEntry) -> FieldsBack | Request | str:
    """Return the request that undoes a change of the platform's history, or a sentence that says why none does.

    One request can undo fields of a service, of its ``voice_config``, or one version set.
    """
    backs: dict[tuple[str, str], list[FieldChange]] = {}
    for change in entry.changes:
        match change.path:
            case ("version_sets", name, *rest):
                backs.setdefault(("version set", name), []).append(replace(change, path=tuple(rest)))
            case ("voice_config", name):
                backs.setdefault(("voice_config", ""), []).append(replace(change, path=(name,)))
            case (name,) if name in BY_NAME:
                backs.setdefault(("service", ""), []).append(change)
            case _:
                return f"{'.'.join(change.path)} cannot be restored from here"
    if entry.action.startswith("create"):
        return "to undo creating a service, delete it"
    if len(backs) != 1:
        return "it changed several things at once; put them back one by one" if backs else "it changed nothing"
    ((kind, name), changes), *_ = backs.items()
    if kind == "version set":
        return _set_back(name, changes)
    before = {change.path[0]: change.before for change in changes}
    return FieldsBack(subject="service" if kind == "service" else "voice_config", before=before)


def _set_back(name: str, changes: Sequence[FieldChange]) -> Request | str:
    fields: dict[str, JsonValue] = {}
    models: dict[str, str | None] = {}
    for change in changes:
        match change.path, change.before:
            case (), None:
                return Delete(name)
            case (), dict(whole):
                return Upsert(name, whole)
            case ("llm_model_preferences", use), None:
                models[use] = None
            case (("llm_model_preferences", use), {"llm_name": str(model), **rest}) if not rest:
                models[use] = model
            case ("llm_model_preferences", use, "llm_name"), str(model):
                models[use] = model
            case (field,), before:
                fields[field] = before
            case _:
                return f"{'.'.join(change.path)} of {name} cannot be restored from here"
    return Upsert(name, fields, models)


def who() -> str:
    """Return the user of this computer, for the history."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
