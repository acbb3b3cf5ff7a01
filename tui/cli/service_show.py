"""``turnlab service list`` and ``get``: read-only."""

from __future__ import annotations

import json
from datetime import datetime

from base.json_text import json_line
from services.client import PAGE_SIZE, ServicesClient
from services.errors import UnsupportedError
from services.model import Service
from services.paging import Pages
from services.service_fields import SERVICE_FIELDS, ServiceField
from services.service_filter import KEYS, ServiceFilter, keys_without_value, parse_filter
from services.service_text import service_fields
from services.writing import JsonObject
from tui.cli.connecting import connected, find_service
from tui.cli.failure import CallError
from tui.cli.tables import print_line, print_table

NOTHING = "—"

SORTABLE = ("name", "created_at", "updated_at", "is_active")
"""The sort fields of both APIs. An API that does not know a field reports it."""


def list_services(filter_: str, limit: int | None, sort: str, connection: str | None, *, as_json: bool) -> None:
    """List all services that pass a filter."""
    wanted = parse_filter(filter_)
    if wanted.unknown:
        keys = ", ".join(f"{one}:" for one in KEYS)
        raise CallError(
            f"no {wanted.unknown[0]}: in a filter; there are {keys}; a text with a colon goes in double quotes"
        )
    if wanted.problem:
        raise CallError(wanted.problem)
    if empty := keys_without_value(filter_):
        raise CallError(f"{empty[0]}: has no value in the filter; write one after the colon, or leave it out")
    if sort.removeprefix("-") not in SORTABLE:
        raise CallError(
            f"--sort {sort}: no such field; choose {', '.join(SORTABLE)}, with - in front for last first"
        )

    async def work(client: ServicesClient) -> tuple[list[Service], bool, bool]:
        if why := wanted.why_unsupported(client.dialect):
            raise UnsupportedError(f"{why}; leave it out")
        return *await _all(client, wanted, limit, sort), tells_voice(client)

    found, complete, voice_known = connected(connection, work)
    if as_json:
        payload = {"services": [service_json(one, voice_known=voice_known) for one in found], "complete": complete}
        print(json.dumps({"schema": "turnlab.services/1", **payload}))
        return
    rows = [
        [
            one.id,
            one.name,
            "yes" if one.is_active else "no",
            one.channel_type or NOTHING,
            one.environment or NOTHING,
        ]
        for one in found
    ]
    print_table("", ["id", "name", "active", "channel", "environment"], rows, left=5, whole=1)
    more = "" if complete else "; there are more: raise --limit"
    print_line(f"{len(found)} service{'s' * (len(found) != 1)}{more}")


def get_service(service: str, connection: str | None, *, as_json: bool) -> None:
    """Show one service."""

    async def work(client: ServicesClient) -> tuple[Service, bool]:
        return await find_service(client, service), tells_voice(client)

    found, voice_known = connected(connection, work)
    if as_json:
        print(json.dumps({"schema": "turnlab.service/1", **service_json(found, voice_known=voice_known)}))
        return
    rows = [[name, value] for name, value in _rows(found, voice_known)]
    print_table("", ["field", "value"], rows, left=2, whole=1)
    for problem in found.voice_problems:
        print_line(f"! voice_config {problem}")


def tells_voice(client: ServicesClient) -> bool:
    """Return whether the platform sends voice_config. Classic does not, which does not mean "all inherited"."""
    return "update_voice_config" not in client.unsupported


def service_json(service: Service, *, voice_known: bool = True) -> JsonObject:
    """Return a whole service under the Platform API's names.

    ``null`` for fields that the platform does not send.
    """
    payload = service_fields(service, problems=True)
    if not voice_known:
        payload["voice_config"] = None
    return dict(service.extra) | payload


async def _all(
    client: ServicesClient, wanted: ServiceFilter, limit: int | None, sort: str
) -> tuple[list[Service], bool]:
    """Return the services that pass the filter, and whether they are all."""
    pages = Pages(
        lambda continuation: client.list_services(
            search=wanted.search,
            is_active=wanted.active,
            sort_by=sort,
            limit=PAGE_SIZE,
            continuation=continuation,
        )
    )
    found: list[Service] = []
    while not pages.complete:
        found += [one for one in await pages.more() if wanted.matches(one)]
        if limit is not None and (len(found) > limit or (len(found) == limit and not pages.complete)):
            return found[:limit], False
    return found, True


def _rows(service: Service, voice_known: bool) -> list[tuple[str, str]]:
    known = {"id": service.id}
    known |= {field.summary or field.label.lower(): _value(field, service) for field in SERVICE_FIELDS}
    known |= {
        "version sets": ", ".join(service.version_sets),
        "voice_config": json_line(service.voice_config.set_values()) if voice_known else "",
        "created": _time(service.created_at) or "",
        "changed": _time(service.updated_at) or "",
    }
    extra = {name: json_line(value) for name, value in service.extra.items()}
    return [(name, value or NOTHING) for name, value in (known | extra).items()]


def _value(field: ServiceField, service: Service) -> str:
    """Return a field's value for a table. Empty if the platform does not send it."""
    value = getattr(service, field.name)
    if field.kind == "id":
        named = getattr(service, field.name.replace("_id", "_name"))
        return f"{named or NOTHING} ({value or NOTHING})"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
