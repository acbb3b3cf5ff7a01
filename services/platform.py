"""The Platform dialect: workspace-scoped paths under ``/v1/{workspace_id}``."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

import httpx
from pydantic import JsonValue

from services.client import PAGE_SIZE
from services.errors import BadResponseError
from services.model import Service, ServicePage, WorkspaceVoiceSettings
from services.reading import as_int, read_service, read_voice_settings
from services.transport import Transport


class PlatformClient:
    """A :class:`services.client.ServicesClient` for the Platform API.

    The caller owns ``http``: its base URL is the platform's address, and whoever opened it closes it. Raises
    :class:`ValueError` for a token that no HTTP header can carry.
    """

    def __init__(self, http: httpx.AsyncClient, *, workspace_id: str, token: str) -> None:
        self._transport = Transport(http, token)
        self._workspace = f"/v1/{quote(workspace_id, safe='')}"

    async def list_services(
        self,
        *,
        search: str | None = None,
        is_active: bool | None = None,
        sort_by: str | None = None,
        limit: int = PAGE_SIZE,
        continuation: int | None = None,
    ) -> ServicePage:
        """Return one page; see :meth:`services.client.ServicesClient.list_services`."""
        query = {
            "search": search or None,
            "is_active": is_active,
            "sort_by": sort_by,
            "limit": limit,
            "continuation_token": continuation,
        }
        body = await self._transport.request("GET", f"{self._workspace}/services", query=query)
        entries = body.get("items")
        if not isinstance(entries, list):
            raise BadResponseError("the listing of services has no items; check the platform's address")
        read = [read_service(entry) if isinstance(entry, dict) else None for entry in entries]
        items = tuple(service for service in read if service is not None)
        return ServicePage(
            items=items,
            continuation=as_int(body.get("continuation_token")) if body.get("has_more") is True else None,
            total=as_int(body.get("total")),
            unreadable=len(read) - len(items),
        )

    async def get_service(self, service_id: str) -> Service:
        """Return one service. Raises :class:`services.errors.NotFoundError`."""
        return _service(await self._transport.request("GET", self._path(service_id)))

    async def update_voice_config(self, service_id: str, changes: Mapping[str, JsonValue]) -> Service:
        """Change only the named fields; see :meth:`services.client.ServicesClient.update_voice_config`."""
        if not changes:
            return await self.get_service(service_id)
        body: JsonValue = {"voice_config": dict(changes)}
        return _service(await self._transport.request("PUT", self._path(service_id), body=body))

    async def workspace_voice_settings(self) -> WorkspaceVoiceSettings:
        """Return the voice settings that every service of the workspace inherits."""
        return read_voice_settings(await self._transport.request("GET", f"{self._workspace}/settings/voice"))

    def _path(self, service_id: str) -> str:
        return f"{self._workspace}/services/{quote(service_id, safe='')}"


def _service(body: Mapping[str, JsonValue]) -> Service:
    service = read_service(body)
    if service is None:
        raise BadResponseError("the platform answered with a service that has no id; try again")
    return service
