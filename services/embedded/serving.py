"""Puts the embedded platform on a socket, for any client. Only ``turnlab serve`` imports this."""

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
"""How long requests that are being answered may take when the server is asked to stop."""


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """How to serve."""

    file: Path
    host: str = "127.0.0.1"
    port: int = 0
    """0 takes any free one."""
    token: str | None = field(default=None, repr=False)
    """The owner's API key while this server runs, in place of the stored one."""
    token_lifetime: timedelta = timedelta(hours=1)
    """How long a token of the Classic dialect lasts."""
    rate_window_s: float = 60.0
    """How long a minute of the rate limits lasts; 0 for no limits."""
    make_sound: MakeSound | None = None
    """Makes the recordings of the demo's calls; without it they cannot be had."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Where the platform is, and what reaches it."""

    url: str
    editor: Access
    viewer: Access

    def to_json(self, role: Role) -> dict[str, str]:
        """Return everything an outside client needs."""
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
    """Serve until SIGTERM or SIGINT, then close the workspace file; ``tell`` is called when requests can come.

    Raises :class:`AddressError` if the address cannot be had, and :class:`services.errors.StorageError` if the
    workspace file cannot be used.
    """
    # Faults of ours are logged; what strangers send that is no HTTP is theirs.
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
    """Tells when requests can come."""

    def __init__(self, config: uvicorn.Config, tell: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell = tell

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start taking requests."""
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
        # Not from the environment, where other servers' settings are.
        workers=1,
        proxy_headers=False,
        timeout_graceful_shutdown=GOODBYE_S,
    )
    server = _Telling(config, tell)

    def stop(_number: int, _frame: object) -> None:
        server.should_exit = True

    # The server catches these too while it runs, and raises them again once it has stopped; they end nothing here.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    await server.serve(sockets=[bound])


def _ready(bound: socket.socket, database: Database, token: str | None) -> Ready:
    editor = access(database)
    if token is not None:
        editor = Access(editor.workspace_id, editor.organization_id, editor.user_id, editor.api_key_id, token)
    return Ready(f"http://{authority(bound)}", editor, access(database, "viewer"))
