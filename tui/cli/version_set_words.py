"""Version sets and plans as tables for people and as JSON for scripts."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import JsonValue

from base.json_text import json_line
from services.changes.differences import Change, Newest, NewestVersions, change_texts
from services.changes.plan import Plan
from services.client import Dialect
from services.model import Service, VersionSet
from services.writing import JsonObject, write_version_set
from tui.cli.tables import print_line, print_table, print_whole


def set_json(version_set: VersionSet | None) -> JsonValue:
    """Return a version set by the Platform API's names; ``None`` for one that does not exist."""
    return None if version_set is None else write_version_set(version_set)


def newest_json(newest: NewestVersions) -> JsonObject:
    """Return what "latest" means today, or why that is not known."""
    return {"agent": _newest_json(newest.agent), "context_graph": _newest_json(newest.context_graph)}


def _newest_json(newest: Newest) -> JsonValue:
    found: JsonObject = {"name": newest.name, "latest_version": newest.number}
    return found | ({"unknown": newest.unknown} if newest.unknown else {})


def service_json(service: Service) -> JsonObject:
    """Return what tells a service from others."""
    return {"id": service.id, "name": service.name}


def changes_json(changes: Sequence[Change]) -> list[JsonValue]:
    """Return differences as scripts see them."""
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


def print_plan(told: JsonObject, heading: str) -> None:
    """Print a plan, given as :func:`plan_json` made it, whether now or in an earlier process."""
    rows = told["rows"]
    assert isinstance(rows, list)
    if rows:
        print_table(heading, ["what", "now", "then"], [[str(cell) for cell in _list(row)] for row in rows], left=3)
    else:
        print_line(f"{heading}: nothing would change")
    for note in _list(told["notes"]):
        print_line(f"  {note}")
    for warning in _list(told["warnings"]):
        print_line(f"! {warning}")


def print_body(told: JsonObject) -> None:
    """Print what would be sent."""
    if told["body"] is not None and told["rows"]:
        print_whole(f"  body: {json_line(told['body'])}")


def print_changes(title: str, headers: Sequence[str], changes: Sequence[Change], newest: NewestVersions) -> None:
    """Print differences as a table."""
    print_table(title, headers, [change_texts(change, newest) for change in changes], left=3)


def _rows(plan: Plan) -> list[tuple[str, str, str]]:
    made, gone = plan.before is None, plan.after is None
    return [change_texts(change, plan.newest, made=made, gone=gone) for change in plan.changes]


def _list(value: JsonValue) -> list[JsonValue]:
    assert isinstance(value, list)
    return value
