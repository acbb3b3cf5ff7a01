"""Agents and context graphs by name or id, as the command line is given them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from services.client import ServicesClient
from services.errors import NotFoundError
from services.model import Page
from services.paging import Pages
from services.service_filter import SEARCH_LENGTH
from tui.cli.connecting import LISTED, is_id
from tui.cli.failure import CallError


class _Owner(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...


O_co = TypeVar("O_co", bound=_Owner)


async def find_agent(client: ServicesClient, given: str) -> str:
    """Return the id of the agent of that id or name. Raises :class:`~tui.cli.failure.CallError`."""
    search = given[:SEARCH_LENGTH]
    return await _find(
        "agent", given, client.get_agent, lambda at: client.list_agents(search=search, continuation=at)
    )


async def find_context_graph(client: ServicesClient, given: str) -> str:
    """Return the id of the context graph of that id or name. Raises :class:`~tui.cli.failure.CallError`."""
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
