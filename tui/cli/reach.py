"""Who may reach a server that a command starts: this machine, unless others are meant to."""

from __future__ import annotations

from base.unexpected import keep_secret
from services.embedded.addresses import is_loopback
from tui.cli.failure import CallError

SHORTEST_TOKEN = 16


def check_token(token: str | None) -> None:
    """Raise :class:`CallError` for a token that could be guessed or cannot be sent."""
    if token is None:
        return
    keep_secret(token)
    if not (len(token) >= SHORTEST_TOKEN and all("!" <= one <= "~" for one in token)):
        raise CallError(f"a token is at least {SHORTEST_TOKEN} printable ASCII characters without spaces")


def check_reach(host: str, token: str | None, variable: str, *, allowed: bool) -> None:
    """Raise :class:`CallError` for an address others could reach without being meant to.

    ``variable`` is the environment's name for the token. Raises
    :class:`~services.embedded.addresses.AddressError` if there is no such host.
    """
    if is_loopback(host):
        return
    if not allowed:
        raise CallError(
            f"{host} can be reached from other machines; leave --host out,"
            " or add --allow-remote and a --token you chose"
        )
    if token is None:
        raise CallError(f"--allow-remote needs a --token you chose (or {variable}), to give to others")
