"""The connection to a platform: opened after the first paint, shown in the status line, closed at the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from functools import cache, partial
from importlib import import_module
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeVar, cast

from textual import work
from textual.app import App
from textual.notifications import Notification, Notify
from textual.reactive import reactive

from tui.host import ScreenNotice
from tui.terminal_text import plain

if TYPE_CHECKING:
    from textual.screen import Screen

    from services.client import ServicesClient
    from services.traffic import Traffic


T = TypeVar("T")
OpenClient = Callable[[], "AbstractAsyncContextManager[ServicesClient]"]
Clock = Callable[[], float]

PAGE_SIZE = 100
"""The largest page of services of a platform."""

SHORT_NAMES = {"update_voice_config": "update service", "workspace_voice_settings": "voice settings"}
"""Short names for methods in the status line."""


class ObservedRequest(NamedTuple):
    """One finished request: its purpose, duration, and whether it failed."""

    what: str
    seconds: float
    failed: bool = False


class Status(NamedTuple):
    """The connection as the status line shows it."""

    connection: str = "opening the workspace…"
    workspace: str = ""
    last: ObservedRequest | None = None
    mode: str = ""
    """``read-only``, or nothing."""
    limit: str = ""
    """The platform's rate limits, in words."""


def limit_text(traffic: Traffic) -> str:
    """Return a platform's present rate limits, or why a request waits. Empty if none is known.

    The scope and the end of a limit are included once half of it is used.
    """
    if traffic.waiting is not None:
        return f"waiting {traffic.waiting.seconds:.0f} s: {traffic.waiting.why}"
    if traffic.tightest is None:
        return ""
    kind, limit = traffic.tightest
    if limit.remaining * 2 > limit.limit:
        return f"{limit.remaining} of {limit.limit} requests left"
    # A time of day stays true between requests. "In 40 s" would not.
    until = "" if limit.resets_at is None else datetime.fromtimestamp(limit.resets_at).strftime(" until %H:%M:%S")
    return f"{kind}: {limit.remaining} of {limit.limit} left{until}"


def chosen(name: str | None, tell: Callable[[str], None]) -> OpenClient:
    """Return a function that opens the named or the default connection. ``tell`` gets warnings about the choice."""

    @asynccontextmanager
    async def opening() -> AsyncIterator[ServicesClient]:
        # In threads, because these imports would delay typing.
        choosing = await asyncio.to_thread(import_module, "services.connections.registry")
        opening = await asyncio.to_thread(import_module, "services.connections.opening")
        demo_calls = await asyncio.to_thread(import_module, "recordings.demo_calls")
        choice = await asyncio.to_thread(choosing.choose, name)
        if choice.note:
            tell(choice.note)
        async with opening.open_profile(choice.profile, tell, make_sound=demo_calls.demo_sound) as client:
            yield client

    return opening


class Connection:
    """Keeps a client open in a task of its own, so that the same task opens and closes it."""

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
            # The caller that waits for the client gets the error. After a failed close, no caller is left.
            if not opened.done():
                opened.set_exception(error)


class ObservedClient:
    """Wraps a :class:`services.client.ServicesClient` and reports the time of each request."""

    def __init__(self, client: object, clock: Clock, tell: Callable[[ObservedRequest], None]) -> None:
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
            self._tell(ObservedRequest(what, self._clock() - started, failed))
        return result


def observed(client: ServicesClient, clock: Clock, tell: Callable[[ObservedRequest], None]) -> ServicesClient:
    """Return a client that also reports every request."""
    return cast("ServicesClient", ObservedClient(client, clock, tell))


WHY = "read-only: Turnlab was started with --read-only; start it without to change anything"

_READING = ("list_", "get_", "whoami", "service_history", "workspace_voice_settings")


def reads(method: str) -> bool:
    """Return whether a client's method only reads. Unknown methods count as writing."""
    return method.startswith(_READING)


class ReadOnlyClient:
    """A :class:`services.client.ServicesClient` that cannot write."""

    def __init__(self, client: ServicesClient) -> None:
        self._client = client

    @property
    def unsupported(self) -> Mapping[str, str]:
        """Why a method is unsupported. Includes every method that writes."""
        return {**self._client.unsupported, **dict.fromkeys(_writing(), WHY)}

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._client, name)
        return _refuse if iscoroutinefunction(member) and not reads(name) else member


@cache
def _writing() -> tuple[str, ...]:
    from services.client import ServicesClient

    methods = (name for name, member in vars(ServicesClient).items() if iscoroutinefunction(member))
    return tuple(name for name in methods if not name.startswith("_") and not reads(name))


async def _refuse(*_: object, **__: object) -> NoReturn:
    from services.errors import UnsupportedError

    raise UnsupportedError(f"{WHY}; nothing was sent")


def read_only(client: ServicesClient) -> ServicesClient:
    """Return a client that cannot write."""
    return cast("ServicesClient", ReadOnlyClient(client))


class ConnectedApp(App[None], inherit_bindings=False):
    """An app with one connection.

    ``connection`` is its name (by default, :func:`services.connections.registry.choose` selects one).
    ``open_client`` opens a client instead. ``clock`` measures requests. ``read_only`` blocks all writes.
    """

    client: reactive[ServicesClient | None] = reactive(None)
    """The open connection; ``None`` until there is one."""
    problem: reactive[str] = reactive("")
    """Why opening the connection failed, if it did."""
    status: reactive[Status] = reactive(Status())

    def __init__(
        self,
        connection: str | None = None,
        open_client: OpenClient | None = None,
        clock: Clock = time.monotonic,
        *,
        read_only: bool = False,
    ) -> None:
        super().__init__()
        self.read_only = read_only
        self._open_client = open_client or chosen(connection, self._tell_of_choice)
        self._clock = clock
        self._connection: Connection | None = None
        self._reported_unreadable: set[str] = set()
        self._notices: list[Notification] = []
        """Recent notices, oldest first. A :class:`tui.host.ScreenNotice` disappears with its screen."""

    @work(exclusive=True, group="connection")
    async def connect(self) -> None:
        """Open the platform. On failure, say why; the user decides what to do."""
        # In a thread, because this import would delay typing.
        errors = await asyncio.to_thread(import_module, "services.errors")
        self.problem = ""
        self.status = Status()
        self._reported_unreadable.clear()
        self._connection = Connection(self._open_client)
        try:
            client = await self._connection.open()
        except (errors.ServiceError, OSError) as error:
            self.status = Status("not connected")
            self.problem = str(error)
            return
        self.status = Status(client.label, mode="read-only" if self.read_only else "")
        client.traffic.watch(self._tell_traffic)
        watched = observed(client, self._clock, self._tell)
        self.client = read_only(watched) if self.read_only else watched

    def _tell_traffic(self, traffic: Traffic) -> None:
        self.status = self.status._replace(limit=limit_text(traffic))
        for kind, note in traffic.unreadable.items():
            if kind not in self._reported_unreadable:
                self._reported_unreadable.add(kind)
                self._tell_of_choice(note)

    def _tell_of_choice(self, note: str) -> None:
        self.tell(note, "Connection", timeout=15)

    def tell(self, text: str, title: str, *, timeout: float) -> None:
        """Show a warning that concerns every screen. It stays when the screen changes."""
        self.notify(plain(text), title=title, severity="warning", timeout=timeout, markup=False)

    def on_notify(self, event: Notify) -> None:
        """Record each notice."""
        self._notices = [one for one in self._notices if not one.has_expired]
        self._notices.append(event.notification)

    def drop_notices(self, of: Screen[Any]) -> None:
        """Remove the notices of a screen. Those of others stay for their time."""
        kept = [one for one in self._notices if not (isinstance(one, ScreenNotice) and one.screen is of)]
        self._notices = []
        self.clear_notifications()
        for one in kept:
            if not one.has_expired:
                self.post_message(Notify(one))

    def _tell(self, request: ObservedRequest) -> None:
        self.status = self.status._replace(last=request)

    async def on_unmount(self) -> None:
        """Close the platform."""
        if self._connection is not None:
            await self._connection.close()
