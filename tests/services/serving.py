"""The embedded platform on a real socket, for clients that need a network."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from services.calls.embedded.sounds import CallSounds
from services.classic import ClassicClient
from services.embedded.access import Access, access
from services.embedded.app import create_app
from services.embedded.database import Database
from services.embedded.rate_limits import RateLimits
from services.embedded.seed import seed
from services.sign_in import ClassicKey


@dataclass(frozen=True)
class Served:
    """The platform's address, and the credentials for it."""

    url: str
    access: Access
    database: Database


def classic_client(platform: Served, http: httpx.AsyncClient, **options: Any) -> ClassicClient:
    """Return a client of the Classic dialect for it."""
    known = platform.access
    key = ClassicKey.of(known.token, known.api_key_id, known.user_id)
    return ClassicClient(http, organization=known.organization_id, key=key, **options)


def crash_screen(error: BaseException, test: str, *, frames: int = 1) -> list[str]:
    """Return everything that a crash screen could print of an error: its texts, and the local values of its frames.

    ``test`` is the test's own file, whose frames hold what was sent and are left out; ``frames`` must be left.
    """
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    passed = [str(frame.locals) for frame in shown.stack if frame.filename != test]
    assert len(passed) >= frames
    return [str(error), repr(error), str(vars(error)), *shown.format_exception_only(), *passed]


@contextmanager
def served(path: Path, *, limits: RateLimits | None = None, sounds: CallSounds | None = None) -> Iterator[Served]:
    """Serve a new demo workspace on a free port of this machine."""
    database = Database.open(path, fill=seed)
    app = create_app(database, limits=limits or RateLimits(window_s=0), sounds=sounds)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
    ready = threading.Event()
    started = server.startup

    async def startup(sockets: list[object] | None = None) -> None:
        await started(sockets)  # type: ignore[arg-type]  # (what uvicorn passes)
        ready.set()

    server.startup = startup  # type: ignore[method-assign, assignment]  # (uvicorn has no event for it)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert ready.wait(20)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Served(f"http://127.0.0.1:{port}", access(database), database)
    finally:
        server.should_exit = True
        thread.join(20)
        database.close()
