"""``turnlab version-set list``, ``get``, ``diff`` and ``history``: read-only."""

from __future__ import annotations

import json

from base.json_text import json_line
from services.changes.differences import (
    NewestVersions,
    behaviors_text,
    differences,
    models_text,
    newest_versions,
    pin_text,
)
from services.changes.history import History, version_set_history
from services.changes.ledger import Backups
from services.changes.requests import stage
from services.client import ServicesClient
from services.model import Service, VersionSet
from tui.cli.connecting import connected, find_service
from tui.cli.failure import CallError
from tui.cli.tables import print_line, print_table
from tui.cli.version_set_words import (
    changes_json,
    history_json,
    newest_json,
    print_changes,
    print_history,
    service_json,
    set_json,
)

Found = tuple[Service, NewestVersions]


def list_version_sets(service: str, connection: str | None, *, as_json: bool) -> None:
    """List the version sets of a service."""
    found, newest = _look(service, connection)
    sets = dict(sorted(found.version_sets.items(), key=lambda item: _order(item[0])))
    if as_json:
        shown = {
            name: {"version_set": set_json(one), "resolved": set_json(newest.resolved(one))}
            for name, one in sets.items()
        }
        payload = {"service": service_json(found), "latest": newest_json(newest), "version_sets": shown}
        print(json.dumps({"schema": "turnlab.version-sets/1", **payload}))
        return
    rows = [
        [name, *_pins(one, newest), models_text(one), behaviors_text(one, newest)] for name, one in sets.items()
    ]
    headers = ["name", "agent", "context graph", "models", "behaviors"]
    print_table(f"{found.name} ({found.id})", headers, rows, left=4, whole=1)
    for what, one in (("agent", newest.agent), ("context graph", newest.context_graph)):
        known = f"{one.name}, newest v{one.number}" if one.number else f"{one.name}: {one.unknown}"
        print_line(f"{what}: {known}")


def get_version_set(service: str, name: str, connection: str | None, *, as_json: bool) -> None:
    """Show one version set."""
    found, newest = _look(service, connection)
    one = _named(found, name)
    if as_json:
        payload = {"service": service_json(found), "name": name, "version_set": set_json(one)}
        resolved = {"resolved": set_json(newest.resolved(one)), "latest": newest_json(newest)}
        print(json.dumps({"schema": "turnlab.version-set/1", **payload, **resolved}))
        return
    agent, graph = _pins(one, newest)
    rows = [
        ["agent", f"{agent} of {newest.agent.name}"],
        ["context graph", f"{graph} of {newest.context_graph.name}"],
    ]
    rows += [["models", models_text(one)], ["runtime", one.turn_runtime or "—"]]
    behaviors = one.applied_behavior_ids
    named = map(newest.behavior, behaviors or ())
    rows += [["behaviors", "the platform does not say" if behaviors is None else "\n".join(named) or "none"]]
    rows += [[field, json_line(value)] for field, value in one.extra.items()]
    print_table(f"{name} of {found.name}", ["field", "value"], _one_line_each(rows), left=2, whole=1)


def diff_version_sets(service: str, before: str, after: str, connection: str | None, *, as_json: bool) -> None:
    """Show the differences between two version sets."""
    found, newest = _look(service, connection)
    changes = differences(_named(found, before), _named(found, after), newest)
    if as_json:
        payload = {"service": service_json(found), "before": before, "after": after, "latest": newest_json(newest)}
        print(json.dumps({"schema": "turnlab.version-set-diff/1", **payload, "changes": changes_json(changes)}))
    elif changes:
        print_changes(f"{found.name}: {before} and {after}", ["what", before, after], changes, newest)
    else:
        print_line(f"{before} and {after} of {found.name} hold the same.")


def show_history(service: str, name: str | None, limit: int, connection: str | None, *, as_json: bool) -> None:
    """Show who made each change, and when."""

    async def work(client: ServicesClient) -> tuple[Service, History]:
        found = await find_service(client, service)
        return found, await version_set_history(client, found, Backups(), name=name, limit=limit)

    found, history = connected(connection, work)
    if as_json:
        payload = {"service": service_json(found), **history_json(history)}
        print(json.dumps({"schema": "turnlab.version-set-history/1", **payload}))
        return
    print_history(found, history)


def _look(service: str, connection: str | None) -> Found:
    async def work(client: ServicesClient) -> Found:
        found = await find_service(client, service)
        return found, await newest_versions(client, found)

    return connected(connection, work)


def _named(service: Service, name: str) -> VersionSet:
    if name not in service.version_sets:
        there = ", ".join(service.version_sets) or "none"
        raise CallError(f"{service.name!r} has no version set {name!r}; there are {there}")
    return service.version_sets[name]


def _pins(one: VersionSet, newest: NewestVersions) -> tuple[str, str]:
    return (
        pin_text(one.agent_version_number, newest.agent),
        pin_text(one.context_graph_version_number, newest.context_graph),
    )


def _one_line_each(rows: list[list[str]]) -> list[list[str]]:
    """Return the rows with one row for each line of a value."""
    return [
        [field if not number else "", line]
        for field, value in rows
        for number, line in enumerate(value.split("\n"))
    ]


def _order(name: str) -> tuple[int, str]:
    here = stage(name)
    return (-1 if name == "edge" else 9 if here is None else here, name)
