"""The ``voice_config`` that a service had when a call began, as far as the history shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from presets.fields import BY_NAME
from services.calls.record import ConfigSource
from services.changes.change_record import Scope
from services.changes.ledger import Backups
from services.client import ServicesClient
from services.errors import ServiceError
from services.model import Service
from services.reading import as_object

Values = dict[str, JsonValue]
Path = tuple[str, ...]
_VOICE_CONFIG: Path = ("voice_config",)

PAGES = 20
"""The number of history pages to search."""


@dataclass(frozen=True, slots=True)
class _Change:
    """One change: the values at some paths inside ``voice_config``, before and after. ``None`` means inherit."""

    at: datetime
    before: Mapping[Path, JsonValue]
    after: Mapping[Path, JsonValue]

    @classmethod
    def of(cls, at: datetime, changed: Iterable[tuple[Path, JsonValue, JsonValue]]) -> _Change:
        """Return a change, by each path with its value before and after."""
        each = [one for path, before, after in changed for one in _by_field(path, before, after)]
        return cls(
            at,
            {path: _plain(path, before) for path, before, _ in each},
            {path: _plain(path, after) for path, _, after in each},
        )


def _by_field(path: Path, before: JsonValue, after: JsonValue) -> Iterator[tuple[Path, JsonValue, JsonValue]]:
    """Yield a change; one of the whole ``voice_config``, whose path is empty, as a change of each field."""
    if path:
        yield path, before, after
        return
    old, new = as_object(before) or {}, as_object(after) or {}
    for name in old | new:
        yield (name,), old.get(name), new.get(name)


def _plain(path: Path, value: JsonValue) -> JsonValue:
    """Return a value. ``None`` if it is the platform's form of "inherit"."""
    is_field = len(path) == 1 and path[0] in BY_NAME
    return None if is_field and BY_NAME[path[0]].plain(value) is None else value


def _held(values: JsonValue, path: Path) -> JsonValue:
    for name in path:
        values = (as_object(values) or {}).get(name)
    return values


def _put(values: Values, path: Path, value: JsonValue) -> Values:
    """Return values with one replaced at a path. ``None`` removes it."""
    name, *rest = path
    inner = _put(as_object(values.get(name)) or {}, tuple(rest), value) if rest else value
    others = {other: one for other, one in values.items() if other != name}
    return others if inner is None else others | {name: inner}


@dataclass(frozen=True, slots=True)
class SettingsThen:
    """A service's settings over time: today's, and the changes before them, newest first.

    ``complete``: the list has every change, because the platform returns its whole history.
    """

    today: Mapping[str, JsonValue]
    changes: tuple[_Change, ...] = ()
    complete: bool = False

    @classmethod
    async def of(cls, client: ServicesClient, service: Service, backups: Backups) -> SettingsThen:
        """Load a service's changes: the platform's history if it has one, else the changes made from here."""
        today: Values = dict(service.voice_config.set_values())
        if "service_history" not in client.unsupported:
            try:
                return cls(today, *await _history(client, service.id))
            except ServiceError:
                pass  # the changes made from here are available all the same
        try:
            kept = await backups.field_entries(Scope.of(client.label, service), "voice_config")
        except ServiceError:
            return cls(today)
        done = [one for one in kept if one.state in ("done", "begun")]
        return cls(
            today,
            tuple(
                _Change.of(one.at, (((name,), one.before.get(name), after) for name, after in one.after.items()))
                for one in done
            ),
        )

    def at(self, moment: datetime | None) -> tuple[Values, ConfigSource]:
        """Return the settings of a call that began at ``moment``, and their source.

        A change that does not match its successor means that a change in between is unrecorded. The result is then
        today's settings.
        """
        today = dict(self.today)
        if moment is None:
            return today, "today"
        values, known = dict(today), self.complete
        for change in self.changes:
            if any(_held(values, path) != value for path, value in change.after.items()):
                return today, "today"
            known = True
            if change.at <= moment:
                break
            for path, value in change.before.items():
                values = _put(values, path, value)
        return values, "changes" if known else "today"


async def _history(client: ServicesClient, service_id: str) -> tuple[tuple[_Change, ...], bool]:
    """Return the platform's changes, newest first, and whether the list is complete."""
    found: list[_Change] = []
    continuation: int | None = None
    for _ in range(PAGES):
        page = await client.service_history(service_id, continuation=continuation)
        for entry in page.items:
            inside = (one for one in entry.changes if one.path[:1] == _VOICE_CONFIG)
            fields = [(one.path[1:], one.before, one.after) for one in inside]
            if fields and entry.at is not None:
                found.append(_Change.of(entry.at, fields))
        continuation = page.continuation
        if continuation is None:
            break
    return tuple(sorted(found, key=lambda change: change.at, reverse=True)), continuation is None
