"""Goes through the pages of a listing, each entry once, and notices when one went missing on the way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Generic, Protocol, TypeVar

from services.client import PAGE_SIZE, ServicesClient
from services.errors import BadResponseError
from services.model import Page, Service, Tag


class _Entry(Protocol):
    @property
    def id(self) -> str: ...


E = TypeVar("E", bound=_Entry)
Fetch = Callable[[int | None], Awaitable[Page[E]]]
"""Gives the page at a continuation (``None``: the first)."""


class Pages(Generic[E]):
    """A listing that is fetched page by page, only as far as somebody asks.

    Pages are offsets into a list that others change: an entry added meanwhile pushes others onto the next page
    again, and one deleted pulls others out of sight. The first are given once; for the second, and for a platform
    that repeats a page, the listing is gone through once more. Entries that are still missing then are an error:
    a listing is never shorter than the platform says without being said so.
    """

    def __init__(self, fetch: Fetch[E]) -> None:
        self.complete = False
        """Whether everything has come."""
        self.total: int | None = None
        """How many match in all, as far as that is known."""
        self.unreadable = 0
        """Entries without an id, which cannot be shown."""
        self._fetch = fetch
        self._seen: set[str] = set()
        self._continuation: int | None = None
        self._unreadable_in_pass = 0
        self._second_pass = False

    async def more(self) -> tuple[E, ...]:
        """Fetch the next page and return what is new on it, which may be nothing; after the last, nothing.

        Raises :class:`services.errors.ServiceError`; calling again goes on from the same page. Raises
        :class:`services.errors.BadResponseError` if pages do not advance or entries are missing.
        """
        if self.complete:
            return ()
        page = await self._fetch(self._continuation)
        fresh = tuple({entry.id: entry for entry in page.items if entry.id not in self._seen}.values())
        self._seen.update(entry.id for entry in fresh)
        self._seen.update(page.left_out)
        self._unreadable_in_pass += page.unreadable
        self.unreadable = max(self.unreadable, self._unreadable_in_pass)
        self.total = page.total
        if page.continuation is None:
            self._finish_pass(page.listed)
        elif page.continuation <= (self._continuation or 0):
            raise BadResponseError("the platform gave the same page twice; try again later")
        else:
            self._continuation = page.continuation
        return fresh

    def _finish_pass(self, listed: int | None) -> None:
        missing = 0 if listed is None else listed - len(self._seen) - self.unreadable
        if missing <= 0:
            self.complete = True
        elif self._second_pass:
            self._restart(second=False)
            raise BadResponseError(
                f"the listing is incomplete: {missing} of {listed} did not come, or it kept changing; refresh it"
            )
        else:
            self._restart(second=True)

    def _restart(self, *, second: bool) -> None:
        self._second_pass, self._continuation, self._unreadable_in_pass = second, None, 0


async def iter_services(
    client: ServicesClient,
    *,
    search: str | None = None,
    is_active: bool | None = None,
    tags: Sequence[Tag] = (),
    ids: Sequence[str] = (),
    sort_by: str | None = None,
    page_size: int = PAGE_SIZE,
) -> AsyncIterator[Service]:
    """Yield every matching service once, asking for the next page only when it is reached.

    Raises what :meth:`services.client.ServicesClient.list_services` and :meth:`Pages.more` raise.
    """
    pages = Pages(
        lambda continuation: client.list_services(
            search=search,
            is_active=is_active,
            tags=tags,
            ids=ids,
            sort_by=sort_by,
            limit=page_size,
            continuation=continuation,
        )
    )
    while not pages.complete:
        for service in await pages.more():
            yield service
