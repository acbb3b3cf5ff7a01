"""Addresses of this machine to serve at."""

from __future__ import annotations

import ipaddress
import socket

from base.os_errors import os_error_text
from services.errors import ServiceError


class AddressError(ServiceError):
    """The address cannot be served at."""


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach ``host``. Raises :class:`AddressError` if there is no such host."""
    return all(ipaddress.ip_address(address).is_loopback for _, address in _addresses(host))


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes any free one. Raises :class:`AddressError`."""
    family, address = _addresses(host)[0]
    # asyncio sends at once, without gathering small packets, only on sockets that say they are TCP
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # a server that was just stopped leaves connections that fade for a minute; the port is free all the same
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
    """Return where a bound socket is, as URLs write it: ``127.0.0.1:8765`` or ``[::1]:8765``."""
    address, port = bound.getsockname()[:2]
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _addresses(host: str) -> list[tuple[socket.AddressFamily, str]]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise AddressError(f"there is no host {host}: give an address of this machine, such as 127.0.0.1") from None
    return [(family, str(address[0])) for family, _, _, _, address in found]
