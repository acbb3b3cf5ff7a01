"""The line to the platform: opened once, kept while the dashboard runs, and watched for the status line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from pydantic import JsonValue

    from services.client import ServicesClient
    from services.model import Service, ServicePage, WorkspaceVoiceSettings

T = TypeVar("T")
OpenClient = Callable[[], "AbstractAsyncContextManager[ServicesClient]"]
Clock = Callable[[], float]

PAGE_SIZE = 100
"""The most services a platform gives at once."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request that was made: what for, how long it took, and whether it failed."""

    what: str
    seconds: float
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """What the status line tells about the connection."""

    connection: str = "opening the workspace…"
    workspace: str = ""
    last: Request | None = None


def open_embedded() -> AbstractAsyncContextManager[ServicesClient]:
    """Open the embedded platform, which is only imported now."""
    from services.embedded import open_embedded as opener

    return opener()


class Connection:
    """Keeps a client open in a task of its own, so that the task that opens it is the one that closes it."""

    def __init__(self, open_client: OpenClient) -> None:
        self._open_client = open_client
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> ServicesClient:
        """Open the client and return it. Raises what opening raises."""
        opened: asyncio.Future[ServicesClient] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._hold(opened))
        return await opened

    async def close(self) -> None:
        """Close the client and wait until it is closed."""
        self._closing.set()
        if self._task is not None:
            await self._task

    async def _hold(self, opened: asyncio.Future[ServicesClient]) -> None:
        try:
            async with self._open_client() as client:
                if not opened.cancelled():
                    opened.set_result(client)
                await self._closing.wait()
        except Exception as error:
            # Whoever waits for the client is told; a failure to close has nobody left to tell.
            if not opened.done():
                opened.set_exception(error)


class ObservedClient:
    """A :class:`services.client.ServicesClient` that tells of every request and how long it took."""

    def __init__(self, client: ServicesClient, clock: Clock, tell: Callable[[Request], None]) -> None:
        self._client = client
        self._clock = clock
        self._tell = tell

    async def list_services(
        self,
        *,
        search: str | None = None,
        is_active: bool | None = None,
        sort_by: str | None = None,
        limit: int = PAGE_SIZE,
        continuation: int | None = None,
    ) -> ServicePage:
        """Return one page of services."""
        page = self._client.list_services(
            search=search, is_active=is_active, sort_by=sort_by, limit=limit, continuation=continuation
        )
        return await self._timed("list services", page)

    async def get_service(self, service_id: str) -> Service:
        """Return one service."""
        return await self._timed("get service", self._client.get_service(service_id))

    async def update_voice_config(self, service_id: str, changes: Mapping[str, JsonValue]) -> Service:
        """Change only the named fields of ``voice_config``."""
        return await self._timed("update service", self._client.update_voice_config(service_id, changes))

    async def workspace_voice_settings(self) -> WorkspaceVoiceSettings:
        """Return the voice settings that every service of the workspace inherits."""
        return await self._timed("voice settings", self._client.workspace_voice_settings())

    async def _timed(self, what: str, request: Awaitable[T]) -> T:
        started = self._clock()
        failed = True
        try:
            result = await request
            failed = False
        finally:
            self._tell(Request(what, self._clock() - started, failed))
        return result
