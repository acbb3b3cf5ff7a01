"""Serves the embedded platform on a socket. Only ``turnlab serve`` imports this module."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import uvicorn

from base.unexpected import handler
from services.calls.embedded.sounds import CallSounds, MakeSound
from services.embedded.access import Access, Authenticator, Role, access
from services.embedded.addresses import authority, bind
from services.embedded.answers import log
from services.embedded.app import create_app
from services.embedded.bounds import served_names
from services.embedded.database import Database
from services.embedded.rate_limits import RateLimits
from services.embedded.seed import seed

GOODBYE_S = 5
"""How long running requests may take after the server is asked to stop."""


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """The options of a server."""

    file: Path
    host: str = "127.0.0.1"
    port: int = 0
    """0 takes any free port."""
    token: str | None = field(default=None, repr=False)
    """The owner's API key while this server runs, instead of the stored one."""
    token_lifetime: timedelta = timedelta(hours=1)
    """The lifetime of a Classic token."""
    rate_window_s: float = 60.0
    """The window of the rate limits, in seconds. 0 disables them."""
    make_sound: MakeSound | None = None
    """Makes the recordings of the demo's calls. Without it there are none."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A running server's address and credentials."""

    url: str
    editor: Access
    viewer: Access

    def to_json(self, role: Role) -> dict[str, str]:
        """Return everything that a client needs."""
        chosen = self.editor if role == "editor" else self.viewer
        return {
            "url": self.url,
            "organization_id": chosen.organization_id,
            "workspace_id": chosen.workspace_id,
            "api_key": chosen.token,
            "api_key_id": chosen.api_key_id,
            "user_id": chosen.user_id,
        }


def serve(wishes: ServeOptions, tell: Callable[[Ready], None]) -> None:
    """Serve until SIGTERM or SIGINT, then close the workspace file. ``tell`` is called when requests can arrive.

    Raises :class:`AddressError` for an unusable address, and :class:`services.errors.StorageError` if the workspace
    file cannot be used.
    """
    # Log our own faults, but not the invalid HTTP that others send.
    log.addHandler(handler())
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    bound = bind(wishes.host, wishes.port)
    with bound:
        database = Database.open(wishes.file, fill=seed)
        try:
            ready = _ready(bound, database, wishes.token)
            authenticator = Authenticator(editor_secret=wishes.token, token_lifetime=wishes.token_lifetime)
            app = create_app(
                database,
                authenticator=authenticator,
                limits=RateLimits(wishes.rate_window_s),
                names=served_names(wishes.host),
                sounds=CallSounds(wishes.make_sound),
            )
            asyncio.run(_run(app, bound, lambda: tell(ready)))
        finally:
            database.close()


class _Telling(uvicorn.Server):
    """A server that reports when it is ready."""

    def __init__(self, config: uvicorn.Config, tell: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = tell

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to accept requests."""
        await super().startup(sockets)
        if self.started:
            self._tell()


async def _run(app: object, bound: socket.socket, tell: Callable[[], None]) -> None:
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]  # its own alias of an ASGI application is narrower
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        # Given here because the environment may hold another server's settings.
        workers=1,
        proxy_headers=False,
        timeout_graceful_shutdown=GOODBYE_S,
    )
    server = _Telling(config, tell)

    def stop(_number: int, _frame: object) -> None:
        server.should_exit = True

    # The server handles these signals while it runs, and raises them again after it has stopped. They end nothing
    # here.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    await server.serve(sockets=[bound])


def _ready(bound: socket.socket, database: Database, token: str | None) -> Ready:
    editor = access(database)
    if token is not None:
        editor = Access(editor.workspace_id, editor.organization_id, editor.user_id, editor.api_key_id, token)
    return Ready(f"http://{authority(bound)}", editor, access(database, "viewer"))
