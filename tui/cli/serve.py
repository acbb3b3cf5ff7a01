"""``turnlab serve``: the embedded platform on a port, for any client of either dialect."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from services.embedded import workspace_file
from services.embedded.connect import FILE_NAME
from services.errors import ServiceError
from tui.cli.failure import CallError, WorkError

SHORTEST_TOKEN = 16


@dataclass(frozen=True, slots=True)
class Request:
    """The command's options."""

    host: str
    port: int
    data: Path | None
    allow_remote: bool
    token: str | None = field(repr=False)
    read_only: bool
    rate_window: float
    token_lifetime: float


def serve(request: Request, *, as_json: bool) -> None:
    """Serve until stopped. Raises :class:`CallError` for an address others could reach without being meant to."""
    from services.embedded import serving

    if request.token is not None and not _hard_to_guess(request.token):
        raise CallError(f"a token is at least {SHORTEST_TOKEN} printable ASCII characters without spaces")

    def tell(ready: serving.Ready) -> None:
        found = ready.to_json("viewer" if request.read_only else "editor")
        print(json.dumps(found) if as_json else _for_people(found), flush=True)

    try:
        if not serving.is_loopback(request.host):
            _check_remote(request)
        serving.serve(
            serving.Wishes(
                file=request.data.expanduser() / FILE_NAME if request.data else workspace_file(),
                host=request.host,
                port=request.port,
                token=request.token,
                token_lifetime=timedelta(seconds=request.token_lifetime),
                rate_window_s=request.rate_window,
            ),
            tell,
        )
    except ServiceError as error:
        raise WorkError(_by_option(str(error), request.data)) from None


def _check_remote(request: Request) -> None:
    if not request.allow_remote:
        raise CallError(
            f"{request.host} can be reached from other machines; leave --host out,"
            " or add --allow-remote and a --token you chose"
        )
    if request.token is None:
        raise CallError("--allow-remote needs a --token you chose (or TURNLAB_SERVE_TOKEN), to give to others")


def _hard_to_guess(token: str) -> bool:
    return len(token) >= SHORTEST_TOKEN and all("!" <= character <= "~" for character in token)


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
