"""The protocols, and how to recognise them by an address or a message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from simulator.socket.messages import Wire
from simulator.socket.protocols.openai_realtime import OpenAIRealtimeProtocol
from simulator.socket.protocols.pipecat import PipecatProtocol
from simulator.socket.protocols.protocol import CallProtocol, object_of
from simulator.socket.protocols.turnlab import TurnlabProtocol
from simulator.socket.protocols.twilio import TwilioProtocol

PROTOCOLS: Mapping[str, Callable[[Wire], CallProtocol]] = {
    "turnlab": TurnlabProtocol,
    "twilio": lambda _wire: TwilioProtocol(),
    "pipecat": lambda _wire: PipecatProtocol(),
    "openai-realtime": lambda _wire: OpenAIRealtimeProtocol(),
    "livekit": lambda _wire: TurnlabProtocol(),
}
"""The protocols by name; all but turnlab's define their own wire format. LiveKit's line carries bare audio."""


def by_address(url: str) -> str:
    """Return the protocol that an address suggests, turnlab's if it suggests none."""
    try:
        parts = urlsplit(url)
    except ValueError:  # the call itself reports what is wrong with the address
        return "turnlab"
    if (parts.hostname or "").endswith("openai.com") or parts.path.rstrip("/").endswith("/realtime"):
        return "openai-realtime"
    if (parts.hostname or "").endswith(".livekit.cloud"):
        return "livekit"
    return "twilio" if "twilio" in parts.path.lower() else "turnlab"


def by_message(text: str) -> str | None:
    """Return the protocol of an agent's message, if it can be recognised."""
    fields = object_of(text)
    if str(fields.get("type", "")).startswith(("session.", "response.", "input_audio_buffer.")):
        return "openai-realtime"
    if fields.get("event") in ("media", "mark", "clear", "connected", "start"):
        return "twilio"
    return None
