"""The part of the app that keeps the connection: opened after the first paint, watched, and closed at the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, NoReturn, cast

from textual import work
from textual.app import App
from textual.reactive import reactive

from tui.connection import Clock, Connection, OpenClient, Request, Status, chosen, limit_text, observed
from tui.terminal_text import plain

if TYPE_CHECKING:
    from services.client import ServicesClient
    from services.traffic import Traffic


WHY = "read-only: Turnlab was started with --read-only; start it without to change anything"

_READING = ("list_", "get_", "whoami", "service_history", "workspace_voice_settings")


def reads(method: str) -> bool:
    """Tell whether a client's method only reads; what is not known to is taken to write."""
    return method.startswith(_READING)


class ReadOnlyClient:
    """Does what a :class:`services.client.ServicesClient` does, except to write."""

    def __init__(self, client: ServicesClient) -> None:
        self._client = client

    @property
    def unsupported(self) -> Mapping[str, str]:
        """Why a method cannot work here: every one that writes is among them."""
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

    ``connection`` names the one to open (by default :func:`services.connections.choosing.choose` does);
    ``open_client`` opens another one instead. ``clock`` measures requests. With ``read_only`` nothing can be
    written through it.
    """

    client: reactive[ServicesClient | None] = reactive(None)
    """The open connection; ``None`` until there is one."""
    problem: reactive[str] = reactive("")
    """Why there is no connection, if opening it failed."""
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
        self._told_unreadable: set[str] = set()

    @work(exclusive=True, group="connection")
    async def connect(self) -> None:
        """Open the platform; on failure say why and leave the rest to the person."""
        # In a thread, because it takes long enough to notice in typing.
        errors = await asyncio.to_thread(import_module, "services.errors")
        self.problem = ""
        self.status = Status()
        self._told_unreadable.clear()
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
        self.status = replace(self.status, limit=limit_text(traffic))
        for kind, note in traffic.unreadable.items():
            if kind not in self._told_unreadable:
                self._told_unreadable.add(kind)
                self._tell_of_choice(note)

    def _tell_of_choice(self, note: str) -> None:
        self.notify(plain(note), title="Connection", severity="warning", timeout=15, markup=False)

    def _tell(self, request: Request) -> None:
        self.status = replace(self.status, last=request)

    async def on_unmount(self) -> None:
        """Close the platform."""
        if self._connection is not None:
            await self._connection.close()
