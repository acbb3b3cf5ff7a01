"""The ``voice_config`` that a service had when a call began, as far as the history shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from services.calls.record import ConfigSource
from services.changes.kept import Scope
from services.changes.ledger import Backups
from services.client import ServicesClient
from services.errors import ServiceError
from services.model import Service

Values = dict[str, JsonValue]

PAGES = 20
"""The number of history pages to search."""


@dataclass(frozen=True, slots=True)
class _Change:
    at: datetime
    before: Mapping[str, JsonValue]
    after: Mapping[str, JsonValue]


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
        return cls(today, tuple(_Change(one.at, one.before, one.after) for one in done))

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
            if any(values.get(name) != value for name, value in change.after.items()):
                return today, "today"
            known = True
            if change.at <= moment:
                break
            for name, value in change.before.items():
                if value is None:
                    values.pop(name, None)
                else:
                    values[name] = value
        return values, "changes" if known else "today"


async def _history(client: ServicesClient, service_id: str) -> tuple[tuple[_Change, ...], bool]:
    """Return the platform's changes, newest first, and whether the list is complete."""
    found: list[_Change] = []
    continuation: int | None = None
    for _ in range(PAGES):
        page = await client.service_history(service_id, continuation=continuation)
        for entry in page.items:
            fields = [one for one in entry.changes if one.path[:1] == ("voice_config",) and len(one.path) == 2]
            if fields and entry.at is not None:
                before, after = (
                    {one.path[1]: getattr(one, side) for one in fields} for side in ("before", "after")
                )
                found.append(_Change(entry.at, before, after))
        continuation = page.continuation
        if continuation is None:
            break
    return tuple(sorted(found, key=lambda change: change.at, reverse=True)), continuation is None
