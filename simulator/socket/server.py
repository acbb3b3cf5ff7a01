"""The simulated agent behind a WebSocket, for many callers at once. Only ``turnlab agent`` imports this."""

from __future__ import annotations

import asyncio
import gc
import hmac
import logging
import re
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as serve_websockets
from websockets.frames import CloseCode
from websockets.http11 import Request, Response

from base.unexpected import named, show_traceback
from simulator.socket.agent_call import AgentCall, ServedAgent
from simulator.socket.conversation import CallReport, Conversation, DroppedError
from simulator.socket.messages import Message

MOST_CALLS = 16
LARGEST_MESSAGE = 1 << 20
"""A larger message ends its call: it holds half a minute of audio, which cannot have been spoken just now."""

SILENT_S = 5.0
"""When all lines are taken, a connection without audio for this long is closed."""

GOODBYE_S = 2.0
"""The time limit for a client's closing handshake."""

_UNREAD_BYTES = 1 << 16
"""The send buffer of a client's socket, small so that a client that does not read is noticed soon."""

_OWN_PAGES = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?")
"""Web pages that may call: only pages from this machine, not others open in its browser."""


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """What is served, and to whom. ``facts`` are what a client may know of the agent."""

    agent: ServedAgent
    facts: Message
    token: str | None = field(default=None, repr=False)
    """The token that clients must send in ``Authorization: Bearer``; ``None``: no token."""
    most_calls: int = MOST_CALLS


def serve(
    service: ServerOptions, bound: socket.socket, ready: Callable[[], None], tell: Callable[[CallReport], None]
) -> None:
    """Answer calls on a bound socket until SIGTERM or SIGINT; ``tell`` is called at the end of each call."""
    AgentCall(service.agent)  # opens what all calls share, so that the first caller does not wait for it
    gc.collect()
    gc.freeze()  # excludes the libraries' 100,000 objects from garbage collection, which would delay every call
    asyncio.run(_run(service, bound, ready, tell))


async def _run(
    service: ServerOptions, bound: socket.socket, ready: Callable[[], None], tell: Callable[[CallReport], None]
) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            # Unlike signal.signal(), this wakes a loop that is just about to wait.
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # on Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    exchange = CallServer(service, tell)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _UNREAD_BYTES)
    async with serve_websockets(
        exchange.answer,
        sock=bound,
        origins=[None, _OWN_PAGES],
        process_request=exchange.admit,
        compression=None,
        max_size=LARGEST_MESSAGE,
        # a client that sends ahead is read from slowly, and its pongs are queued behind its audio
        ping_timeout=None,
        close_timeout=GOODBYE_S,
        logger=_silent(),
    ):
        ready()
        await stop.wait()


class CallServer:
    """Accepts calls, each independent of the others."""

    def __init__(self, service: ServerOptions, tell: Callable[[CallReport], None]) -> None:
        self._service = service
        self._tell = tell
        self._under_way: set[Conversation] = set()
        self._number = 0

    def admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse a client without the token, before any work for it."""
        token = self._service.token
        given = request.headers.get("Authorization", "")
        if token is None or hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return None
        return connection.respond(HTTPStatus.UNAUTHORIZED, "send the token as 'Authorization: Bearer TOKEN'\n")

    async def answer(self, connection: ServerConnection) -> None:
        """Hold one call."""
        service = self._service
        if len(self._under_way) >= service.most_calls and not self._drop_silent_connection():
            await connection.close(
                CloseCode.TRY_AGAIN_LATER, f"all {service.most_calls} lines are taken; call again later"
            )
            return
        self._number += 1
        conversation = Conversation(connection, service.agent, service.facts, self._number)
        self._under_way.add(conversation)
        try:
            await conversation.run()
        except DroppedError as error:
            conversation.report.ending = f"let go: {error}"
            await _hang_up(connection, CloseCode.POLICY_VIOLATION, str(error))
        except Exception as error:  # an error of ours ends this call only
            show_traceback(error)
            conversation.report.ending = f"failed: {named(error)}"
            await _hang_up(connection, CloseCode.INTERNAL_ERROR, "the agent failed; see its terminal")
        finally:
            self._under_way.discard(conversation)
            self._tell(conversation.report)

    def _drop_silent_connection(self) -> bool:
        """Close the connection that has been silent for longest, at least 5 s; return whether there was one."""
        silent = max(self._under_way, key=lambda one: one.silent_s)
        if silent.silent_s < SILENT_S:
            return False
        silent.disconnect("all lines are taken, and nothing was heard of you")
        self._under_way.discard(silent)
        return True


async def _hang_up(connection: ServerConnection, code: int, reason: str) -> None:
    """Close a connection, even if its client does not read the close message."""
    try:
        async with asyncio.timeout(GOODBYE_S):
            await connection.close(code, reason)
    except TimeoutError:
        pass
    finally:
        connection.transport.abort()


def _silent() -> logging.Logger:
    """Return a silent logger: the agent reports how calls end, and malformed requests need no report."""
    logger = logging.getLogger("turnlab.agent")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger
