"""``turnlab service create``, ``update`` and ``delete``: shown first, written with ``--apply``."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from pydantic import JsonValue

from base.json_text import json_line
from services.changes.fields import FieldsPlan, plan_fields, plan_rollback, refuse_unsupported
from services.changes.history import who
from services.changes.ledger import Backups
from services.changes.whole_service import create, delete, same_name
from services.client import ServicesClient
from services.errors import NotFoundError, RefusedError, UnsupportedError
from services.model import NewService, Page, Service
from services.paging import Pages
from services.service_fields import checked
from services.service_filter import SEARCH_LENGTH
from services.writing import JsonObject, write_new_service
from tui.cli.commands.service import ServiceOptions
from tui.cli.connecting import LISTED, confirm, connected, find_service, is_id
from tui.cli.failure import CallError
from tui.cli.field_changes import change_fields
from tui.cli.options import Wish, read_body
from tui.cli.service_show import service_json
from tui.cli.tables import print_line, print_table, print_whole
from tui.cli.voice_config_change import voice_values


class _Owner(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...


O_co = TypeVar("O_co", bound=_Owner)


async def find_agent(client: ServicesClient, given: str) -> str:
    """Return the id of an agent given by id or name. Raises :class:`~tui.cli.failure.CallError`."""
    search = given[:SEARCH_LENGTH]
    return await _find(
        "agent", given, client.get_agent, lambda at: client.list_agents(search=search, continuation=at)
    )


async def find_context_graph(client: ServicesClient, given: str) -> str:
    """Return the id of a context graph given by id or name. Raises :class:`~tui.cli.failure.CallError`."""
    search = given[:SEARCH_LENGTH]
    return await _find(
        "context graph",
        given,
        client.get_context_graph,
        lambda at: client.list_context_graphs(search=search, continuation=at),
    )


async def _find(
    what: str,
    given: str,
    get: Callable[[str], Awaitable[_Owner]],
    search: Callable[[int | None], Awaitable[Page[O_co]]],
) -> str:
    if not given.strip():
        raise CallError(f"the {what}'s name or id cannot be empty")
    if is_id(given):
        try:
            return (await get(given.lower())).id
        except NotFoundError:
            raise CallError(f"there is no {what} with the id {given}") from None
    pages = Pages(search)
    found: list[str] = []
    near: list[str] = []
    while not pages.complete:
        for one in await pages.more():
            (found if one.name == given else near).append(one.id if one.name == given else one.name)
    if len(found) == 1:
        return found[0]
    if found:
        raise CallError(f"{given!r} is the name of {len(found)} {what}s; give an id: {', '.join(found[:LISTED])}")
    meant = f"; did you mean {' or '.join(repr(name) for name in near[:3])}?" if near else "; give its id"
    raise CallError(f"no {what} is called {given!r}{meant}")


SCHEMA = "turnlab.service-plan/1"


def create_service(
    name: str,
    options: ServiceOptions,
    agent: str,
    context_graph: str,
    voice: tuple[str | None, str | None],
    wish: Wish,
) -> None:
    """Create a service; ``voice`` is a preset's name or a ``voice_config`` as JSON, at most one of the two."""
    _checked(options.fields_given(name))
    preset, config = voice
    values = voice_values(preset, config, "--voice-config") if preset or config else None

    async def work(client: ServicesClient) -> tuple[JsonObject, str | None]:
        given = options.values_given(name)
        refuse_unsupported(client, [*given, *(["voice_config"] if values is not None else [])])
        new = NewService(
            **given,
            agent_id=await find_agent(client, agent),
            context_graph_id=await find_context_graph(client, context_graph),
            voice_config=values,
        )
        plan: JsonObject = {
            "action": "create",
            "service": None,
            "before": {},
            "body": write_new_service(new),
            "warnings": [],
        }
        taken = new.is_active and (await same_name(client, new.name)).values()
        if any(one.is_active for one in taken or ()):
            plan["warnings"] = [f"an active service is called {new.name!r} already: the platform refuses a second"]
        return plan, await create(client, new, Backups(), who=who()) if wish.apply else None

    plan, made = connected(wish.connection, work)
    if wish.as_json:
        print(json.dumps({"schema": SCHEMA, "applied": made is not None, **plan, "id": made}))
        return
    _print_new(f"create {name}", plan)
    print_line(
        "Nothing was written. To create it, repeat the command with --apply." if made is None else f"Made: {made}"
    )


def update_service(service: str, name: str | None, options: ServiceOptions, body: str | None, wish: Wish) -> None:
    """Change single fields of a service."""
    fields, raw = options.fields_given(name), {} if body is None else read_body(body)
    if twice := sorted(fields.keys() & raw.keys()):
        raise CallError(f"{', '.join(twice)}: given twice, in --body and as an option; give it once")
    wanted = _checked(raw | fields)
    if not wanted:
        raise CallError("say what to change, with an option such as --name or with --body")

    async def planned(client: ServicesClient, _: Backups) -> FieldsPlan:
        refuse_unsupported(client, wanted)
        return plan_fields(await find_service(client, service), "service", wanted)

    change_fields(planned, wish, schema=SCHEMA, heading=lambda plan: f"update {plan.service.name}")


def rollback_service(service: str, to: int | None, wish: Wish) -> None:
    """Restore the fields that the last change from here replaced, or those that the change ``to`` replaced."""

    async def planned(client: ServicesClient, backups: Backups) -> FieldsPlan:
        found = await find_service(client, service)
        return await plan_rollback(client, found.id, "service", backups, to)

    change_fields(planned, wish, schema=SCHEMA, heading=lambda plan: f"roll {plan.service.name} back")


def delete_service(
    service: str, confirmed: str | None, connection: str | None, *, apply: bool, as_json: bool
) -> None:
    """Delete a service after the user confirmed its name."""

    async def look(client: ServicesClient) -> Service:
        if why := client.unsupported.get("delete_service"):
            raise UnsupportedError(why)
        return await find_service(client, service)

    async def work(client: ServicesClient) -> None:
        await delete(client, found, Backups(), who=who())

    found = connected(connection, look)
    plan: JsonObject = {"action": "delete", "service": service_json(found), "body": None}
    if not as_json:
        state = "callers reach it" if found.is_active else "not active"
        print_line(f"delete {found.name} ({found.id}), {state}; version sets: {', '.join(found.version_sets)}")
    if apply:
        confirm(found.name, confirmed, f"{found.name!r} and its version sets are deleted for good")
        connected(connection, work)
    if as_json:
        print(json.dumps({"schema": SCHEMA, "applied": apply, **plan}))
    else:
        print_line("Deleted." if apply else "Nothing was deleted. To delete it, repeat the command with --apply.")


def _checked(given: JsonObject) -> JsonObject:
    try:
        return checked(given)
    except RefusedError as error:
        raise CallError(str(error)) from None


def _print_new(heading: str, plan: JsonObject) -> None:
    body, warnings = plan["body"], plan["warnings"]
    assert isinstance(body, dict)
    assert isinstance(warnings, list)
    print_table(heading, ["field", "value"], [[name, _value(value)] for name, value in body.items()], left=2)
    for warning in warnings:
        print_line(f"! {warning}")
    print_whole(f"  body: {json_line(body)}")


def _value(value: JsonValue) -> str:
    if isinstance(value, str):
        return value
    return "—" if value is None else json_line(value)
