"""The list of services: what passes the filter, page by page, and what to say when there is nothing to show."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from typing import TYPE_CHECKING

from textual import on, work
from textual.widgets import Input, Static

from tui.commands import Place
from tui.services.screen_messages import Fetched, FetchFailed
from tui.services.service_filter import HINT, ServiceFilter, parse_filter
from tui.services.service_list import ServiceList
from tui.services.service_listing import ServiceListing
from tui.services.service_notice import ServiceNotice
from tui.terminal_text import content, plain

if TYPE_CHECKING:
    from services.client import ServicesClient
    from services.model import Service

TYPING_PAUSE = 0.15
"""Seconds without a key before a filter is sent, so that a remote platform is not asked for every letter."""


SHOWING_PAUSE = 0.2
"""Seconds between two looks at what has come while many pages do."""


SETTLED_AFTER = 1_000
"""So many services later, the listed ones, which hold no cycles, are set apart from the search for garbage."""


class ListingScreen(Place):
    """Keeps the rows of the list in step with the filter and the platform.

    A filter is answered at once from what has been listed already, and then by the platform.
    """

    def __init__(self) -> None:
        super().__init__()
        self.client: ServicesClient | None = None
        self._listing: ServiceListing | None = None
        """What is fetched, under the filter in force."""
        self._whole: ServiceListing | None = None
        """The newest listing without a filter: other filters are first answered from it."""
        self._rows: list[Service] = []
        self._shown_filter: ServiceFilter | None = None
        self._wanted = 0
        self._fetching: ServiceListing | None = None
        self.to_the_end = False

    @property
    def highlighted(self) -> Service | None:
        """The service under the cursor."""
        return self.query_one(ServiceList).highlighted

    @property
    def typed(self) -> ServiceFilter:
        """The filter that is typed."""
        return parse_filter(self.query_one("#services-filter", Input).value)

    @property
    def filtered_as_typed(self) -> bool:
        """Whether the rows in view are those of the filter that is typed."""
        return self._shown_filter == self.typed

    def rows_shown(self) -> None:
        """Act on new rows; the screen that is built on this one says how."""

    def show_saved(self, service: Service) -> None:
        """Show the state a service has after it was saved."""
        replaced = [listing.replace(service) for listing in (self._whole, self._listing) if listing is not None]
        if any(replaced):
            self._show_listing()

    def show_gone(self, service_id: str) -> None:
        """Show that a service is no more."""
        for listing in {id(one): one for one in (self._whole, self._listing) if one is not None}.values():
            listing.remove(service_id)
        self._show_listing()

    def connected(self, client: ServicesClient | None) -> None:
        """List what a new connection has."""
        self.client = client
        self._whole = None
        if client is not None:
            self.start_listing()

    def not_connected(self, problem: str) -> None:
        """Say why there is no connection."""
        if problem:
            self.show_notice(f"{problem}\nPress r to try again.")

    def start_listing(self, *, pause: float = 0.0) -> None:
        """Start over under the filter that is typed, keeping the rows in view until the first new ones came."""
        if self.client is None:
            return
        chosen = self.typed
        # A refresh reaches as deep as the person had scrolled, so that the cursor's service is there again.
        before = self._listing
        depth = len(before.services) if before is not None and before.filter == chosen else 0
        self._wanted = max(depth, self.size.height)
        self.to_the_end = False
        if not self._rows:
            self.show_notice("Loading services…", waiting=True)
        self._fetching = ServiceListing(self.client, chosen)
        self._show_count()
        self._fetch(self._fetching, max(depth, 1), pause)

    def change_filter(self) -> None:
        """Answer the filter that is typed from what is known, then ask the platform."""
        chosen, whole = self.typed, self._whole
        if whole is None:
            self.start_listing(pause=TYPING_PAUSE)
            return
        self._listing = None
        if whole.complete and not chosen.exact:
            # The platform could only send everything again, for it to be checked here.
            self.workers.cancel_group(self, "listing")
            self._fetching = None
        else:
            self.start_listing(pause=TYPING_PAUSE)
        self._show(chosen, whole.passing(chosen))

    @work(exclusive=True, group="listing")
    async def _fetch(self, listing: ServiceListing, at_once: int, pause: float = 0.0) -> None:
        from services.errors import ServiceError

        self._fetching = listing
        try:
            await asyncio.sleep(pause)
            await listing.fetch(at_once)
            self.post_message(Fetched(listing))
            shown, settled = time.monotonic(), 0
            while len(listing.services) < self._wanted and not listing.complete:
                await listing.fetch(len(listing.services) + 1)
                if len(listing.services) - settled >= SETTLED_AFTER:
                    settled = len(listing.services)
                    # Without this the collector goes through everything listed again and again: 0.3 s each time.
                    gc.freeze()
                if time.monotonic() - shown > SHOWING_PAUSE:
                    self.post_message(Fetched(listing))
                    shown = time.monotonic()
            self.post_message(Fetched(listing))
        except ServiceError as error:
            self.post_message(FetchFailed(str(error)))
        finally:
            # Another listing may have taken over while this one was being cancelled.
            if self._fetching is listing:
                self._fetching = None

    @on(Fetched)
    def _fetched(self, message: Fetched) -> None:
        self._listing = message.listing
        if message.listing.filter == ServiceFilter():
            self._whole = message.listing
        self._show_listing()

    @on(FetchFailed)
    def _fetch_failed(self, message: FetchFailed) -> None:
        self.stay()
        if self._rows:
            self.notify(plain(message.reason), title="Services", severity="error", markup=False)
            self._show_count()
        else:
            self.show_notice(f"{message.reason}\nPress r to try again.")

    @on(ServiceList.MoreWanted)
    def _more_wanted(self, message: ServiceList.MoreWanted) -> None:
        self._wanted = max(self._wanted, message.rows)
        self._fetch_on()

    def go_to_the_end(self) -> None:
        """Fetch whatever there is, then go to the last row."""
        self.to_the_end = True
        self._wanted = sys.maxsize
        self._fetch_on()

    def stay(self) -> None:
        """Go no further towards the end than was gone."""
        if self.to_the_end:
            self.to_the_end, self._wanted = False, len(self._rows)

    def _fetch_on(self) -> None:
        listing = self._listing
        if listing is not None and self._fetching is None and not listing.complete:
            self._fetch(listing, len(listing.services) + 1)

    def _show_listing(self) -> None:
        listing = self._listing
        if listing is None:
            if self._whole is not None:
                self._show(self.typed, self._whole.passing(self.typed))
            return
        rows = list(listing.services)
        if self._whole is not None and listing is not self._whole and not listing.complete:
            # What came so far may be less than what is known from before: rows do not vanish to come back.
            known = self._whole.passing(listing.filter)
            rows = known if len(known) > len(rows) else rows
        self._show(listing.filter, rows)

    def _show(self, chosen: ServiceFilter, rows: list[Service]) -> None:
        self._shown_filter, self._rows = chosen, rows
        listed = self.query_one(ServiceList)
        listed.show(rows)
        if self.to_the_end and self._fetching is None:
            listed.action_scroll_bottom()
        if rows:
            self.show_notice("")
        elif self._fetching is not None:
            self.show_notice("Searching…", waiting=True)
        elif chosen == ServiceFilter() and self._unreadable:
            self.show_notice("The services that came have no id, so none can be shown.\nPress r to look again.")
        elif chosen == ServiceFilter():
            self.show_notice("This workspace has no services yet.\nPress n to make one, r to look again.")
        else:
            odd = f"\n{chosen.problem}.\nA filter is {HINT}." if chosen.problem else ""
            self.show_notice(f"No service matches the filter.{odd}\nPress esc to clear it.")
        self._show_count()
        self.rows_shown()

    def show_notice(self, text: str, *, waiting: bool = False) -> None:
        """Say something where the rows would be; an empty text gives their place back."""
        notice = self.query_one(ServiceNotice)
        notice.text, notice.waiting, notice.display = text, waiting, bool(text)
        # Not hidden, because a hidden list would lose the focus.
        self.query_one(ServiceList).set_class(bool(text), "-behind-notice")

    def _show_count(self) -> None:
        typed = self.query_one("#services-filter", Input).value.strip()
        self.query_one("#services-count", Static).update(content(self._count(typed)), layout=False)

    def _count(self, typed: str) -> str:
        """Return how many services were found, of how many there are, under which filter."""
        searching = self._fetching is not None and typed
        if self._shown_filter != self.typed:
            return "searching…" if searching else ""
        total = self._total()
        found = f"{total:,}" if total is not None else f"{len(self._rows):,}+"
        of_all = "" if self._whole is None or self._whole.total is None else f" of {self._whole.total:,}"
        odd = self._shown_filter.problem if self._shown_filter else ""
        return " · ".join(
            part for part in (found + of_all, odd or typed, "searching…" if searching else "") if part
        )

    @property
    def _unreadable(self) -> int:
        return max((one.unreadable for one in (self._whole, self._listing) if one is not None), default=0)

    def _total(self) -> int | None:
        if self._listing is not None and self._listing.total is not None:
            return self._listing.total
        return len(self._rows) if self._whole is not None and self._whole.complete else None
