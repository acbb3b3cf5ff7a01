"""``turnlab calls list`` and ``show``: the stored calls, with numbers masked unless requested."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

from services.calls.folders import CallFolder, CallFolders
from services.calls.overview import CallMeasures, heard_of
from services.calls.record import CallRecord
from tui.calls.story import NOTHING, facts, how_it_went, moments
from tui.cli.calls.purge import purge_old
from tui.cli.failure import CallError, complain
from tui.cli.tables import print_line, print_table, print_timed

LISTED = 5
"""The number of calls listed if an id's beginning is ambiguous."""


def day_given(option: str, text: str | None) -> date | None:
    """Return the day that a text names. Raises :class:`~tui.cli.failure.CallError`."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CallError(f"{option} {text}: is not a day; write it like 2026-11-20") from None


def clock_time(moment: datetime | None) -> str:
    """Return a call's start in local time."""
    return NOTHING if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M")


def list_calls(
    service: str | None,
    since: str | None,
    until: str | None,
    limit: int | None,
    *,
    show_numbers: bool,
    as_json: bool,
) -> None:
    """List the stored calls, the newest first."""
    first, last = day_given("--since", since), day_given("--until", until)
    folders = CallFolders()
    purge_old(folders)
    found = sorted(
        ((one, record) for one, record in _readable(folders) if _wanted(record, service, first, last)),
        key=lambda one: one[1].started_at or datetime.min.replace(tzinfo=UTC),
        reverse=True,
    )
    shown = found[:limit]
    if as_json:
        calls = [call_json(record, show_numbers=show_numbers, turns=False) for _, record in shown]
        answer = {"schema": "turnlab.calls_list/1", "calls": calls, "complete": len(shown) == len(found)}
        print(json.dumps(answer))
        return
    headers = ["id", "started", "service", "caller", "audio", "length", "response", "cut-ins", "stops", "hanging"]
    if shown:
        length = _shortest([record.id for _, record in found])
        rows = [
            [record.id[:length], *_row(record if show_numbers else record.masked(), heard_of(one.path))]
            for one, record in shown
        ]
        print_table("", [*headers, "quality"], rows, left=5, whole=4)
    else:
        print_line("No stored call matches; pull calls with turnlab calls pull SERVICE.")
    if len(shown) < len(found):
        print_line(f"{len(found) - len(shown)} more: raise --limit")
    if any(record.made_by_turnlab for _, record in shown):
        print_line("Turnlab made these calls for its demo workspace: they involve no patient.")


def _readable(folders: CallFolders) -> list[tuple[CallFolder, CallRecord]]:
    records = []
    for one in folders.find():
        if one.record is None:
            complain(str(one.problem))
        else:
            records.append((one, one.record))
    return records


def _wanted(record: CallRecord, service: str | None, first: date | None, last: date | None) -> bool:
    if service is not None and not record.is_of(service):
        return False
    day = None if record.started_at is None else record.started_at.astimezone(UTC).date()
    if day is None:
        return first is None and last is None
    return (first is None or first <= day) and (last is None or day <= last)


def _shortest(ids: list[str]) -> int:
    """Return how many characters make all ids unique, at least eight, for ``show``."""
    longest = max(map(len, ids))
    return next((n for n in range(8, longest) if len({one[:n] for one in ids}) == len(ids)), longest)


def _row(record: CallRecord, heard: CallMeasures | None) -> list[str]:
    return [
        clock_time(record.started_at),
        record.service.name if record.service else NOTHING,
        record.phone_number or NOTHING,
        "simulated" if record.simulated else record.audio_state,
        *how_it_went(record.duration_s, heard, record.quality_score),
    ]


def call_json(record: CallRecord, *, show_numbers: bool, turns: bool) -> dict[str, Any]:
    """Return a stored call as JSON: ``call.json`` with numbers masked, with or without its turns."""
    found: dict[str, Any] = (record if show_numbers else record.masked()).to_json()
    if not turns:
        found.pop("turns")
    found.pop("schema")
    return found


def show_call(call_id: str, *, show_numbers: bool, as_json: bool) -> None:
    """Show one stored call. Raises :class:`~tui.cli.failure.CallError` unless exactly one call matches."""
    folders = CallFolders()
    purge_old(folders)
    folder, record = find_kept(folders, call_id)
    if as_json:
        call = call_json(record, show_numbers=show_numbers, turns=True)
        print(json.dumps({"schema": "turnlab.calls_show/1", "folder": str(folder.path), "call": call}))
        return
    record = record if show_numbers else record.masked()
    for line in (record.id, *facts(record), str(folder.path), ""):
        print_line(line)
    print_timed(moments(record, folder.path))


def find_kept(folders: CallFolders, call_id: str) -> tuple[CallFolder, CallRecord]:
    """Return the stored call with an id, or with an id that begins with ``text``.

    Raises :class:`~tui.cli.failure.CallError`.
    """
    if not call_id.strip():
        raise CallError("a call's id cannot be empty; list them: turnlab calls list")
    found = [(one, one.record) for one in folders.find() if one.record and one.record.id.startswith(call_id)]
    exactly = [one for one in found if one[1].id == call_id] or found
    if len(exactly) == 1:
        return exactly[0]
    if exactly:
        ids = ", ".join(record.id for _, record in exactly[:LISTED])
        raise CallError(f"{len(exactly)} calls begin with {call_id!r}; give more of the id: {ids}")
    raise CallError(f"no call {call_id!r} is kept here; list them: turnlab calls list")
