"""What a caller says to an agent on a WebSocket, and what an agent's messages mean, whatever their form."""

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
class Audio:
    """The agent's next samples, float32 ``[n]`` in -1…1 at 16 kHz."""

    samples: Samples


@dataclass(frozen=True, slots=True)
class Clear:
    """What has not been played is dropped: the agent was interrupted."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The agent wants to know when all audio before this has been played."""

    name: str


@dataclass(frozen=True, slots=True)
class Fault:
    """The agent complains; the text is its own."""

    text: str


@dataclass(frozen=True, slots=True)
class OtherMessage:
    """Any other message, as the object it is; turnlab's own are measured with ``--trust-messages``."""

    message: dict[str, Any]


Heard = Audio | Clear | Mark | Fault | OtherMessage


class Line(Interface):
    """What carries messages: a WebSocket, or what acts like one. Both raise ``ConnectionClosed`` at its end."""

    async def send(self, message: WireMessage, /) -> None:
        """Send a message; wait while the line is full."""
        ...

    def __aiter__(self) -> AsyncIterator[WireMessage]:
        """Return the agent's messages as they come."""
        ...


class CallProtocol(Interface):
    """One call, as a caller. ``wire`` is how the agent's audio travels and, at the start, the caller's."""

    wire: Wire

    def opening(self) -> list[WireMessage]:
        """Return what is sent first."""
        ...

    def speak(self, samples: Samples) -> list[WireMessage]:
        """Return what is sent for the caller's next samples, float32 ``[n]`` at 16 kHz."""
        ...

    def hear(self, message: WireMessage) -> list[Heard]:
        """Return what a message of the agent's means; one that makes no sense means nothing."""
        ...

    def rest(self) -> Samples:
        """Return what is left of the agent's audio so far, float32 ``[n]``; a new stretch comes next."""
        ...

    def played(self, mark: str) -> list[WireMessage]:
        """Return what is sent when the audio before a mark has been played, or dropped."""
        ...

    def closing(self) -> list[WireMessage]:
        """Return what is sent last."""
        ...


def object_of(text: WireMessage) -> dict[str, Any]:
    """Return a text message as an object, ``{}`` if it is none: an agent may send what it likes."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
