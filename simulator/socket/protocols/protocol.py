"""The interface of protocols: a caller's messages to an agent on a WebSocket, and the meaning of the agent's."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from typing import Protocol as Interface

from base.samples import Samples
from simulator.socket.messages import Wire

WireMessage = str | bytes


@dataclass(frozen=True, slots=True)
class AudioMessage:
    """The agent's next samples, float32 ``[n]`` in -1…1 at 16 kHz."""

    samples: Samples


@dataclass(frozen=True, slots=True)
class ClearMessage:
    """Audio not yet played is dropped: the agent was interrupted."""


@dataclass(frozen=True, slots=True)
class MarkMessage:
    """The agent wants to know when all audio before this mark has been played."""

    name: str


@dataclass(frozen=True, slots=True)
class FaultMessage:
    """An error reported by the agent, in its own words."""

    text: str


@dataclass(frozen=True, slots=True)
class OtherMessage:
    """Any other message, as an object; turnlab's own are used with ``--trust-messages``."""

    message: dict[str, Any]


Heard = AudioMessage | ClearMessage | MarkMessage | FaultMessage | OtherMessage


class WireConnection(Interface):
    """A carrier of messages: a WebSocket, or a substitute. Both raise ``ConnectionClosed`` at its end."""

    async def send(self, message: WireMessage, /) -> None:
        """Send a message; wait while the line is full."""
        ...

    def __aiter__(self) -> AsyncIterator[WireMessage]:
        """Return the agent's messages as they arrive."""
        ...


class CallProtocol(Interface):
    """The caller's side of one call. ``wire`` is the format of the agent's audio and, at first, of the caller's."""

    wire: Wire

    def opening(self) -> list[WireMessage]:
        """Return the first messages to send."""
        ...

    def speak(self, samples: Samples) -> list[WireMessage]:
        """Return the messages for the caller's next samples, float32 ``[n]`` at 16 kHz."""
        ...

    def hear(self, message: WireMessage) -> list[Heard]:
        """Return the meaning of an agent's message; an invalid one means nothing."""
        ...

    def rest(self) -> Samples:
        """Return the rest of the agent's audio so far, float32 ``[n]`` at 16 kHz; a new stretch comes next."""
        ...

    def played(self, mark: str) -> list[WireMessage]:
        """Return the messages to send when the audio before a mark has been played or dropped."""
        ...

    def closing(self) -> list[WireMessage]:
        """Return the last messages to send."""
        ...


def object_of(text: WireMessage) -> dict[str, Any]:
    """Return a text message as an object; ``{}`` if it is none, because an agent may send anything."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
