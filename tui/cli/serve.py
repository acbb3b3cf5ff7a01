"""``turnlab serve``: the embedded platform on a port for any client, and rules for who may reach a server."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from base.folders import typed_path
from base.unexpected import keep_secret
from recordings.demo_calls import demo_sound
from services.embedded import workspace_file
from services.embedded.addresses import is_loopback
from services.embedded.in_process import FILE_NAME
from services.errors import ServiceError
from tui.cli.failure import CallError, WorkError

SHORTEST_TOKEN = 16


def check_token(token: str | None) -> None:
    """Raise :class:`CallError` for a token that is guessable or cannot be sent."""
    if token is None:
        return
    keep_secret(token)
    if not (len(token) >= SHORTEST_TOKEN and all("!" <= one <= "~" for one in token)):
        raise CallError(f"a token is at least {SHORTEST_TOKEN} printable ASCII characters without spaces")


def check_reach(host: str, token: str | None, variable: str, *, allowed: bool) -> None:
    """Raise :class:`CallError` for an address that others could reach unintentionally.

    ``variable`` is the token's environment variable. Raises :class:`~services.embedded.addresses.AddressError` for
    an unknown host.
    """
    if is_loopback(host):
        return
    if not allowed:
        raise CallError(
            f"{host} can be reached from other machines; omit --host,"
            " or add --allow-remote and a --token that you choose"
        )
    if token is None:
        raise CallError(f"--allow-remote needs a --token that you choose (or {variable}), to give to others")


@dataclass(frozen=True, slots=True)
class ServeRequest:
    """The command's options."""

    host: str
    port: int
    data: Path | None
    allow_remote: bool
    token: str | None = field(repr=False)
    read_only: bool
    rate_window: float
    token_lifetime: float


def serve(request: ServeRequest, *, as_json: bool) -> None:
    """Serve until stopped. Raises :class:`CallError` for an address that others could reach unintentionally."""
    from services.embedded import serving

    check_token(request.token)

    def tell(ready: serving.Ready) -> None:
        found = ready.to_json("viewer" if request.read_only else "editor")
        print(json.dumps(found) if as_json else _for_people(found), flush=True)

    try:
        check_reach(request.host, request.token, "TURNLAB_SERVE_TOKEN", allowed=request.allow_remote)
        serving.serve(
            serving.ServeOptions(
                file=typed_path(str(request.data)) / FILE_NAME if request.data else workspace_file(),
                host=request.host,
                port=request.port,
                token=request.token,
                token_lifetime=timedelta(seconds=request.token_lifetime),
                rate_window_s=request.rate_window,
                make_sound=demo_sound,
            ),
            tell,
        )
    except ServiceError as error:
        raise WorkError(_by_option(str(error), request.data)) from None


def _by_option(message: str, data: Path | None) -> str:
    return message if data is None else message.replace("set TURNLAB_DATA_DIR to", "give --data")


def _for_people(found: dict[str, str]) -> str:
    return "\n".join(
        [
            f"The embedded platform is at {found['url']} until you press ctrl+c.",
            *(f"  {name:<16} {value}" for name, value in found.items() if name != "url"),
            "In the Platform dialect the API key is the bearer token; in the Classic one it signs a user in.",
        ]
    )
