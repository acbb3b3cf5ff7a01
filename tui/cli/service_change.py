"""``turnlab service create``, ``update`` and ``delete``: shown first, written with ``--apply``."""

from __future__ import annotations

import json
from typing import Any

from pydantic import JsonValue

from base.json_text import canonical_json, json_line
from services.client import ServicesClient
from services.errors import UnsupportedError
from services.model import NewService, Service
from services.paging import iter_services
from services.writing import JsonObject, write_new_service
from tui.cli.connecting import confirm, connected, find_service
from tui.cli.failure import CallError, WorkError
from tui.cli.json_text import read_body
from tui.cli.owners import find_agent, find_context_graph
from tui.cli.service_fields import checked, given, odd_names, tag_list
from tui.cli.service_options import ServiceOptions
from tui.cli.service_show import service_json
from tui.cli.shown_plans import Shown, fingerprint_of
from tui.cli.tables import print_line, print_table, print_whole
from tui.cli.wish import Wish
from tui.services.service_filter import SEARCH_LENGTH

SCHEMA = "turnlab.service-plan/1"


def create_service(
    name: str,
    options: ServiceOptions,
    agent: str,
    context_graph: str,
    connection: str | None,
    *,
    apply: bool,
    as_json: bool,
) -> None:
    """Make a service."""
    checked(given(name, options))

    async def work(client: ServicesClient) -> tuple[JsonObject, str | None]:
        new = NewService(
            name=name,
            agent_id=await find_agent(client, agent),
            context_graph_id=await find_context_graph(client, context_graph),
            description=options.description or "",
            is_active=options.active is not False,
            tags=tag_list(options),
            tool_capacity=options.tool_capacity,
            channel_type=options.channel,
            environment=options.environment,
            safety_filters_enabled=options.safety_filters,
        )
        told: JsonObject = {
            "action": "create",
            "service": None,
            "before": {},
            "body": write_new_service(new),
            "warnings": [],
        }
        taken = new.is_active and [one async for one in iter_services(client, search=new.name[:SEARCH_LENGTH])]
        if any(one.name == new.name and one.is_active for one in taken or ()):
            told["warnings"] = [f"an active service is called {new.name!r} already: the platform refuses a second"]
        return told, await client.create_service(new) if apply else None

    told, made = connected(connection, work)
    if as_json:
        print(json.dumps({"schema": SCHEMA, "applied": made is not None, **told, "id": made}))
        return
    _print_plan(f"create {name}", told)
    print_line(
        "Nothing was written. To make it, the same command with --apply." if made is None else f"Made: {made}"
    )


def update_service(service: str, name: str | None, options: ServiceOptions, body: str | None, wish: Wish) -> None:
    """Change single fields of a service."""
    fields, raw = given(name, options), {} if body is None else read_body(body)
    if twice := sorted(fields.keys() & raw.keys()):
        raise CallError(f"{', '.join(twice)}: given twice, in --body and as an option; give it once")
    wanted = checked(raw | fields)
    if not wanted:
        raise CallError("say what to change, with an option such as --name or with --body")

    async def work(client: ServicesClient) -> tuple[JsonObject, Service | None]:
        found = await find_service(client, service)
        told, changes = _update_plan(found, wanted)
        await Shown(wish.expect, wish.apply).compare(told)
        return told, await client.update_service(found.id, changes) if wish.apply and changes else None

    told, after = connected(wish.connection, work)
    if wish.as_json:
        print(json.dumps({"schema": SCHEMA, "applied": after is not None, **told}))
    else:
        _print_plan(f"update {_name(told)}", told)
    if after is not None:
        _check_stored(told, after)
    if wish.as_json:
        return
    if after is not None:
        print_line("Written.")
    elif told["body"]:
        print_whole(
            f"Nothing was written. To write just this, the same command with: --apply --expect {told['plan']}"
        )


def delete_service(
    service: str, confirmed: str | None, connection: str | None, *, apply: bool, as_json: bool
) -> None:
    """Delete a service, once its name was said again."""

    async def look(client: ServicesClient) -> Service:
        if why := client.unsupported.get("delete_service"):
            raise UnsupportedError(why)
        return await find_service(client, service)

    async def work(client: ServicesClient) -> None:
        now = await client.get_service(found.id)
        if service_json(now) != service_json(found):
            raise WorkError(f"{found.name!r} was changed meanwhile and is not deleted; look at it again")
        await client.delete_service(found.id)

    found = connected(connection, look)
    told: JsonObject = {"action": "delete", "service": service_json(found), "body": None}
    if not as_json:
        state = "callers reach it" if found.is_active else "not active"
        print_line(f"delete {found.name} ({found.id}), {state}; version sets: {', '.join(found.version_sets)}")
    if apply:
        confirm(found.name, confirmed, f"{found.name!r} and its version sets are deleted for good")
        connected(connection, work)
    if as_json:
        print(json.dumps({"schema": SCHEMA, "applied": apply, **told}))
    else:
        print_line("Deleted." if apply else "Nothing was deleted. To delete it, the same command with --apply.")


def _update_plan(service: Service, wanted: dict[str, Any]) -> tuple[JsonObject, dict[str, Any]]:
    stored = service_json(service)
    changes = {name: value for name, value in wanted.items() if _text(stored.get(name)) != _text(value)}
    warnings = odd_names(wanted)
    if changes.get("is_active") is False:
        warnings.append("no caller reaches the service then")
    if changes.get("safety_filters_enabled") is False:
        warnings.append("conversations are not monitored then")
    told: JsonObject = {
        "action": "update",
        "service": {"id": service.id, "name": service.name},
        "before": {name: stored.get(name) for name in changes},
        "body": changes,
    }
    return told | {"plan": fingerprint_of(told), "warnings": [*warnings]}, changes


def _check_stored(told: JsonObject, after: Service) -> None:
    stored, sent = service_json(after), told["body"]
    assert isinstance(sent, dict)
    otherwise = [
        name for name, value in sent.items() if value is not None and _text(stored.get(name)) != _text(value)
    ]
    if otherwise:
        raise WorkError(f"the platform stored {', '.join(otherwise)} otherwise than sent; look at the service now")


def _print_plan(heading: str, told: JsonObject) -> None:
    before, body, warnings = told["before"], told["body"], told["warnings"]
    assert isinstance(before, dict)
    assert isinstance(body, dict)
    assert isinstance(warnings, list)
    if not body:
        print_line(f"{heading}: nothing would change")
    elif before:
        rows = [[name, _value(before.get(name)), _value(value)] for name, value in body.items()]
        print_table(heading, ["field", "now", "then"], rows, left=3)
    else:
        print_table(heading, ["field", "value"], [[name, _value(value)] for name, value in body.items()], left=2)
    for warning in warnings:
        print_line(f"! {warning}")
    if body:
        print_whole(f"  body: {json_line(body)}")


def _name(told: JsonObject) -> str:
    service = told["service"]
    return str(service["name"]) if isinstance(service, dict) else ""


def _value(value: JsonValue) -> str:
    if isinstance(value, str):
        return value
    return "—" if value is None else json_line(value)


def _text(value: JsonValue) -> str:
    return canonical_json(value)
