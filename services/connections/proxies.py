"""The proxy for an address, from the environment variables that curl and most tools read, and requests through it.

Turnlab reads them itself, because the HTTP library refuses to start with common values such as ``[::1]`` in
``NO_PROXY``, and with invalid proxies that the address does not use.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import re
import ssl
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
from pydantic import SecretStr

from base.unexpected import keep_secret
from services.connections.variables import Variables
from services.errors import ConnectionProblem

SCHEMES: Final = ("http", "https", "socks5", "socks5h")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_LONGEST_SOCKS_SECRET: Final = 255
_SYSTEM: Final = "the system's settings"
_NAME: Final = re.compile(r"[a-z0-9_.-]+")
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]{0,15}")


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, and the variable that names it. ``repr`` and messages omit its user and password."""

    variable: str
    scheme: str
    host: str
    port: int
    user: str = field(default="", repr=False)
    password: SecretStr | None = field(default=None, repr=False)

    @property
    def place(self) -> str:
        """Host and port, as in an address."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def proxy_for(address: str, variables: Variables, tell: Callable[[str], None]) -> Proxy | None:
    """Return the proxy for an HTTPS address. ``None``: connect directly.

    ``HTTPS_PROXY`` takes precedence over ``ALL_PROXY``, and a lower-case name over its upper-case form. ``tell``
    gets the ignored entries of ``NO_PROXY``. Raises :class:`services.errors.ConnectionProblem`, which names the
    variable, for an unusable proxy.
    """
    parts = urlsplit(address)
    host, port = (parts.hostname or "").rstrip("."), parts.port or 443
    found = next(filter(None, (_first_set(variables, name) for name in ("https_proxy", "all_proxy"))), None)
    if found is None:
        return _of_system(host)
    variable, value = found
    excepted = _first_set(variables, "no_proxy")
    if excepted is not None and _is_excepted(host, port, *excepted, tell):
        return None
    return parsed_proxy(variable, value)


def _first_set(variables: Variables, name: str) -> tuple[str, str] | None:
    """Return a variable's name and value, lower case before upper case. An empty lower-case one disables both."""
    for spelled in (name, name.upper()):
        if variables.has(spelled):
            value = variables.get(spelled)
            return (spelled, value) if value else None
    return None


def _of_system(host: str) -> Proxy | None:
    if sys.platform not in ("darwin", "win32"):
        return None
    found = getproxies()
    value = found.get("https") or found.get("all")
    return parsed_proxy(_SYSTEM, value) if value and not proxy_bypass(host) else None


def parsed_proxy(variable: str, value: str) -> Proxy:
    """Return the proxy that a variable's value names. Raises :class:`services.errors.ConnectionProblem`.

    A password need not be percent-encoded: it ends at the last ``@``.
    """
    scheme, separator, rest = value.strip().partition("://")
    if not separator:
        scheme, rest = "http", value.strip()
    scheme = scheme.lower()
    if scheme not in SCHEMES:
        kind = f" and not {scheme}://" if _SCHEME.fullmatch(scheme) else ""
        raise ConnectionProblem(
            f"{variable} names a proxy of a kind that cannot be used: it must be http://, https://, socks5:// or"
            f" socks5h://{kind}; correct it, or unset it"
        )
    secret, _, place = rest.rpartition("@")
    host, port = _split(re.split(r"[/?#]", place, maxsplit=1)[0])
    user, _, password = secret.partition(":")
    keep_secret(unquote(password))
    problem = _problem(host, port) or _secret_problem(scheme, unquote(user), unquote(password))
    if problem:
        raise ConnectionProblem(f"{variable} names a proxy {problem}; correct it, or unset it")
    return Proxy(
        variable,
        scheme,
        host,
        int(port or _DEFAULT_PORTS[scheme]),
        unquote(user),
        SecretStr(unquote(password)) if secret else None,
    )


def _split(place: str) -> tuple[str, str]:
    """Return host and port; the port may be empty. An IPv6 address may lack brackets."""
    if place.startswith("["):
        host, _, port = place[1:].partition("]")
        return host.lower(), port.removeprefix(":")
    if place.count(":") > 1 and _ip(place) is not None:
        return place.lower(), ""
    host, _, port = place.partition(":")
    return host.lower(), port


def _problem(host: str, port: str) -> str:
    if not host:
        return "without a host"
    if port and not _is_port(port):
        return "whose port is not a number from 1 to 65535"
    return "" if _is_host(host) else "whose host is not a name or an address"


def _secret_problem(scheme: str, user: str, password: str) -> str:
    try:
        lengths = len(user.encode()), len(password.encode())
    except UnicodeEncodeError:
        return "whose user or password is not UTF-8"
    if scheme.startswith("socks") and max(lengths) > _LONGEST_SOCKS_SECRET:
        return f"whose user or password is longer than the {_LONGEST_SOCKS_SECRET} bytes that SOCKS can carry"
    return ""


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 6 and 0 < int(text) < 1 << 16


def _is_host(text: str) -> bool:
    if _ip(text) is not None:
        return True
    labels = text.rstrip(".").split(".")
    return _NAME.fullmatch(text) is not None and all(0 < len(label) < 64 for label in labels) and len(text) < 254


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _is_excepted(host: str, port: int, variable: str, value: str, tell: Callable[[str], None]) -> bool:
    found = False
    for entry in filter(None, re.split(r"[\s,]+", value.lower())):
        fits = _fits(entry, host, port)
        if fits is None:
            # Do not repeat an entry that may contain a password.
            named = "an entry" if "@" in entry else repr(entry)
            tell(f"{variable}: {named} is not a host, address or network, and is ignored")
        found |= bool(fits)
    return found


def _fits(entry: str, host: str, port: int) -> bool | None:
    """Return whether an entry of ``NO_PROXY`` matches a host. ``None`` if the entry is invalid."""
    if entry == "*":
        return True
    if entry == "<local>":
        return "." not in host and ":" not in host
    scheme, separator, rest = entry.partition("://")
    if separator:
        if scheme not in ("http", "https", "all"):
            return None
        entry = rest.rstrip("/")
    wanted = _ip(host)
    if "/" in entry:
        try:
            network = ipaddress.ip_network(entry.replace("[", "").replace("]", ""), strict=False)
        except ValueError:
            return None
        return wanted is not None and wanted in network
    named, of_port = _split(entry)
    named = named.rstrip(".")
    if (of_port and not _is_port(of_port)) or not _is_host(named.lstrip("*.").replace("*", "x") or "x"):
        return None
    if (scheme == "http" and separator) or (of_port and int(of_port) != port):
        return False
    if (address := _ip(named)) is not None:
        return address == wanted
    if "*" in named:
        return fnmatchcase(host, named)
    return host.endswith(named) if named.startswith(".") else host == named or host.endswith(f".{named}")


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
