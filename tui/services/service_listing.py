"""The services that pass the filter, fetched page by page and only as far as somebody looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.connection import PAGE_SIZE
from tui.services.service_filter import ServiceFilter, searchable

if TYPE_CHECKING:
    from services.client import ServicesClient
    from services.model import Page, Service
    from services.paging import Pages


class ServiceListing:
    """One listing under one filter. Ask :meth:`fetch` for more; what came so far is in ``services``."""

    def __init__(self, client: ServicesClient, chosen: ServiceFilter) -> None:
        # Here, because it loads the model behind it, which the first paint must not wait for.
        from services.paging import Pages

        self.filter = chosen
        self.services: list[Service] = []
        self._texts: list[str] = []
        self._client = client
        self._pages: Pages[Service] = Pages(self._fetch)

    @property
    def complete(self) -> bool:
        """Whether the last page has come, and with it everything the platform counts."""
        return self._pages.complete

    @property
    def total(self) -> int | None:
        """How many services match in all, as far as it is known without fetching them."""
        if self.complete:
            return len(self.services)
        return self._pages.total if self.filter.exact else None

    @property
    def unreadable(self) -> int:
        """How many entries without an id came, which cannot be shown."""
        return self._pages.unreadable

    async def fetch(self, wanted: int) -> None:
        """Fetch pages until ``wanted`` services match or there are no more.

        Raises :class:`services.errors.ServiceError`; what came before stays, and another call goes on from there.
        """
        while len(self.services) < wanted and not self.complete:
            self.services += filter(self.filter.matches, await self._pages.more())
            # Page by page, so that the first answer to another filter need not do it for all.
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
        """Return those of the services that came so far that pass another filter, in the same order."""
        if chosen == ServiceFilter():
            return list(self.services)
        return [
            service
            for service, text in zip(self.services, self._texts, strict=True)
            if chosen.passes(service, text)
        ]

    def replace(self, service: Service) -> bool:
        """Put a newer state of a service in its row; tell whether it has one."""
        for index, known in enumerate(self.services):
            if known.id == service.id:
                self.services[index] = service
                self._texts[index] = searchable(service)
                return True
        return False

    def remove(self, service_id: str) -> None:
        """Take a service out that is gone."""
        for index, known in enumerate(self.services):
            if known.id == service_id:
                del self.services[index], self._texts[index]
                return
