"""What the dashboard asks of a platform, whichever dialect it speaks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from pydantic import JsonValue

from services.errors import BadResponseError
from services.model import Service, ServicePage, WorkspaceVoiceSettings

PAGE_SIZE = 100
"""The most services a platform gives at once."""


class ServicesClient(Protocol):
    """One workspace of one platform. Every method raises :class:`services.errors.ServiceError`."""

    async def list_services(
        self,
        *,
        search: str | None = None,
        is_active: bool | None = None,
        sort_by: str | None = None,
        limit: int = PAGE_SIZE,
        continuation: int | None = None,
    ) -> ServicePage:
        """Return one page of at most ``limit`` (1 to 100) services.

        ``search`` looks through names, descriptions and tags. ``sort_by`` is ``name``, ``created_at`` or
        ``updated_at``, with ``-`` in front for descending. ``continuation`` comes from the page before.
        """
        ...

    async def get_service(self, service_id: str) -> Service:
        """Return one service. Raises :class:`services.errors.NotFoundError`."""
        ...

    async def update_voice_config(self, service_id: str, changes: Mapping[str, JsonValue]) -> Service:
        """Change only the named fields of ``voice_config`` and return the service as it is then.

        ``None`` puts a field back to inherit (:func:`presets.config.changes` makes such a mapping). Raises
        :class:`services.errors.InvalidError`, which names the refused fields.
        """
        ...

    async def workspace_voice_settings(self) -> WorkspaceVoiceSettings:
        """Return the voice settings that every service of the workspace inherits."""
        ...


async def iter_services(
    client: ServicesClient,
    *,
    search: str | None = None,
    is_active: bool | None = None,
    sort_by: str | None = None,
    page_size: int = PAGE_SIZE,
) -> AsyncIterator[Service]:
    """Yield every matching service once, asking for the next page only when it is reached.

    Raises what :meth:`ServicesClient.list_services` raises, and :class:`services.errors.BadResponseError` if the
    platform's pages do not advance.
    """
    seen: set[str] = set()
    position: int | None = None
    while True:
        page = await client.list_services(
            search=search, is_active=is_active, sort_by=sort_by, limit=page_size, continuation=position
        )
        for service in page.items:
            # Pages are offsets: a service added meanwhile pushes others onto the next page again.
            if service.id not in seen:
                seen.add(service.id)
                yield service
        if page.continuation is None:
            return
        if page.continuation <= (position or 0):
            raise BadResponseError("the platform gave the same page of services twice; try again later")
        position = page.continuation
