"""Turnlab's own protocol (``docs/agent-socket.md``): binary audio, and JSON objects with a ``type``."""

from __future__ import annotations

import json

from base.samples import Samples
from simulator.socket.messages import PLAIN, AudioIn, AudioOut, Wire
from simulator.socket.protocols.protocol import (
    AudioMessage,
    ClearMessage,
    FaultMessage,
    Heard,
    OtherMessage,
    WireMessage,
    object_of,
)


class TurnlabProtocol:
    """The protocol of ``turnlab agent``. A start message requests formats other than PCM16 at 16 kHz."""

    def __init__(self, wire: Wire = PLAIN) -> None:
        self.wire = wire
        self._in, self._out = AudioIn(wire), AudioOut(wire)

    def opening(self) -> list[WireMessage]:
        """Request the wire format, unless it is the default."""
        if self.wire == PLAIN:
            return []
        return [json.dumps({"type": "start", "sample_rate": self.wire.rate, "encoding": self.wire.encoding})]

    def speak(self, samples: Samples) -> list[WireMessage]:
        """Return the samples' bytes."""
        return [self._out.write(samples)]

    def hear(self, message: WireMessage) -> list[Heard]:
        """Return the audio, or the message."""
        if isinstance(message, bytes):
            return [AudioMessage(self._in.read(message))]
        fields = object_of(message)
        match fields.get("type"):
            case "clear":
                return [ClearMessage()]
            case "error":
                return [FaultMessage(str(fields.get("message", message)))]
            case _:
                return [OtherMessage(fields)]

    def rest(self) -> Samples:
        """Return the resampler's remaining samples, float32 ``[n]`` at 16 kHz."""
        return self._in.rest()

    def played(self, mark: str) -> list[WireMessage]:  # noqa: ARG002  (there are no marks)
        """Return no messages."""
        return []

    def closing(self) -> list[WireMessage]:
        """Return no messages: closing the connection is enough."""
        return []
