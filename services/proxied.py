"""Sends requests through a proxy and reports a failing proxy as such."""

from __future__ import annotations

import asyncio
import os
import re
import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import httpx

if TYPE_CHECKING:
    from services.connections.proxies import Proxy

TUNNEL_S: Final = 15.0
"""How long a proxy may take to connect to the platform."""

_BEGINS: Final = "connect_tcp.started"
_LEADS_ON: Final = ("proxy.start_tls.started", "socks.start_tls.started")


def reason_of(error: BaseException) -> str:
    """Return why a connection failed: the system's words if there are any, else the library's."""
    said, cause = str(error) or type(error).__name__, error.__cause__ or error.__context__
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno and cause.strerror and not isinstance(cause, ssl.SSLError):
            # The event loop replaces the system's words with its own, except for a failed name lookup.
            return os.strerror(cause.errno) if cause.errno > 0 else cause.strerror
        cause = cause.__cause__ or cause.__context__
    return said


class ProxyFailedError(httpx.ProxyError):
    """The proxy failed, not the server behind it. The text is one line that names it, without its password."""

    def __init__(self, message: str, *, lasting: bool) -> None:
        super().__init__(message)
        self.lasting = lasting
        """Whether another try would fail the same way."""


class ProxiedTransport(httpx.AsyncBaseTransport):
    """Sends every request through one proxy. ``host`` is the server behind it."""

    def __init__(self, proxy: Proxy, host: str, context: ssl.SSLContext) -> None:
        password = proxy.password.get_secret_value() if proxy.password else ""
        self._proxy = proxy
        self._host = host
        self._inner = httpx.AsyncHTTPTransport(
            verify=context,
            trust_env=False,
            proxy=httpx.Proxy(
                f"{proxy.scheme}://{proxy.place}",
                auth=(proxy.user, password) if proxy.password else None,
                ssl_context=context if proxy.scheme == "https" else None,
            ),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request. Raises :class:`ProxyFailedError` if the proxy fails, else what ``httpx`` raises."""
        at_proxy = False
        try:
            async with asyncio.timeout(None) as clock:

                async def note(event: str, _facts: Mapping[str, Any]) -> None:
                    nonlocal at_proxy
                    if event.endswith(_BEGINS):
                        at_proxy = True
                        clock.reschedule(asyncio.get_running_loop().time() + TUNNEL_S)
                    elif event in _LEADS_ON:
                        at_proxy = False
                        clock.reschedule(None)

                request.extensions = {**request.extensions, "trace": note}
                return await self._inner.handle_async_request(request)
        except Exception as error:
            # Every exception: a server that does not speak SOCKS fails in ways that the HTTP library does not
            # cover.
            if not at_proxy:
                raise
            failed = self._failed(error)
        raise failed

    async def aclose(self) -> None:
        """Close all connections."""
        await self._inner.aclose()

    def _failed(self, error: Exception) -> ProxyFailedError:
        proxy = self._proxy
        said = str(error)
        if proxy.password and proxy.password.get_secret_value():
            said = said.replace(proxy.password.get_secret_value(), "…")
        lasting = False
        remedy = f"check {proxy.variable}, or name {self._host} in NO_PROXY"
        if isinstance(error, TimeoutError | httpx.TimeoutException):
            what = "does not answer"
        elif isinstance(error, httpx.ConnectError):
            what = f"cannot be reached: {reason_of(error)}"
        elif isinstance(error, httpx.ProxyError):
            what = f"refused: {said.strip().rstrip('.')}"
            lasting = re.match(r"4\d\d ", said) is not None or "assword" in said or "PASSWORD" in said
            if lasting and ("407" in said or "assword" in said.casefold()):
                remedy = f"check the user and password in {proxy.variable}"
        else:
            what = f"does not answer as {'a SOCKS' if proxy.scheme.startswith('socks') else 'an HTTP'} proxy does"
        return ProxyFailedError(f"the proxy {proxy.place} ({proxy.variable}) {what}; {remedy}", lasting=lasting)
