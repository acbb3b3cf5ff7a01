"""Getting through to an agent on a WebSocket. For ``turnlab call``."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidURI

from base.os_errors import os_error_text
from base.samples import AUDIBLE_DB, SAMPLE_RATE
from simulator.errors import SimulatorError

OPEN_S = 10.0
"""How long an agent may take to pick up."""

LARGEST_MESSAGE = 1 << 24
"""An agent's messages may be so long, bytes."""


class AgentError(SimulatorError):
    """An agent that cannot be called, or hung up in a way that spoils the call."""


@dataclass(frozen=True, slots=True)
class CallWishes:
    """How to call. ``rate`` is asked for with a start message unless it is 16 kHz, which needs none."""

    url: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    rate: int = SAMPLE_RATE
    rigid: bool = False
    audible_db: float = AUDIBLE_DB
    tls: ssl.SSLContext | None = None
    """What checks the certificate of a ``wss`` address."""

    @property
    def shown_url(self) -> str:
        """Return the address without what may be secret in it: a name and password, a query."""
        scheme, _, rest = self.url.partition("://")
        place = rest.partition("#")[0].partition("?")[0]
        host, slash, path = place.partition("/")
        return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"


async def dial(wishes: CallWishes) -> ClientConnection:
    """Return a line to the agent. Raises :class:`AgentError` if there is none to be had."""
    if wishes.token is not None and not (wishes.token.isascii() and wishes.token.isprintable()):
        raise AgentError("the token must be printable ASCII, as it goes into a header; give the one the agent has")
    headers = {"Authorization": f"Bearer {wishes.token}"} if wishes.token else None
    try:
        return await connect(
            wishes.url,
            additional_headers=headers,
            compression=None,
            max_size=LARGEST_MESSAGE,
            open_timeout=OPEN_S,
            close_timeout=2,
            proxy=None,
            ssl=wishes.tls,
        )
    except ssl.SSLCertVerificationError as error:
        raise AgentError(
            f"{wishes.shown_url}: its certificate is not trusted: {error.verify_message};"
            " SSL_CERT_FILE says what is"
        ) from None
    except (InvalidURI, ValueError):
        raise AgentError(
            f"{wishes.shown_url}: is no address to call; give one such as ws://127.0.0.1:8766"
        ) from None
    except (OSError, InvalidHandshake) as error:
        raise AgentError(
            f"{wishes.shown_url}: {_why(error)}; is the agent running, and is that its address?"
        ) from None


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"did not pick up within {OPEN_S:g} s"
    return os_error_text(error) if isinstance(error, OSError) else str(error) or type(error).__name__
