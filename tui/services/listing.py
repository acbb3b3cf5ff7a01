"""The list of services: the matches page by page, and the text if there are none."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from services.service_filter import HINT, ServiceFilter, parse_filter, searchable
from tui.connection import PAGE_SIZE

if TYPE_CHECKING:
    from services.client import ServicesClient
    from services.model import Page, Service
    from services.paging import Pages
    from tui.host import AskingHost

TYPING_PAUSE = 0.15
"""Seconds without a key before a filter is sent, so that a remote platform is not asked at every letter."""

FOUND_AT_ONCE = 20
"""The number of unlisted services that the palette shows."""

SHOWING_PAUSE = 0.2
"""Seconds between two updates while many pages arrive."""

SETTLED_AFTER = 1_000
"""After so many services, the listed ones, which have no cycles, are excluded from garbage collection."""


NO_FILTER = ServiceFilter()


class ServiceListing:
    """One listing under one filter. :meth:`fetch` loads more; ``services`` has what arrived."""

    def __init__(self, client: ServicesClient, chosen: ServiceFilter) -> None:
        # Imported here: it loads the model, and the first paint must not wait for that.
        from services.paging import Pages

        self.filter = chosen
        self.services: list[Service] = []
        self._texts: list[str] = []
        self._client = client
        self._pages: Pages[Service] = Pages(self._fetch)

    @property
    def complete(self) -> bool:
        """Whether the last page has arrived, with everything the platform counts."""
        return self._pages.complete

    @property
    def total(self) -> int | None:
        """The number of all matches, as far as it is known without fetching them."""
        if self.complete:
            return len(self.services)
        return self._pages.total if self.filter.exact else None

    @property
    def unreadable(self) -> int:
        """The number of entries without an id, which cannot be shown."""
        return self._pages.unreadable

    async def fetch(self, wanted: int) -> None:
        """Fetch pages until ``wanted`` services match or there are no more.

        Raises :class:`services.errors.ServiceError`. Services that arrived stay, and another call continues there.
        """
        while len(self.services) < wanted and not self.complete:
            self.services += filter(self.filter.matches, await self._pages.more())
            # Page by page, so that the first answer to another filter does not do it for all services.
            self._texts += map(searchable, self.services[len(self._texts) :])

    async def _fetch(self, continuation: int | None) -> Page[Service]:
        return await self._client.list_services(
            search=self.filter.search,
            is_active=self.filter.active,
            sort_by="name",
            limit=PAGE_SIZE,
            continuation=continuation,
        )

    def passing(self, chosen: ServiceFilter) -> list[Service]:
        """Return the arrived services that pass another filter, in the same order."""
        if chosen == ServiceFilter():
            return list(self.services)
        return [
            service
            for service, text in zip(self.services, self._texts, strict=True)
            if chosen.passes(service, text)
        ]

    def replace(self, service: Service) -> bool:
        """Replace a service with a newer state. Return whether it is listed."""
        for index, known in enumerate(self.services):
            if known.id == service.id:
                self.services[index] = service
                self._texts[index] = searchable(service)
                return True
        return False

    def remove(self, service_id: str) -> None:
        """Remove a deleted service."""
        for index, known in enumerate(self.services):
            if known.id == service_id:
                del self.services[index], self._texts[index]
                return


class Listed(NamedTuple):
    """The content of the list."""

    rows: Sequence[Service] = ()
    counted: str = ""
    """The number of matches, of all services, and the filter."""
    notice: str = ""
    """The text in place of the rows."""
    waiting: bool = False
    """Whether the notice is about a wait."""
    chosen: ServiceFilter = NO_FILTER
    """The filter of the rows."""
    at_first: bool = False
    """Whether to highlight the first row, because it matches the typed text best."""
    at_end: bool = False
    """Whether to scroll to the last row, because the user went there."""


OPENING = Listed(notice="Opening the workspace…", waiting=True)
"""The list before there is a connection."""


class ListingController:
    """Keeps the rows consistent with the filter and the platform.

    A new filter is applied at once to what is listed, then sent to the platform. ``show`` gets every new state of
    the list.
    """

    def __init__(self, host: AskingHost, show: Callable[[Listed], None]) -> None:
        self.client: ServicesClient | None = None
        self.typed = ServiceFilter()
        """The typed filter."""
        self.room = 0
        """The number of rows that fit."""
        self.listed = OPENING
        self._host = host
        self._show = show
        self._text = ""
        self._listing: ServiceListing | None = None
        """The listing under the current filter."""
        self._whole: ServiceListing | None = None
        """The newest listing without a filter. Other filters are first applied to it."""
        self._shown_filter: ServiceFilter | None = None
        self._wanted = 0
        self._fetching: ServiceListing | None = None
        self._to_the_end = False
        self._to_first = False

    def connect(self, client: ServicesClient | None) -> None:
        """List the services of a new connection."""
        self.client = client
        self._whole = None
        if client is not None:
            self.start()

    def fail(self, problem: str) -> None:
        """Show why there is no connection."""
        self._set(notice=f"{problem}\nPress r to try again.", waiting=False)

    def wait(self) -> None:
        """Show that the connection is being opened again."""
        self._set(notice=OPENING.notice, waiting=True)

    @property
    def known(self) -> Sequence[Service]:
        """All services that arrived without a filter, else the visible ones."""
        return self._whole.services if self._whole is not None else self.listed.rows

    @property
    def knows_all(self) -> bool:
        """Whether all services of the workspace have arrived."""
        return self.client is None or (self._whole is not None and self._whole.complete)

    async def search(self, text: str) -> Sequence[Service]:
        """Return the services that the platform finds for a text. Empty if it cannot be asked."""
        from services.errors import ServiceError

        if self.client is None:
            return ()
        try:
            return (await self.client.list_services(search=text, sort_by="name", limit=FOUND_AT_ONCE)).items
        except ServiceError:
            return ()

    def shows(self, text: str) -> bool:
        """Return whether the visible rows are those of a filter."""
        return self._shown_filter == parse_filter(text)

    def type(self, text: str) -> None:
        """Apply the typed filter to what is known, then ask the platform."""
        self._text, self.typed = text, parse_filter(text)
        chosen, whole = self.typed, self._whole
        self._to_first = bool(chosen.words)
        if whole is None:
            self.start(pause=TYPING_PAUSE)
            return
        self._listing = None
        if whole.complete and not chosen.exact:
            # The platform could only send everything again, and the client would filter it.
            self._host.stop("listing")
            self._fetching = None
        else:
            self.start(pause=TYPING_PAUSE)
        self._show_rows(chosen, whole.passing(chosen))

    def start(self, *, pause: float = 0.0) -> None:
        """Start again with the typed filter. The visible rows stay until the first new ones arrive."""
        if self.client is None:
            return
        chosen = self.typed
        # A refresh reaches as far as the user had scrolled, so that the cursor's service is included.
        before = self._listing
        depth = len(before.services) if before is not None and before.filter == chosen else 0
        self._wanted = max(depth, self.room)
        self._to_the_end = False
        self._fetching = ServiceListing(self.client, chosen)
        if self.listed.rows:
            self._set(counted=self._count())
        else:
            self._set(counted=self._count(), notice="Loading services…", waiting=True)
        self._host.start(partial(self._fetch, self._fetching, max(depth, 1), pause), "listing", exclusive=True)

    def want(self, rows: int) -> None:
        """Fetch until there are at least so many rows."""
        self._wanted = max(self._wanted, rows)
        self._fetch_on()

    def go_to_the_end(self) -> None:
        """Fetch everything, then go to the last row."""
        self._to_the_end = True
        self._wanted = sys.maxsize
        self._fetch_on()

    def stay(self) -> None:
        """Stop going to the first or last row: the highlight stays where the user puts it."""
        self._to_first = False
        if self._to_the_end:
            self._to_the_end, self._wanted = False, len(self.listed.rows)

    def show_saved(self, service: Service) -> None:
        """Show a service's state after a save."""
        replaced = [listing.replace(service) for listing in (self._whole, self._listing) if listing is not None]
        if any(replaced):
            self._show_listing()

    def show_gone(self, service_id: str) -> None:
        """Remove a deleted service from the list."""
        for listing in {id(one): one for one in (self._whole, self._listing) if one is not None}.values():
            listing.remove(service_id)
        self._show_listing()

    def _fetch_on(self) -> None:
        listing = self._listing
        if listing is not None and self._fetching is None and not listing.complete:
            self._fetching = listing
            self._host.start(partial(self._fetch, listing, len(listing.services) + 1), "listing", exclusive=True)

    async def _fetch(self, listing: ServiceListing, at_once: int, pause: float = 0.0) -> None:
        from services.errors import ServiceError

        problem = ""
        try:
            await asyncio.sleep(pause)
            await listing.fetch(at_once)
            await self._fetch_wanted(listing)
        except ServiceError as error:
            problem = str(error)
        finally:
            # Another listing may have replaced this one while it was cancelled.
            if self._fetching is listing:
                self._fetching = None
        if problem:
            self._failed(problem)
        else:
            self._take(listing)

    async def _fetch_wanted(self, listing: ServiceListing) -> None:
        shown, settled = float("-inf"), 0
        while len(listing.services) < self._wanted and not listing.complete:
            if time.monotonic() - shown > SHOWING_PAUSE:
                self._take(listing)
                shown = time.monotonic()
            await listing.fetch(len(listing.services) + 1)
            if len(listing.services) - settled >= SETTLED_AFTER:
                settled = len(listing.services)
                # Otherwise each collection would examine everything that is listed: 0.3 s each time.
                gc.freeze()

    def _take(self, listing: ServiceListing) -> None:
        self._listing = listing
        if listing.filter == ServiceFilter():
            self._whole = listing
        self._show_listing()

    def _failed(self, reason: str) -> None:
        self.stay()
        if self.listed.rows:
            self._host.complain(reason, title="Services")
            self._set(counted=self._count())
        else:
            self._set(notice=f"{reason}\nPress r to try again.", waiting=False)

    def _show_listing(self) -> None:
        listing = self._listing
        if listing is None:
            if self._whole is not None:
                self._show_rows(self.typed, self._whole.passing(self.typed))
            return
        rows = list(listing.services)
        if self._whole is not None and listing is not self._whole and not listing.complete:
            # The arrived rows may be fewer than the known ones: rows do not vanish and return.
            known = self._whole.passing(listing.filter)
            rows = known if len(known) > len(rows) else rows
        self._show_rows(listing.filter, rows)

    def _show_rows(self, chosen: ServiceFilter, rows: list[Service]) -> None:
        self._shown_filter = chosen
        if chosen.words:
            rows = sorted(rows, key=chosen.rank)
        # The count belongs to these rows.
        self.listed = self.listed._replace(rows=rows, chosen=chosen)
        notice, waiting = "", False
        if not rows and self._fetching is not None:
            notice, waiting = "Searching…", True
        elif not rows and chosen == ServiceFilter() and self._unreadable:
            notice = "The services that came have no id, so none can be shown.\nPress r to look again."
        elif not rows and chosen == ServiceFilter():
            notice = "This workspace has no services yet.\nPress n to make one, r to look again."
        elif not rows:
            problem = self._odd(chosen)
            odd = f"\n{problem}.\nA filter is {HINT}." if problem else ""
            notice = f"No service matches the filter.{odd}\nPress esc to clear it."
        at_end = self._to_the_end and self._fetching is None
        at_first, self._to_first = self._to_first, self._to_first and self._fetching is not None
        self._set(counted=self._count(), notice=notice, waiting=waiting, at_first=at_first, at_end=at_end)

    def _set(self, **changes: Any) -> None:
        self.listed = self.listed._replace(**({"at_first": False, "at_end": False} | changes))
        self._show(self.listed)

    def _count(self) -> str:
        """Return the number of matches, of all services, and the filter."""
        text = self._text.strip()
        searching = self._fetching is not None and text
        if self._shown_filter is None or self._shown_filter != self.typed:
            return "searching…" if searching else ""
        total = self._total()
        found = f"{total:,}" if total is not None else f"{len(self.listed.rows):,}+"
        of_all = "" if self._whole is None or self._whole.total is None else f" of {self._whole.total:,}"
        odd = self._odd(self._shown_filter)
        return " · ".join(part for part in (found + of_all, odd or text, "searching…" if searching else "") if part)

    def _odd(self, chosen: ServiceFilter) -> str:
        """Return what is wrong with a filter, in itself or because this platform lacks the data."""
        return chosen.problem or (chosen.why_unsupported(self.client.dialect) if self.client is not None else "")

    @property
    def _unreadable(self) -> int:
        return max((one.unreadable for one in (self._whole, self._listing) if one is not None), default=0)

    def _total(self) -> int | None:
        if self._listing is not None and self._listing.total is not None:
            return self._listing.total
        return len(self.listed.rows) if self._whole is not None and self._whole.complete else None
