"""Keys and tokens on their way into a request, held so that no print, log or crash screen shows them."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Protocol

import httpx
from pydantic import SecretStr

from base.unexpected import keep_secret


class Credentials(Protocol):
    """How a connection authenticates."""

    async def headers(self) -> Mapping[str, SecretStr]:
        """Return the headers for the next request. Raises :class:`services.errors.ServiceError`."""
        ...

    async def renew(self, refused: Mapping[str, SecretStr]) -> bool:
        """Return whether other headers are available after a 401 for these. Raises what signing in raises."""
        ...

    def known(self) -> tuple[SecretStr, ...]:
        """Return every secret, so that it can be removed from another program's words."""
        ...


def checked(secret: str, what: str = "API key") -> SecretStr:
    """Return the secret, wrapped. Raises :class:`ValueError`, without it, if no HTTP header can carry it."""
    # An HTTP library would quote the whole header in its error, so such a secret is refused here.
    if not secret or not all("!" <= character <= "~" for character in secret):
        raise ValueError(f"the {what} must be printable ASCII without spaces: copy it again")
    keep_secret(secret)
    return SecretStr(secret)


def redacted(text: str, secrets: tuple[SecretStr, ...]) -> str:
    """Return ``text`` without any secret."""
    for secret in secrets:
        text = text.replace(secret.get_secret_value(), "[API key]")
    return text


class BearerKey:
    """A key that is itself the token, as on the Platform API."""

    def __init__(self, token: str) -> None:
        self._token = checked(token)

    async def headers(self) -> Mapping[str, SecretStr]:
        """Return the bearer header."""
        return bearer(self._token)

    async def renew(self, refused: Mapping[str, SecretStr]) -> bool:  # noqa: ARG002  (the protocol's)
        """Return ``False``: there is no other key."""
        return False

    def known(self) -> tuple[SecretStr, ...]:
        """Return the key."""
        return (self._token,)


def bearer(token: SecretStr) -> Mapping[str, SecretStr]:
    """Return the header that carries a bearer token."""
    return {"Authorization": SecretStr(f"Bearer {token.get_secret_value()}")}


class SecretHeaders(httpx.Auth):
    """Adds headers to a request without any form that could be printed."""

    def __init__(self, headers: Mapping[str, SecretStr]) -> None:
        self._headers = headers

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the headers."""
        for name, value in self._headers.items():
            request.headers[name] = value.get_secret_value()
        yield request
