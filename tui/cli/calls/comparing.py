"""``turnlab calls compare``: real calls before and after a day, or the last change of their settings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from base.json_text import canonical_json
from presets.config import to_show
from services.reading import as_time
from simulator.heard.call_folder import KeptCall, kept_measures
from simulator.heard.measure import heard_readouts
from simulator.heard.periods import Periods, TimedCall, compare_periods, last_change
from simulator.measures.readout_table import BY_NAME
from tui.cli.calls.measuring import measured, unheard
from tui.cli.calls.selection import HeardOnce, open_calls
from tui.cli.failure import CallError, Faults, WorkError, complain
from tui.cli.tables import print_line
from tui.report.gate import Gate


@dataclass(frozen=True, slots=True)
class _Compared:
    """Two periods, their calls, and the moments that separate them."""

    found: Periods
    until: datetime
    since: datetime
    before: Sequence[TimedCall]
    after: Sequence[TimedCall]


def compare_calls(
    named: Sequence[str], before: str | None, after: str | None, gate: Gate, *, as_json: bool
) -> None:
    """Compare two periods, print them, and check the later one's measures against the gate.

    Raises :class:`CallError` for an invalid day, and :class:`WorkError`.
    """
    faults = Faults()
    with gate.watching():
        compared = _compared(named, before, after, faults)
    found, until, since = compared.found, compared.until, compared.since
    own = [call.values for call in compared.after if call.service in found.services]
    gate.judge({"after": heard_readouts([dict(values) for values in own])}, unheard([]))
    if as_json:
        shown = {**_to_json(compared), "failed": faults.to_json(), **gate.to_json()}
        print(json.dumps(shown, allow_nan=False))
    else:
        print_line(f"{', '.join(found.services)}: {found.calls[0]} calls before {until:%Y-%m-%d %H:%M} UTC,")
        print_line(
            f"{found.calls[1]} from {since:%Y-%m-%d %H:%M} UTC on; between the two in brackets lies the difference"
        )
        for one in found.readouts:
            print_line(f"  {one.words()}")
        print_line(found.sentence())
    gate.close(faults)
    faults.raise_any()


def _compared(named: Sequence[str], before: str | None, after: str | None, faults: Faults) -> _Compared:
    until, since = (_day(name, text) for name, text in (("--before", before), ("--after", after)))
    until, since = until or since, since or until
    calls, once = list[TimedCall](), HeardOnce()
    for call in open_calls(named, faults):
        with faults.noting(call.path):
            timed = _timed(call, once)
            if timed is not None:
                calls.append(timed)
    if until is None or since is None:
        until = since = last_change(calls)
    if until is None or since is None:
        faults.raise_any()
        raise WorkError("the settings of these calls never changed; give two days with --before and --after")
    if since < until:
        raise CallError("--after lies before --before; a call cannot be in both periods")
    before_it = [call for call in calls if call.started_at < until]
    after_it = [call for call in calls if call.started_at >= since]
    found = compare_periods(before_it, after_it)
    for note in found.notes:
        complain(note)
    if not found.services:
        raise WorkError("no service has calls in both periods; choose other days, or pull more calls")
    return _Compared(found, until, since, before_it, after_it)


def _day(name: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    if (found := as_time(text)) is None:
        raise CallError(f"{name} {text}: is not a day; write one such as 2026-11-20")
    return found


def _timed(call: KeptCall, once: HeardOnce) -> TimedCall | None:
    """Return a call with its time. ``None`` if it cannot be compared, after a line on standard error."""
    heard = kept_measures(call)
    if heard is None and call.why_silent() is not None:
        complain(f"{call.record.id}: {call.why_silent()}; left out")
        return None
    heard = heard or measured(call)
    started = as_time(call.record.started_at)
    if not heard["values"] or started is None:
        why = heard["faults"][0]["sentence"] if not heard["values"] else "nothing says when it was"
        complain(f"{call.record.id}: left out; {why}")
        return None
    if once.again(call, heard):
        return None
    settings = canonical_json(call.record.voice_config)
    return TimedCall(call.record.service_name, started, settings, heard["values"])


def _to_json(compared: _Compared) -> dict[str, Any]:
    found, periods = compared.found, (compared.before, compared.after)
    own = [[call for call in calls if call.service in found.services] for calls in periods]

    def values(name: str) -> dict[str, list[list[int]]]:
        if BY_NAME[name].kind != "latency":
            return {}
        return {"values": [[value for call in calls for value in call.values.get(name, ())] for calls in own]}

    before, after = (_settings(calls) for calls in own)
    return {
        "schema": "turnlab.calls_compare/1",
        "services": list(found.services),
        "before": {"until": compared.until.isoformat(), "calls": found.calls[0], "voice_config": before},
        "after": {"since": compared.since.isoformat(), "calls": found.calls[1], "voice_config": after},
        "readouts": {
            one.name: {
                "before": round(one.before, 4),
                "after": round(one.after, 4),
                "delta": round(one.delta, 4),
                "ci95": None if one.ci95 is None else [round(end, 4) for end in one.ci95],
                "n": list(one.n),
                **values(one.name),
            }
            for one in found.readouts
        },
        "notes": list(found.notes),
    }


def _settings(calls: Sequence[TimedCall]) -> Any:
    """Return the settings that all the calls had. ``None`` if they differ or are unknown."""
    every = {call.settings for call in calls}
    found = json.loads(every.pop()) if len(every) == 1 else None
    return to_show(found) if isinstance(found, dict) else found
