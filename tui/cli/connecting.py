"""The first steps of every command for a platform: connection, service, and confirmation of a write."""

from __future__ import annotations

import asyncio
import difflib
import re
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

from services.client import ServicesClient
from services.errors import ConnectionProblem, NotFoundError, RefusedError, ServiceError
from services.model import Service
from services.paging import iter_services
from services.service_filter import SEARCH_LENGTH
from tui.cli.failure import CallError, WorkError, complain
from tui.connection import chosen

T = TypeVar("T")

_ID = re.compile(r"[0-9a-f]{24}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
"""A Classic id or a Platform id."""

LISTED = 8
"""The number of services listed if a name fits several or none."""


def connected(connection: str | None, work: Callable[[ServicesClient], Awaitable[T]]) -> T:
    """Open a connection, do the work, and close it.

    Raises :class:`~tui.cli.failure.CallError` for what no platform allows and for an unknown connection,
    :class:`~tui.cli.failure.WorkError` for any other :class:`services.errors.ServiceError`.
    """

    async def main() -> T:
        async with chosen(connection, complain)() as client:
            try:
                return await work(client)
            finally:
                for note in client.traffic.unreadable.values():
                    complain(note)

    try:
        return asyncio.run(main())
    except (RefusedError, ConnectionProblem) as error:
        raise CallError(str(error)) from error
    except ServiceError as error:
        raise WorkError(str(error)) from error


def is_id(text: str) -> bool:
    """Return whether a text has the form of an id of either dialect."""
    return _ID.fullmatch(text) is not None


async def find_service(client: ServicesClient, given: str) -> Service:
    """Return the service with that id or name.

    Raises :class:`~tui.cli.failure.CallError` unless exactly one fits.
    """
    if not given.strip():
        raise CallError("a service's name or id cannot be empty")
    if is_id(given):
        try:
            return await client.get_service(given.lower())
        except NotFoundError:
            found = await _named(client, given)
            if not found:
                raise CallError(
                    f"there is no service with the id {given}; list them: turnlab service list"
                ) from None
    else:
        found = await _named(client, given)
    if len(found) == 1:
        return found[0]
    if found:
        raise CallError(f"{given!r} is the name of {len(found)} services; give an id: {_listed(found)}")
    raise CallError(f"no service is called {given!r}; {await _near(client, given)}")


async def _named(client: ServicesClient, name: str) -> list[Service]:
    """Return the services of exactly this name. If there is none, those that differ only in case."""
    searched = [one async for one in iter_services(client, search=name[:SEARCH_LENGTH])]
    exactly = [one for one in searched if one.name == name]
    return exactly or [one for one in searched if one.name.casefold() == name.casefold()]


async def _near(client: ServicesClient, name: str) -> str:
    page = await client.list_services(sort_by="name")
    by_name = {one.name.casefold(): one.name for one in page.items}
    near = [by_name[found] for found in difflib.get_close_matches(name.casefold(), by_name, n=3, cutoff=0.6)]
    near += [own for key, own in by_name.items() if name.casefold() in key and own not in near]
    if near:
        return f"did you mean {' or '.join(repr(one) for one in near[:3])}?"
    return "list them: turnlab service list"


def _listed(services: list[Service]) -> str:
    lines = [f"{one.id} ({'active' if one.is_active else 'not active'})" for one in services[:LISTED]]
    return ", ".join(lines) + (f" and {len(services) - LISTED} more" if len(services) > LISTED else "")


def confirm(wanted: str, given: str | None, why: str) -> None:
    """Require the target's name for a write, with ``--confirm`` or at the terminal.

    Raises :class:`~tui.cli.failure.CallError` for a wrong name. Nothing may be written then.
    """
    if given is None and sys.stdin.isatty() and sys.stderr.isatty():
        from tui.terminal_text import plain

        sys.stderr.write(f"{plain(why)}\nType {plain(wanted)} to agree: ")
        sys.stderr.flush()
        typed = sys.stdin.readline().rstrip("\n")
        if typed != wanted:
            raise WorkError(f"{typed!r} is not {wanted!r}; nothing was sent")
    elif given is None:
        raise CallError(f"{why}; say that you mean it: --confirm {_quoted(wanted)}")
    elif given != wanted:
        raise CallError(f"--confirm {given!r} does not name {wanted!r}; nothing was sent")


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(text)
