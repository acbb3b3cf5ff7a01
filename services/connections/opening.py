"""Opens a connection: the same client for the embedded platform and for a real one."""

from __future__ import annotations

import os
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from services.client import ServicesClient
from services.connections.profile import LOOPBACK, ConnectionProfile
from services.connections.variables import Variables
from services.errors import ConnectionProblem

if TYPE_CHECKING:
    import httpx

    from services.calls.embedded.sounds import MakeSound


@asynccontextmanager
async def open_profile(
    profile: ConnectionProfile, tell: Callable[[str], None] = lambda _: None, *, make_sound: MakeSound | None = None
) -> AsyncIterator[ServicesClient]:
    """Open a connection, and close it at the end. Nothing is sent yet.

    ``tell`` gets a message for each network setting of the machine that is invalid and ignored. ``make_sound``
    makes the recordings of the embedded platform's calls. Raises :class:`services.errors.ServiceError`.
    """
    if profile.source == "embedded":
        from services.embedded import open_embedded

        async with open_embedded(make_sound=make_sound) as embedded:
            yield embedded
        return
    import anyio.to_thread
    import httpx

    # Certificates are read from disk, and a keyring may wait for a person.
    notes: list[str] = []
    http, client = await anyio.to_thread.run_sync(_client, profile, notes.append)
    assert isinstance(http, httpx.AsyncClient)
    for note in notes:
        tell(note)
    async with http:
        yield client


def _client(profile: ConnectionProfile, tell: Callable[[str], None]) -> tuple[httpx.AsyncClient, ServicesClient]:
    import httpx

    from services.classic import ClassicClient
    from services.connections import keys
    from services.platform import PlatformClient
    from services.sign_in import ClassicKey

    _check(profile)
    secret = profile.key or keys.find(profile.name, profile.url)
    http = httpx.AsyncClient(
        base_url=profile.url, transport=_transport(profile.url, Variables(os.environ), tell), trust_env=False
    )
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
    # Raised outside the handler: its frames hold the key.
    raise ConnectionProblem(f"{profile.name}: {problem}")


def _check(profile: ConnectionProfile) -> None:
    """Raise :class:`services.errors.ConnectionProblem` for an address or an id that no request can contain."""
    import httpx

    named = ""
    try:
        assert httpx.URL(profile.url).host
        for name in ("workspace_id", "organization_id", "api_key_id", "user_id"):
            named = name.replace("_", " ")
            getattr(profile, name).encode()
    except (httpx.InvalidURL, ValueError, AssertionError):
        wrong = f"the {named} is not text in UTF-8" if named else f"{profile.url!r} is not an address"
        raise ConnectionProblem(f"{profile.name}: {wrong}; correct it in {profile.origin or 'the call'}") from None


def _transport(url: str, variables: Variables, tell: Callable[[str], None]) -> httpx.AsyncBaseTransport:
    """Return the transport for one address, with the machine's network settings. It always checks certificates."""
    import httpx

    from services.connections.certificates import tls_context
    from services.connections.proxies import ProxiedTransport, proxy_for

    parts = urlsplit(url)
    if parts.scheme == "http":
        # This transport reaches only this machine. There are no certificates to check, so it trusts none.
        return httpx.AsyncHTTPTransport(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), trust_env=False)
    context = tls_context(variables, tell)
    # A machine's proxies do not lead to itself.
    proxy = None if parts.hostname in LOOPBACK else proxy_for(url, variables, tell)
    if proxy is None:
        return httpx.AsyncHTTPTransport(verify=context, trust_env=False)
    return ProxiedTransport(proxy, parts.hostname or url, context)
