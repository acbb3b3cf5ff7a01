"""Shell completion: names of services, presets, recordings and profiles. It never reports an error.

The user is waiting, so a slow platform completes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

TIMEOUT_S = 3.0
MOST = 50
"""The largest number of services to offer."""


def presets(incomplete: str) -> list[str]:
    """Return the presets, including the user's own."""
    from tui.user_presets import all_presets

    return _beginning(all_presets()[0], incomplete)


def profiles(incomplete: str) -> list[str]:
    """Return the engine profiles that ship with Turnlab."""
    from simulator.engine.profile import shipped_profiles

    return _beginning(shipped_profiles(), incomplete)


def recordings(incomplete: str) -> list[str]:
    """Return the recordings that are found by name alone. The shell itself completes files."""
    from simulator.recording import known_recordings

    return _beginning(known_recordings(), incomplete)


def sounds(incomplete: str) -> list[str]:
    """Return the sounds that can be mixed into a recording. The user types the time."""
    from simulator.audio.injecting import SOUNDS

    return _beginning((f"{name}@" for name in SOUNDS), incomplete)


def services(incomplete: str) -> list[str]:
    """Return the names of the connection's services."""
    import asyncio

    async def names() -> list[str]:
        from services.paging import iter_services
        from tui.connection import chosen

        async with asyncio.timeout(TIMEOUT_S), chosen(None, lambda _: None)() as client:
            return [service.name async for service in iter_services(client) if service.name]

    try:
        found = asyncio.run(names())
    except Exception:  # completion shows no error
        return []
    return _beginning(found, incomplete)[:MOST]


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    """Return the names that begin with ``incomplete``, ignoring case, quoted for the shell."""
    wanted = incomplete.casefold()
    found = sorted(name for name in names if name.casefold().startswith(wanted) and name.isprintable())
    in_bash = os.environ.get("_TURNLAB_COMPLETE") == "complete_bash"
    return [name.replace(" ", "\\ ") for name in found] if in_bash else found
