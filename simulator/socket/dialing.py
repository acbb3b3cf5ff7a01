"""Getting through to an agent: where it is, how it is called, and what goes wrong before a call."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from http import HTTPStatus

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI

from base.masking import masked_url
from base.os_errors import os_error_text
from base.samples import AUDIBLE_DB
from simulator.errors import SimulatorError
from simulator.socket.livekit_line import LiveKitError, LiveKitLine, join_room
from simulator.socket.messages import PLAIN, Wire

OPEN_S = 10.0
"""How long an agent may take to pick up."""

LARGEST_MESSAGE = 1 << 24
"""An agent's messages may be so long, bytes."""


class AgentError(SimulatorError):
    """An agent that cannot be called, or hung up in a way that spoils the call."""


@dataclass(frozen=True, slots=True)
class CallOptions:
    """How to call. ``wire`` is what turnlab's own protocol asks for; the others have one of their own."""

    url: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    protocol: str = "turnlab"
    wire: Wire = PLAIN
    rigid: bool = False
    audible_db: float = AUDIBLE_DB
    tls: ssl.SSLContext | None = None
    """What checks the certificate of a ``wss`` address."""

    @property
    def shown_url(self) -> str:
        """Return the address without what may be secret in it: a name and password, a query."""
        return masked_url(self.url)


async def dial(wishes: CallOptions) -> ClientConnection | LiveKitLine:
    """Return a line to the agent. Raises :class:`AgentError` if there is none to be had."""
    if wishes.protocol == "livekit":
        try:
            return await join_room(wishes.url, wishes.token, OPEN_S)
        except LiveKitError as error:
            raise AgentError(f"{wishes.shown_url}: {error}") from None
    if wishes.token is not None and not (wishes.token.isascii() and wishes.token.isprintable()):
        raise AgentError("the token must be printable ASCII, as it goes into a header; give the one the agent has")
    headers = {"Authorization": f"Bearer {wishes.token}"} if wishes.token else {}
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
            f"{wishes.shown_url}: is not an address to call; give one such as ws://127.0.0.1:8766"
        ) from None
    except InvalidStatus as error:
        raise AgentError(f"{wishes.shown_url}: {_refusal(error)}") from None
    except (OSError, InvalidHandshake) as error:
        raise AgentError(
            f"{wishes.shown_url}: {_why(error)}; is the agent running, and is that its address?"
        ) from None


def _refusal(error: InvalidStatus) -> str:
    """Return what a server says that answers with a page instead of a call."""
    status, said = error.response.status_code, (error.response.body or b"").decode(errors="replace").strip()
    text = f"answers with HTTP {status}" + (f": {quoted(said)}" if said else "")
    wanted = status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    return f"{text}; {'give its token as --token' if wanted else 'is that the address of its WebSocket?'}"


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"did not pick up within {OPEN_S:g} s"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there"
    return os_error_text(error) if isinstance(error, OSError) else str(error) or type(error).__name__


_LONGEST_QUOTE = 200


def quoted(text: str) -> str:
    """Return what an agent said so that it can be shown in a line."""
    return ascii(text[:_LONGEST_QUOTE] + "…" * (len(text) > _LONGEST_QUOTE))[1:-1]
