"""Changes of settings between calls, and the calls before and after a change or two days."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from services.calls.overview import HEARD, CallOverview, object_in
from services.reading import as_time
from simulator.heard.periods import Periods, TimedCall, compare_periods


@dataclass(frozen=True, slots=True)
class SettingsChange:
    """A change of a service's settings between two of its calls, ``older`` and ``newer``."""

    older: CallOverview
    newer: CallOverview

    @property
    def service(self) -> str:
        """The service's id, else its name."""
        return service_of(self.newer)

    @property
    def at(self) -> datetime | None:
        """The start of the first call under the new settings."""
        return self.newer.started_at

    def words(self, room: int | None = None) -> str:
        """Return what changed: ``max_buffer_delay_ms 300 → 600``.

        If it exceeds ``room`` cells, names are shortened.
        """
        before, after = (_values(call.settings) for call in (self.older, self.newer))
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        changed = [f"{name} {_shown(before.get(name))} → {_shown(after.get(name))}" for name in names]
        whole = ", ".join(changed)
        if room is None or len(whole) <= room or not changed:
            return whole
        # shorten names before values, and count what does not fit
        more = f", {len(changed) - 1} more" if len(changed) > 1 else ""
        values = changed[0].removeprefix(names[0])
        left = room - len(values) - len(more)
        name = names[0] if len(names[0]) <= left else f"{names[0][: max(left - 1, 1)]}…"
        return f"{name}{values}{more}"


Line = CallOverview | SettingsChange
"""A line of the list."""


def service_of(call: CallOverview) -> str:
    """Return the id of a call's service, else its name."""
    return call.service_id or call.service_name


def _values(settings: str) -> dict[str, Any]:
    found = json.loads(settings)
    return found if isinstance(found, dict) else {}


def _shown(value: object) -> str:
    return "inherited" if value is None else str(value) if isinstance(value, str) else json.dumps(value)


def with_changes(calls: Sequence[CallOverview]) -> list[Line]:
    """Return calls, newest first, with a line above each call whose service has different settings afterwards."""
    newer: dict[str, CallOverview] = {}
    found: list[Line] = []
    for call in calls:
        service = service_of(call)
        after = newer.get(service)
        if (
            after is not None
            and service
            and after.settings != call.settings
            and "null"
            not in (
                after.settings,
                call.settings,
            )
        ):
            found.append(SettingsChange(call, after))
        newer[service] = call
        found.append(call)
    return found


def around(change: SettingsChange, lines: Sequence[Line]) -> tuple[list[CallOverview], list[CallOverview]]:
    """Return the service's calls before and after a change, each up to the neighbouring change."""
    own = [one for one in lines if _is_of(one, change.service)]
    places = [at for at, one in enumerate(own) if isinstance(one, SettingsChange)]
    bounds = [-1, *places, len(own)]
    for newer_from, at, older_to in zip(bounds, bounds[1:], bounds[2:], strict=False):
        if own[at] == change:
            after, before = own[newer_from + 1 : at], own[at + 1 : older_to]
            return [one for one in before if isinstance(one, CallOverview)], [
                one for one in after if isinstance(one, CallOverview)
            ]
    return [], []


def _is_of(line: Line, service: str) -> bool:
    return (line.service if isinstance(line, SettingsChange) else service_of(line)) == service


def timed(calls: Sequence[CallOverview]) -> Iterator[TimedCall]:
    """Yield the calls that were measured and have a time."""
    for call in calls:
        values = object_in(call.folder / HEARD).get("values")
        if call.started_at is not None and isinstance(values, dict) and values:
            yield TimedCall(call.service_name, call.started_at, call.settings, values)


def compared(before: Sequence[CallOverview], after: Sequence[CallOverview]) -> Periods:
    """Compare two periods. Unmeasured calls are left out; the notes count them."""
    periods = [list(timed(calls)) for calls in (before, after)]
    found = compare_periods(*periods)
    missing = len(before) + len(after) - sum(map(len, periods))
    if not missing:
        return found
    note = (
        f"{missing} call{'s' if missing > 1 else ''} left out, which {'are' if missing > 1 else 'is'} not measured"
    )
    return Periods(found.services, found.calls, found.readouts, (*found.notes, note))


def two_days(text: str) -> tuple[datetime, datetime]:
    """Read one day, or two: calls before the first against calls from the second on.

    Raises :class:`ValueError` with one sentence.
    """
    parts = text.replace(",", " ").split()
    days = [as_time(part) for part in parts]
    if not 1 <= len(days) <= 2 or any(day is None for day in days):
        raise ValueError("one day or two, such as 2026-11-20 2026-11-24")
    found = [day for day in days if day is not None]
    for first, second in pairwise(found):
        if second < first:
            raise ValueError("the second day lies before the first; a call cannot be in both periods")
    return found[0], found[-1]
