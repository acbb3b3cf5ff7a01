"""Version sets, plans and histories as tables and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import JsonValue

from base.json_text import json_line
from services.changes.change_record import KeptChange, KeptFields
from services.changes.differences import Newest, NewestVersions, ValueChange, change_texts
from services.changes.history import History, PlatformChange
from services.changes.plan import Plan
from services.client import Dialect
from services.model import FieldChange, Service, VersionSet
from services.writing import JsonObject, write_version_set
from tui.cli.tables import print_line, print_table, print_timed, print_whole

NOTHING = "—"
STATES = {
    "done": "",
    "begun": "in progress, or interrupted",
    "not written": "was not written",
    "unknown": "interrupted; overwritten since",
}


def set_json(version_set: VersionSet | None) -> JsonValue:
    """Return a version set under the Platform API's names. ``None`` if it does not exist."""
    return None if version_set is None else write_version_set(version_set)


def newest_json(newest: NewestVersions) -> JsonObject:
    """Return the newest versions, or why they are unknown."""
    return {"agent": _newest_json(newest.agent), "context_graph": _newest_json(newest.context_graph)}


def _newest_json(newest: Newest) -> JsonValue:
    found: JsonObject = {"name": newest.name, "latest_version": newest.number}
    return found | ({"unknown": newest.unknown} if newest.unknown else {})


def service_json(service: Service) -> JsonObject:
    """Return a service's identity."""
    return {"id": service.id, "name": service.name}


def changes_json(changes: Sequence[ValueChange]) -> list[JsonValue]:
    """Return differences as JSON."""
    return [
        {
            "part": change.part,
            "name": change.name,
            "before": change.before,
            "after": change.after,
            "same_today": change.same_today,
        }
        for change in changes
    ]


def plan_json(plan: Plan, dialect: Dialect) -> JsonObject:
    """Return a whole plan."""
    return {
        "action": plan.action,
        "service": service_json(plan.service),
        "source": plan.source,
        "target": plan.target,
        "before": set_json(plan.before),
        "after": set_json(plan.after),
        "changes": changes_json(plan.changes),
        "nothing_to_do": plan.nothing_to_do,
        "notes": list(plan.notes),
        "warnings": list(plan.warnings),
        "latest": newest_json(plan.newest),
        "body": plan.body(dialect),
        "plan": plan.fingerprint,
        "rows": [list(row) for row in _rows(plan)],
    }


def print_plan(payload: JsonObject, heading: str) -> None:
    """Print a plan in the form of :func:`plan_json`, from this process or an earlier one."""
    rows = payload["rows"]
    assert isinstance(rows, list)
    if rows:
        print_table(heading, ["what", "now", "then"], [[str(cell) for cell in _list(row)] for row in rows], left=3)
    else:
        print_line(f"{heading}: nothing would change")
    for note in _list(payload["notes"]):
        print_line(f"  {note}")
    for warning in _list(payload["warnings"]):
        print_line(f"! {warning}")


def print_body(payload: JsonObject) -> None:
    """Print the request body."""
    if payload["body"] is not None and payload["rows"]:
        print_whole(f"  body: {json_line(payload['body'])}")


def print_changes(
    title: str, headers: Sequence[str], changes: Sequence[ValueChange], newest: NewestVersions
) -> None:
    """Print differences as a table."""
    print_table(title, headers, [change_texts(change, newest) for change in changes], left=3)


def _rows(plan: Plan) -> list[tuple[str, str, str]]:
    made, gone = plan.before is None, plan.after is None
    return [change_texts(change, plan.newest, made=made, gone=gone) for change in plan.changes]


def _list(value: JsonValue) -> list[JsonValue]:
    assert isinstance(value, list)
    return value


def history_json(history: History) -> JsonObject:
    """Return both sources as JSON."""
    return {
        "from_here": [_kept_json(one) for one in history.here],
        "platform": [_platform_change_json(one) for one in history.platform],
        "platform_untold": history.untold or None,
    }


def print_history(service: Service, history: History) -> None:
    """Print both sources."""
    if history.here:
        rows = [
            [
                str(one.id),
                moment(one.at),
                one.who,
                one.target,
                what_it_was(one, f"{one.action} from"),
                STATES[one.state],
            ]
            for one in history.here
        ]
        headers = ["change", "when", "who", "version set", "what", ""]
        print_table(f"{service.name}: changed from here", headers, rows, left=6, whole=2)
    else:
        print_line(f"{service.name}: no version set was changed from here.")
    if history.platform:
        print_line("The platform's history:")
        print_timed([(moment(one.at), _sentence(one)) for one in history.platform])
    if history.untold:
        print_line(f"The platform's own history: {history.untold}")


def moment(at: datetime | None) -> str:
    """Return a time in local time."""
    return NOTHING if at is None else at.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def what_it_was(one: KeptChange | KeptFields, source: str) -> str:
    """Return a change in words: its source after ``source``, the change that it undid, or only the action."""
    if one.source:
        return f"{source} {one.source}"
    return f"{one.action} of change {one.undoes}" if one.undoes else one.action


def _sentence(one: PlatformChange) -> str:
    return f"{one.who}, {one.action} {one.target}: {'; '.join(_field(change) for change in one.fields)}"


def _field(change: FieldChange) -> str:
    name = ".".join(change.path) or "whole"
    before, after = (json_line(value) for value in (change.before, change.after))
    return f"{name} {before} → {after}" if len(before) + len(after) < 80 else name


def _kept_json(one: KeptChange) -> JsonValue:
    return {
        "change": one.id,
        "at": one.at.isoformat(),
        "who": one.who,
        "action": one.action,
        "target": one.target,
        "source": one.source,
        "undoes": one.undoes,
        "state": one.state,
        "before": set_json(one.before),
        "after": set_json(one.after),
    }


def _platform_change_json(one: PlatformChange) -> JsonValue:
    return {
        "at": one.at.isoformat() if one.at else None,
        "who": one.who,
        "action": one.action,
        "target": one.target,
        "fields": [
            {"path": list(change.path), "before": change.before, "after": change.after} for change in one.fields
        ],
    }
