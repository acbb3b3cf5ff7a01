"""Opens the embedded platform in this process and returns a client for it.

Importing this module is cheap: a worker thread imports the web framework when a workspace is opened.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from base.folders import data_folder
from services.client import ServicesClient

if TYPE_CHECKING:
    from services.calls.embedded.sounds import MakeSound
    from services.embedded.access import Access
    from services.embedded.database import Database

FILE_NAME = "workspace.db"


def workspace_file() -> Path:
    """Return the workspace file."""
    return data_folder() / FILE_NAME


@asynccontextmanager
async def open_embedded(
    path: Path | None = None, *, make_sound: MakeSound | None = None
) -> AsyncIterator[ServicesClient]:
    """Open the workspace in ``path`` (by default :func:`workspace_file`), and fill a new one.

    ``make_sound`` makes the recordings of its calls; without it there are none. Raises
    :class:`services.errors.StorageError` if the file cannot be used, and leaves it unchanged.
    """
    import anyio.to_thread

    file = path or workspace_file()
    database, access = await anyio.to_thread.run_sync(_open, file)
    try:
        import httpx

        from services.calls.embedded.sounds import CallSounds
        from services.embedded.app import create_app
        from services.platform import PlatformClient

        # A failure inside the platform must come back as a 500 answer, as it would over a network.
        app = create_app(database, classic=False, sounds=CallSounds(make_sound))
        door = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=door, base_url="http://embedded-platform", trust_env=False) as http:
            yield PlatformClient(
                http, workspace_id=access.workspace_id, token=access.token, label="embedded", tells_history=True
            )
    finally:
        await anyio.to_thread.run_sync(database.close)


def _open(file: Path) -> tuple[Database, Access]:
    """Do everything that blocks, including the imports, off the event loop."""
    import sqlite3

    import services.embedded.app
    import services.platform  # noqa: F401  (imported here so that the event loop finds it loaded)
    from services.embedded.access import access
    from services.embedded.database import Database, remedy
    from services.embedded.seed import seed
    from services.errors import StorageError

    database = Database.open(file, fill=seed)
    try:
        return database, access(database)
    except sqlite3.Error as error:
        # a damaged page fails only when it is read
        database.close()
        raise StorageError(remedy(file, error)) from None
