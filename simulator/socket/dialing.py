"""Connecting to an agent: its address, its protocol, and the errors before a call."""

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
"""The time limit for an agent to pick up."""

LARGEST_MESSAGE = 1 << 24
"""The largest message of an agent, bytes."""


class AgentError(SimulatorError):
    """An agent that cannot be called, or hung up in a way that invalidates the call."""


@dataclass(frozen=True, slots=True)
class CallOptions:
    """How to call. ``wire`` is the audio format for turnlab's own protocol; the others define their own."""

    url: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    protocol: str = "turnlab"
    wire: Wire = PLAIN
    rigid: bool = False
    audible_db: float = AUDIBLE_DB
    tls: ssl.SSLContext | None = None
    """Verifies the certificate of a ``wss`` address."""

    @property
    def shown_url(self) -> str:
        """Return the address without its secrets: user name, password and query."""
        return masked_url(self.url)


async def dial(options: CallOptions) -> ClientConnection | LiveKitLine:
    """Return a line to the agent. Raises :class:`AgentError` if that fails."""
    if options.protocol == "livekit":
        try:
            return await join_room(options.url, options.token, OPEN_S)
        except LiveKitError as error:
            raise AgentError(f"{options.shown_url}: {error}") from None
    if options.token is not None and not (options.token.isascii() and options.token.isprintable()):
        raise AgentError("the token must be printable ASCII, as it goes into a header; give the one the agent has")
    headers = {"Authorization": f"Bearer {options.token}"} if options.token else {}
    try:
        return await connect(
            options.url,
            additional_headers=headers,
            compression=None,
            max_size=LARGEST_MESSAGE,
            open_timeout=OPEN_S,
            close_timeout=2,
            proxy=None,
            ssl=options.tls,
        )
    except ssl.SSLCertVerificationError as error:
        raise AgentError(
            f"{options.shown_url}: its certificate is not trusted: {error.verify_message};"
            " SSL_CERT_FILE says what is"
        ) from None
    except (InvalidURI, ValueError):
        raise AgentError(
            f"{options.shown_url}: is not an address to call; give one such as ws://127.0.0.1:8766"
        ) from None
    except InvalidStatus as error:
        raise AgentError(f"{options.shown_url}: {_refusal(error)}") from None
    except (OSError, InvalidHandshake) as error:
        raise AgentError(
            f"{options.shown_url}: {_why(error)}; is the agent running, and is that its address?"
        ) from None


def _refusal(error: InvalidStatus) -> str:
    """Return the message for a server that answers with a page instead of a call."""
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
    """Return an agent's text, escaped for display on one line."""
    return ascii(text[:_LONGEST_QUOTE] + "…" * (len(text) > _LONGEST_QUOTE))[1:-1]
