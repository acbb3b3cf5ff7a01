"""The line to the platform: opened once, kept while the dashboard runs, and watched for the status line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib import import_module
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from services.client import ServicesClient
    from services.traffic import Traffic

T = TypeVar("T")
OpenClient = Callable[[], "AbstractAsyncContextManager[ServicesClient]"]
Clock = Callable[[], float]

PAGE_SIZE = 100
"""The most services a platform gives at once."""

SHORT_NAMES = {"update_voice_config": "update service", "workspace_voice_settings": "voice settings"}
"""What the status line calls a request whose method has a longer name."""


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
    mode: str = ""
    """``read-only``, or nothing."""
    limit: str = ""
    """What the platform said about how much it may be asked, in words."""


def limit_text(traffic: Traffic) -> str:
    """Return what a platform's rate limits allow now, or why a request waits; nothing if none is known.

    What the limit counts and when it ends is said as soon as half of it is used up.
    """
    if traffic.waiting is not None:
        return f"waiting {traffic.waiting.seconds:.0f} s: {traffic.waiting.why}"
    if traffic.tightest is None:
        return ""
    kind, limit = traffic.tightest
    if limit.remaining * 2 > limit.limit:
        return f"{limit.remaining} of {limit.limit} requests left"
    # A time of day stays true while nothing is asked; "in 40 s" would not.
    until = "" if limit.resets_at is None else datetime.fromtimestamp(limit.resets_at).strftime(" until %H:%M:%S")
    return f"{kind}: {limit.remaining} of {limit.limit} left{until}"


def chosen(name: str | None, tell: Callable[[str], None]) -> OpenClient:
    """Return what opens the connection of that name, or the default one; ``tell`` hears what is odd about it."""

    @asynccontextmanager
    async def opening() -> AsyncIterator[ServicesClient]:
        # In threads, because these take long enough to notice in typing.
        choosing = await asyncio.to_thread(import_module, "services.connections.choosing")
        opening = await asyncio.to_thread(import_module, "services.connections.opening")
        choice = await asyncio.to_thread(choosing.choose, name)
        if choice.note:
            tell(choice.note)
        async with opening.open_profile(choice.profile, tell) as client:
            yield client

    return opening


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
    """Passes everything on to a :class:`services.client.ServicesClient`, and tells of each request's time."""

    def __init__(self, client: object, clock: Clock, tell: Callable[[Request], None]) -> None:
        self._client = client
        self._clock = clock
        self._tell = tell

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._client, name)
        return partial(self._timed, name, member) if iscoroutinefunction(member) else member

    async def _timed(self, name: str, call: Callable[..., Awaitable[T]], *args: Any, **options: Any) -> T:
        started = self._clock()
        failed = True
        try:
            result = await call(*args, **options)
            failed = False
        finally:
            what = SHORT_NAMES.get(name) or name.replace("_", " ")
            self._tell(Request(what, self._clock() - started, failed))
        return result


def observed(client: ServicesClient, clock: Clock, tell: Callable[[Request], None]) -> ServicesClient:
    """Return a client that does the same and tells of every request."""
    return cast("ServicesClient", ObservedClient(client, clock, tell))
