"""Reads a listing page by page, each entry once, and detects entries that went missing meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from pydantic import JsonValue

from base.json_text import kind_of
from services.client import PAGE_SIZE, ServicesClient
from services.errors import BadResponseError
from services.model import Page, Service, Tag
from services.reading import JsonObject, as_int


class _Entry(Protocol):
    @property
    def id(self) -> str: ...


E = TypeVar("E", bound=_Entry)
Fetch = Callable[[int | None], Awaitable[Page[E]]]
"""Returns the page at a continuation (``None``: the first)."""


class Pages(Generic[E]):
    """A listing, fetched page by page as it is read.

    Pages are offsets into a list that others change. An added entry pushes others onto the next page; a deleted one
    pulls others out of sight. If the pages show such a change (an entry came twice, or the platform's count changed
    or was not reached), the listing is read once more for what was missed. If entries are still missing, an error
    says so: a listing is never silently shorter than the platform's count.
    """

    def __init__(self, fetch: Fetch[E]) -> None:
        self.complete = False
        """Whether every page has arrived."""
        self.total: int | None = None
        """The number of all matches, as far as it is known."""
        self.unreadable = 0
        """The number of entries without an id, which cannot be shown."""
        self._fetch = fetch
        self._seen: set[str] = set()
        self._continuation: int | None = None
        self._pass = _Pass()
        self._second = False

    async def more(self) -> tuple[E, ...]:
        """Fetch the next page and return its new entries, which may be none. Empty after the last page.

        Raises :class:`services.errors.ServiceError`; another call continues from the same page. Raises
        :class:`services.errors.BadResponseError` if pages do not advance or entries are missing.
        """
        if self.complete:
            return ()
        page = await self._fetch(self._continuation)
        if page.continuation is not None and page.continuation <= (self._continuation or 0):
            raise BadResponseError("the platform gave the same page twice; try again later")
        fresh = tuple({entry.id: entry for entry in page.items if entry.id not in self._seen}.values())
        ids = [entry.id for entry in page.items] + list(page.left_out)
        self._pass.note(ids, page, new=len(set(ids) - self._seen))
        self._seen.update(ids)
        self.unreadable = max(self.unreadable, self._pass.unreadable)
        self.total = page.total
        self._continuation = page.continuation
        if page.continuation is None:
            self._finish_pass(page.listed)
        return fresh

    def _finish_pass(self, listed: int | None) -> None:
        ended, self._pass = self._pass, _Pass()
        missing = 0 if listed is None else listed - len(self._seen) - self.unreadable
        if missing <= 0 and (ended.clean or (self._second and not ended.new and not ended.page_repeated)):
            self.complete = True
            return
        self._second = not self._second
        if not self._second:
            lost = f"{missing} of {listed} entries did not come" if missing > 0 else "it changes while it is read"
            raise BadResponseError(f"the listing is incomplete: {lost}; refresh it")


class _Pass:
    """The findings of one pass through all pages."""

    def __init__(self) -> None:
        self.clean = True
        self.page_repeated = False
        self.new = 0
        self.unreadable = 0
        self._seen: set[str] = set()
        self._listed: int | None = None

    def note(self, ids: Sequence[str], page: Page[E], *, new: int) -> None:
        moved = self._listed not in (None, page.listed)
        self.page_repeated |= bool(ids) and self._seen.issuperset(ids)
        self.clean &= not moved and self._seen.isdisjoint(ids) and len(set(ids)) == len(ids)
        self.new += new
        self.unreadable += page.unreadable
        self._seen.update(ids)
        self._listed = page.listed


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
    """Yield every matching service once. Requests a page only when it is needed.

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


T = TypeVar("T")


def read_page(
    body: Mapping[str, JsonValue],
    key: str,
    read: Callable[[JsonObject], T | None],
    *,
    leave_out: Callable[[T], str | None] = lambda _: None,
) -> Page[T]:
    """Read the page whose entries are under ``key``.

    Entries for which ``read`` returns ``None`` count as unreadable.

    ``leave_out`` returns the id of an entry that the client's part of the filter excludes, else ``None``. Raises
    :class:`services.errors.BadResponseError` for a body that is not a page or does not say whether it is the last
    one.
    """
    entries, more = body.get(key), body.get("has_more")
    if not isinstance(entries, list):
        found = f"{kind_of(entries)} where its {key} should be" if key in body else f"no {key}"
        raise BadResponseError(f"the platform's listing has {found}; tell the platform's support")
    continuation = as_int(body.get("continuation_token"))
    if not isinstance(more, bool) or (more and continuation is None):
        raise BadResponseError("the listing does not give its next page, so it may be incomplete; try again")
    items: list[T] = []
    left_out: list[str] = []
    unreadable = 0
    for entry in entries:
        item = read(entry) if isinstance(entry, dict) else None
        if item is None:
            unreadable += 1
        elif (out := leave_out(item)) is not None:
            left_out.append(out)
        else:
            items.append(item)
    listed = as_int(body.get("total"))
    return Page(
        items=tuple(items),
        continuation=continuation if more else None,
        total=None if left_out else listed,
        unreadable=unreadable,
        left_out=tuple(left_out),
        listed=listed,
    )
