"""Opens a connection: the same client for the embedded platform and for a real one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from services.client import ServicesClient
from services.connections.profile import Profile
from services.errors import ConnectionProblem

if TYPE_CHECKING:
    import httpx


@asynccontextmanager
async def open_profile(profile: Profile) -> AsyncIterator[ServicesClient]:
    """Open a connection and close it at the end. Nothing is sent yet.

    Raises :class:`services.errors.ServiceError`.
    """
    if profile.source == "embedded":
        from services.embedded import open_embedded

        async with open_embedded() as embedded:
            yield embedded
        return
    import anyio.to_thread
    import httpx

    # Certificates are read from disk, and asking a keyring may wait for a person.
    http, client = await anyio.to_thread.run_sync(_client, profile)
    assert isinstance(http, httpx.AsyncClient)
    async with http:
        yield client


def _client(profile: Profile) -> tuple[httpx.AsyncClient, ServicesClient]:
    import httpx

    from services.classic import ClassicClient
    from services.connections import keys
    from services.platform import PlatformClient
    from services.sign_in import ClassicKey

    secret = profile.key or keys.find(profile.name, profile.url)
    local = urlsplit(profile.url).hostname in ("127.0.0.1", "localhost", "::1")
    # A machine's proxy settings are for other machines; certificates are always checked.
    http = httpx.AsyncClient(base_url=profile.url, verify=True, trust_env=not local)
    problem = ""
    label = f"{profile.name} ({http.base_url.host})"
    try:
        if profile.dialect == "platform":
            token = secret.get_secret_value
            return http, PlatformClient(http, workspace_id=profile.workspace_id, token=token(), label=label)
        classic = ClassicKey.of(secret.get_secret_value(), profile.api_key_id, profile.user_id)
        return http, ClassicClient(http, organization=profile.organization_id, key=classic, label=label)
    except ValueError as error:
        problem = str(error)
    # Out here, so that no frame that was handed the key itself hangs on to it.
    raise ConnectionProblem(f"{profile.name}: {problem}")
