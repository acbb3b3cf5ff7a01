"""The read-only mode: a client that passes on what reads and refuses, unsent, whatever could write."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, NoReturn, cast

if TYPE_CHECKING:
    from services.client import ServicesClient

WHY = "read-only: Turnlab was started with --read-only; start it without to change anything"

_READING = ("list_", "get_", "whoami", "service_history", "workspace_voice_settings")


def reads(method: str) -> bool:
    """Tell whether a client's method only reads; what is not known to is taken to write."""
    return method.startswith(_READING)


class ReadOnlyClient:
    """Does what a :class:`services.client.ServicesClient` does, except to write."""

    def __init__(self, client: ServicesClient) -> None:
        self._client = client

    @property
    def unsupported(self) -> Mapping[str, str]:
        """Why a method cannot work here: every one that writes is among them."""
        return {**self._client.unsupported, **dict.fromkeys(_writing(), WHY)}

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._client, name)
        return _refuse if iscoroutinefunction(member) and not reads(name) else member


@cache
def _writing() -> tuple[str, ...]:
    from services.client import ServicesClient

    methods = (name for name, member in vars(ServicesClient).items() if iscoroutinefunction(member))
    return tuple(name for name in methods if not name.startswith("_") and not reads(name))


async def _refuse(*_: object, **__: object) -> NoReturn:
    from services.errors import UnsupportedError

    raise UnsupportedError(f"{WHY}; nothing was sent")


def read_only(client: ServicesClient) -> ServicesClient:
    """Return a client that cannot write."""
    return cast("ServicesClient", ReadOnlyClient(client))
