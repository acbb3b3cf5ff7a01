"""What a connection to one workspace or organization needs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import urlsplit

from pydantic import SecretStr

from services.errors import ConnectionProblem

Source = Literal["environment", "file", "config", "embedded"]

NAME_PATTERN: Final = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}"
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionProfile:
    """A named connection. The key stays out of ``repr``; ``None`` means that the system keyring has it."""

    name: str
    source: Source
    dialect: Literal["platform", "classic"] = "platform"
    url: str = ""
    workspace_id: str = ""
    """Platform only."""
    organization_id: str = ""
    """Classic only, like the two after it."""
    api_key_id: str = ""
    user_id: str = ""
    key: SecretStr | None = field(default=None, repr=False)
    origin: str = ""
    """For people: the file or the variables that it comes from."""

    @property
    def where(self) -> str:
        """For people: the host and the workspace or organization."""
        if self.source == "embedded":
            return "in this process"
        scope = self.workspace_id if self.dialect == "platform" else self.organization_id
        return f"{urlsplit(self.url).hostname or self.url}, {scope}"


EMBEDDED: Final = ConnectionProfile(name="embedded", source="embedded", origin="a workspace on this machine")


def checked_name(name: str) -> str:
    """Return ``name`` if a saved profile may have it. Raises :class:`services.errors.ConnectionProblem`."""
    if not re.fullmatch(NAME_PATTERN, name):
        raise ConnectionProblem(
            f"a connection's name is 1 to 40 letters, digits, '_', '-' or '.', beginning with one of the first two,"
            f" not {name!r}"
        )
    return name


def checked_url(url: str) -> str:
    """Return the address without a trailing slash or ``/v1``, with which both dialects' paths begin.

    Raises :class:`services.errors.ConnectionProblem` for an invalid address, and for plain HTTP to another machine,
    which would send the key unencrypted.
    """
    bare = url.strip().rstrip("/").removesuffix("/v1")
    try:
        parts = urlsplit(bare)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if not host or parts.scheme not in ("http", "https") or not bare.isascii() or not bare.isprintable():
        raise ConnectionProblem(f"{url!r} is not an address like https://api.platform.amigo.ai")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConnectionProblem("the address must be only scheme, host and path: the key does not belong in it")
    if parts.scheme == "http" and host not in LOOPBACK:
        raise ConnectionProblem(f"{host} must be reached by https, or the key would travel in the clear")
    return bare
