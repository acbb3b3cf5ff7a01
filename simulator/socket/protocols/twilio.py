"""Twilio media streams, both ways: µ-law at 8 kHz in base64 inside JSON objects with an ``event``.

https://www.twilio.com/docs/voice/media-streams/websocket-messages
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from base.samples import Samples
from simulator.audio.g711 import LINE_RATE
from simulator.socket.messages import AudioIn, AudioOut, StartError, Wire
from simulator.socket.protocols.protocol import (
    AudioMessage,
    ClearMessage,
    FaultMessage,
    Heard,
    MarkMessage,
    OtherMessage,
    WireMessage,
    object_of,
)

WIRE = Wire(LINE_RATE, "mulaw")
STREAM = "MZ00000000000000000000000000000000"
_CALL = "CA00000000000000000000000000000000"
_MEDIA = "audio/x-mulaw"
_BLOCK = LINE_RATE // 50
"""The samples in one media message, 20 ms."""


class TwilioProtocol:
    """The caller's side, in the role of Twilio's servers."""

    def __init__(self) -> None:
        self.wire = WIRE
        self._in, self._out = AudioIn(WIRE), AudioOut(WIRE)
        self._number = self._chunk = self._sent = 0
        self._waiting = b""

    def opening(self) -> list[WireMessage]:
        """Return the messages that describe the stream."""
        start = {
            "streamSid": STREAM,
            "accountSid": "AC00000000000000000000000000000000",
            "callSid": _CALL,
            "tracks": ["inbound"],
            "customParameters": {},
            "mediaFormat": {"encoding": _MEDIA, "sampleRate": LINE_RATE, "channels": 1},
        }
        connected = json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"})
        return [connected, self._message("start", start)]

    def speak(self, samples: Samples) -> list[WireMessage]:
        """Return the media messages that the samples complete."""
        self._waiting += self._out.write(samples)
        found: list[WireMessage] = []
        while len(self._waiting) >= _BLOCK:
            block, self._waiting = self._waiting[:_BLOCK], self._waiting[_BLOCK:]
            self._chunk += 1
            media = {
                "track": "inbound",
                "chunk": str(self._chunk),
                "timestamp": str(1000 * self._sent // LINE_RATE),
                "payload": base64.b64encode(block).decode(),
            }
            self._sent += _BLOCK
            found.append(self._message("media", media))
        return found

    def hear(self, message: WireMessage) -> list[Heard]:
        """Return the meaning of an agent's message."""
        fields = object_of(message)
        match fields.get("event"):
            case "media":
                return [AudioMessage(self._in.read(payload_of(fields)))]
            case "clear":
                return [ClearMessage()]
            case "mark":
                mark = fields.get("mark")
                return [MarkMessage(str(mark.get("name", "")))] if isinstance(mark, dict) else []
            case "error":
                return [FaultMessage(json.dumps(fields))]
            case _:
                return [OtherMessage(fields)] if fields else []

    def rest(self) -> Samples:
        """Return the resampler's remaining samples, float32 ``[n]`` at 16 kHz."""
        return self._in.rest()

    def played(self, mark: str) -> list[WireMessage]:
        """Send the mark back."""
        return [self._message("mark", {"name": mark})]

    def closing(self) -> list[WireMessage]:
        """Return the message that the call is over."""
        return [self._message("stop", {"accountSid": "AC00000000000000000000000000000000", "callSid": _CALL})]

    def _message(self, event: str, content: dict[str, Any]) -> str:
        self._number += 1
        return json.dumps(
            {"event": event, "sequenceNumber": str(self._number), event: content, "streamSid": STREAM}
        )


class TwilioLine:
    """The agent's side: converts a Twilio server's messages to audio, and the agent's audio to messages."""

    def __init__(self) -> None:
        self._stream = ""
        self.over = False
        """Whether the caller has hung up."""

    @staticmethod
    def begins(message: WireMessage) -> bool:
        """Return whether a connection's first message is that of a media stream."""
        return isinstance(message, str) and object_of(message).get("event") in ("connected", "start")

    def incoming(self, message: WireMessage) -> bytes:
        """Return the caller's µ-law audio in a message, empty for any other message.

        Raises :class:`~simulator.socket.messages.StartError` for a stream that cannot be answered.
        """
        fields = object_of(message)
        match fields.get("event"):
            case "start":
                self._start(fields)
            case "media":
                if not self._stream:
                    raise StartError("media: comes before a start with its streamSid")
                media = fields.get("media")
                if isinstance(media, dict) and media.get("track", "inbound") == "inbound":
                    return payload_of(fields)
            case "stop":
                self.over = True
        return b""

    def _start(self, fields: dict[str, Any]) -> None:
        start = fields.get("start")
        facts = start if isinstance(start, dict) else {}
        self._stream = str(fields.get("streamSid") or facts.get("streamSid") or "")
        if not self._stream:
            raise StartError("start: has no streamSid")
        media = facts.get("mediaFormat")
        if isinstance(media, dict) and (media.get("encoding"), media.get("sampleRate")) != (_MEDIA, LINE_RATE):
            raise StartError(f"start: the mediaFormat must be {_MEDIA} at {LINE_RATE}")

    def outgoing(self, message: WireMessage) -> str | None:
        """Return the message for the agent's audio or its ``clear``; ``None``: Twilio has no equivalent."""
        if isinstance(message, bytes):
            media = {"payload": base64.b64encode(message).decode()}
            return json.dumps({"event": "media", "streamSid": self._stream, "media": media})
        if object_of(message).get("type") == "clear":
            return json.dumps({"event": "clear", "streamSid": self._stream})
        return None


def payload_of(fields: dict[str, Any]) -> bytes:
    """Return the audio in a media message; empty if it is not base64."""
    media = fields.get("media")
    try:
        return base64.b64decode(str(media.get("payload", "")), validate=True) if isinstance(media, dict) else b""
    except (binascii.Error, ValueError):
        return b""
