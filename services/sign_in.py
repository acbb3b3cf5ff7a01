"""Signs in to the Classic API with an API key. The token stays in memory, and only while it is valid."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote

import httpx
from pydantic import JsonValue, SecretStr

from services.errors import BadResponseError, ServiceError
from services.exchange import SIGN_IN
from services.reading import as_time
from services.secrets import bearer, checked
from services.traffic import Traffic
from services.transport import Transport

REFRESH_BEFORE_S: Final = 300.0
"""How long before its expiry a token is renewed, so that none expires on its way."""


@dataclass(frozen=True, slots=True)
class ClassicKey:
    """Credentials for the Classic API. Raises :class:`ValueError` for values that no HTTP header can carry."""

    api_key: SecretStr
    api_key_id: str
    user_id: str

    @classmethod
    def of(cls, api_key: str, api_key_id: str, user_id: str) -> ClassicKey:
        """Return the key, checked."""
        checked(api_key_id, "API key ID")
        checked(user_id, "user ID")
        return cls(checked(api_key), api_key_id, user_id)

    async def headers(self) -> Mapping[str, SecretStr]:
        """Return the headers of the sign-in request."""
        return {
            "x-api-key": self.api_key,
            "x-api-key-id": SecretStr(self.api_key_id),
            "x-user-id": SecretStr(self.user_id),
        }

    async def renew(self, refused: Mapping[str, SecretStr]) -> bool:  # noqa: ARG002  (the protocol's)
        """Return ``False``: there is no other key."""
        return False

    def known(self) -> tuple[SecretStr, ...]:
        """Return the key."""
        return (self.api_key,)


@dataclass(frozen=True, slots=True)
class _Token:
    headers: Mapping[str, SecretStr]
    secret: SecretStr
    expires_at: float


class SignInCredentials:
    """Credentials that sign in on first use, before the token expires, and once after a 401.

    ``clock`` is in seconds since 1970.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        organization: str,
        key: ClassicKey,
        *,
        traffic: Traffic,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._transport = Transport(http, key, traffic=traffic, clock=clock)
        self._path = f"/v1/{quote(organization, safe='')}/user/signin_with_api_key"
        self._key = key
        self._clock = clock
        self._token: _Token | None = None
        # One at a time: the vendor allows five sign-ins a minute, and many requests may find the token expired.
        self._lock = asyncio.Lock()

    async def headers(self) -> Mapping[str, SecretStr]:
        """Return the bearer header. Signs in if there is no token or it expires soon."""
        async with self._lock:
            token = self._token
            if token is None or self._clock() >= token.expires_at - REFRESH_BEFORE_S:
                token = await self._sign_in()
            return token.headers

    async def renew(self, refused: Mapping[str, SecretStr]) -> bool:
        """Forget the refused token, unless another request has already replaced it."""
        async with self._lock:
            if self._token is not None and self._token.headers == refused:
                self._token = None
        return True

    def known(self) -> tuple[SecretStr, ...]:
        """Return the key and the token."""
        return (*self._key.known(), *(() if self._token is None else (self._token.secret,)))

    async def _sign_in(self) -> _Token:
        self._token = None
        try:
            answer = await self._transport.request("POST", self._path, kind=SIGN_IN)
        except ServiceError as error:
            # Do not retry with one sign-in each: the vendor allows five a minute.
            error.final = True
            raise
        self._token = self._read(answer)
        # A crash screen prints local values, and the answer holds the token.
        answer.clear()
        if self._token is None:
            raise BadResponseError("the platform's sign-in gave no token that can be used; tell its support")
        return self._token

    def _read(self, answer: Mapping[str, JsonValue]) -> _Token | None:
        secret, expires_at = answer.get("id_token"), as_time(answer.get("expires_at"))
        if not isinstance(secret, str) or not isinstance(expires_at, datetime):
            return None
        try:
            token = checked(secret, "token")
        except ValueError:
            return None
        return _Token(bearer(token), token, expires_at.timestamp())
