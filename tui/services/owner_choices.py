"""The agents and context graphs of a workspace, to choose from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.client import ServicesClient
    from services.model import Agent, ContextGraph, Page

Choices = list[tuple[str, str]]
Listing = Callable[..., "Awaitable[Page[Agent] | Page[ContextGraph]]"]

MOST_PAGES = 20
"""More than these are not offered: nobody chooses from two thousand names."""


async def owner_choices(client: ServicesClient) -> tuple[Choices, Choices]:
    """Return the ids and names of agents and of context graphs. Raises :class:`services.errors.ServiceError`."""
    return await _choices(client.list_agents), await _choices(client.list_context_graphs)


async def _choices(listing: Listing) -> Choices:
    found: dict[str, str] = {}
    continuation: int | None = None
    for _ in range(MOST_PAGES):
        page = await listing(continuation=continuation)
        found |= {one.id: one.name or one.id for one in page.items}
        if page.continuation is None:
            break
        continuation = page.continuation
    return sorted(found.items(), key=lambda choice: choice[1].casefold())
