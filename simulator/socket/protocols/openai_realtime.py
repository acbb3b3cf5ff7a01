"""OpenAI's realtime API: PCM16 at 24 kHz in base64 inside JSON objects with a ``type``.

https://platform.openai.com/docs/guides/realtime-websocket, https://platform.openai.com/docs/api-reference/realtime
"""

from __future__ import annotations

import base64
import binascii
import json

from base.samples import Samples
from simulator.socket.messages import AudioIn, AudioOut, Wire
from simulator.socket.protocols.protocol import (
    AudioMessage,
    ClearMessage,
    FaultMessage,
    Heard,
    OtherMessage,
    WireMessage,
    object_of,
)

WIRE = Wire(24_000)
_AUDIO = ("response.output_audio.delta", "response.audio.delta")
"""The event's current name, and its name in the beta."""


class OpenAIRealtimeProtocol:
    """The caller's side; the server's own voice activity detection ends turns and detects interruptions."""

    def __init__(self) -> None:
        self.wire = WIRE
        self._in, self._out = AudioIn(WIRE), AudioOut(WIRE)

    def opening(self) -> list[WireMessage]:
        """Request speech in both directions."""
        pcm = {"format": {"type": "audio/pcm", "rate": WIRE.rate}}
        session = {"type": "realtime", "output_modalities": ["audio"], "audio": {"input": pcm, "output": pcm}}
        return [json.dumps({"type": "session.update", "session": session})]

    def speak(self, samples: Samples) -> list[WireMessage]:
        """Append the samples to the server's buffer."""
        audio = base64.b64encode(self._out.write(samples)).decode()
        return [json.dumps({"type": "input_audio_buffer.append", "audio": audio})]

    def hear(self, message: WireMessage) -> list[Heard]:
        """Return a server event's meaning. Caller speech drops audio not yet played."""
        fields = object_of(message)
        kind = fields.get("type")
        if kind in _AUDIO:
            try:
                return [AudioMessage(self._in.read(base64.b64decode(str(fields.get("delta", "")), validate=True)))]
            except (binascii.Error, ValueError):
                return []
        if kind == "input_audio_buffer.speech_started":
            return [ClearMessage()]
        if kind == "error":
            error = fields.get("error")
            return [
                FaultMessage(str(error.get("message", error)) if isinstance(error, dict) else json.dumps(fields))
            ]
        return [OtherMessage(fields)] if fields else []

    def rest(self) -> Samples:
        """Return the resampler's remaining samples, float32 ``[n]`` at 16 kHz."""
        return self._in.rest()

    def played(self, mark: str) -> list[WireMessage]:  # noqa: ARG002  (there are no marks)
        """Return no messages."""
        return []

    def closing(self) -> list[WireMessage]:
        """Return no messages: closing the connection is enough."""
        return []
