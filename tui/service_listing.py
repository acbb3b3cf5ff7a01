"""The services that pass the filter, fetched page by page and only as far as somebody looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.connection import PAGE_SIZE
from tui.service_filter import ServiceFilter

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

    async def fetch(self, wanted: int) -> None:
        """Fetch pages until ``wanted`` services match or there are no more.

        Raises :class:`services.errors.ServiceError`; what came before stays, and another call goes on from there.
        """
        while len(self.services) < wanted and not self.complete:
            self.services += filter(self.filter.matches, await self._pages.more())

    async def _fetch(self, continuation: int | None) -> Page[Service]:
        return await self._client.list_services(
            search=self.filter.search,
            is_active=self.filter.active,
            sort_by="name",
            limit=PAGE_SIZE,
            continuation=continuation,
        )

    def replace(self, service: Service) -> bool:
        """Put a newer state of a service in its row; tell whether it has one."""
        for index, known in enumerate(self.services):
            if known.id == service.id:
                self.services[index] = service
                return True
        return False

    def summary(self, whole: int | None, typed: str) -> str:
        """Return how many services were found, of how many there are, under which filter."""
        found = f"{self.total:,}" if self.total is not None else f"{len(self.services):,}+"
        of_all = "" if whole is None else f" of {whole:,}"
        return " · ".join(part for part in (found + of_all, self.filter.problem or typed) if part)
