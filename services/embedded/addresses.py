"""Addresses on this machine for a server."""

from __future__ import annotations

import ipaddress
import socket

from base.os_errors import os_error_text
from services.errors import ServiceError


class AddressError(ServiceError):
    """A server cannot use this address."""


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach ``host``. Raises :class:`AddressError` for an unknown host."""
    return all(ipaddress.ip_address(address).is_loopback for _, address in _addresses(host))


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes any free one. Raises :class:`AddressError`."""
    family, address = _addresses(host)[0]
    # asyncio disables Nagle's delay only on sockets whose protocol is TCP
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # closed connections of a stopped server linger for a minute and must not block the port
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((address, port))
        bound.listen(128)
    except OSError as error:
        bound.close()
        why = os_error_text(error)
        raise AddressError(
            f"port {port} at {host} cannot be used: {why}; choose another --port, or 0 for any free one"
        ) from None
    bound.setblocking(False)
    return bound


def authority(bound: socket.socket) -> str:
    """Return a bound socket's address as in URLs: ``127.0.0.1:8765`` or ``[::1]:8765``."""
    address, port = bound.getsockname()[:2]
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _addresses(host: str) -> list[tuple[socket.AddressFamily, str]]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise AddressError(f"there is no host {host}: give an address of this machine, such as 127.0.0.1") from None
    return [(family, str(address[0])) for family, _, _, _, address in found]
