"""A recording's files on the embedded platform: made on request, behind links that expire."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import struct
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final

MakeSound = Callable[[Mapping[str, Any], int], tuple[bytes, bytes]]
"""Makes both sides of a call of the given length in ms: the caller's (µ-law, 8 kHz) and the agent's (16-bit PCM, 16
kHz)."""

LINK_S: Final = 3600
"""How long a link works."""

_HELD: Final = 4
"""The number of calls held in memory."""

_MULAW, _PCM = 7, 1


class CallSounds:
    """Makes recordings with ``make``. Without ``make`` there are none, and requests get 503."""

    def __init__(self, make: MakeSound | None = None, clock: Callable[[], float] = time.time) -> None:
        self._make = make
        self._clock = clock
        self._key = secrets.token_bytes(16)
        self._lock = threading.Lock()
        self._made: OrderedDict[str, tuple[bytes, bytes]] = OrderedDict()

    @property
    def available(self) -> bool:
        """Whether recordings are available."""
        return self._make is not None

    def file(self, call_sid: str, name: str, recording: Mapping[str, Any]) -> bytes | None:
        """Return a file of a recording by its name; ``None`` if it has no such file."""
        names = file_names(recording)
        if self._make is None or name not in names:
            return None
        with self._lock:
            if call_sid not in self._made:
                self._made[call_sid] = self._make(recording["audio"], recording["duration_ms"])
                if len(self._made) > _HELD:
                    self._made.popitem(last=False)
            caller, agent = self._made[call_sid]
        if name == names[0]:
            return _header(_MULAW, 8000, 8, len(caller)) + caller if recording["caller_header"] else caller
        return _header(_PCM, 16000, 16, len(agent)) + agent if recording["agent_header"] else agent

    def signed(self, path: str) -> str:
        """Return a link to a path that works for :data:`LINK_S`."""
        expires = int(self._clock()) + LINK_S
        return f"{path}?expires={expires}&signature={self._signature(path, expires)}"

    def allows(self, path: str, expires: str, signature: str) -> bool:
        """Return whether a link was signed here and has not expired."""
        if not (expires.isascii() and expires.isdecimal() and len(expires) < 20 and signature.isascii()):
            return False
        good = hmac.compare_digest(signature, self._signature(path, int(expires)))
        return good and int(expires) > self._clock()

    def _signature(self, path: str, expires: int) -> str:
        return hmac.new(self._key, f"{path}|{expires}".encode(), hashlib.sha256).hexdigest()[:32]


def file_names(recording: Mapping[str, Any]) -> tuple[str, str]:
    """Return the names of the caller's file and of the agent's."""
    return "inbound.ulaw", "outbound.wav" if recording["agent_header"] else "outbound.pcm"


def sizes(recording: Mapping[str, Any]) -> tuple[int, int]:
    """Return the sizes of the two files in bytes."""
    duration_ms = recording["duration_ms"]
    headers = [_header(_PCM, 1, 16, 0), _header(_MULAW, 1, 8, 0)]
    return (
        8 * duration_ms + recording["caller_header"] * len(headers[1]),
        32 * duration_ms + recording["agent_header"] * len(headers[0]),
    )


def _header(code: int, rate: int, bits: int, size: int) -> bytes:
    """Return the header of a WAV file with one channel."""
    form = struct.pack("<HHIIHH", code, 1, rate, rate * bits // 8, bits // 8, bits)
    if code != _PCM:
        form += struct.pack("<H", 0)
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form
    if code != _PCM:
        body += b"fact" + struct.pack("<II", 4, size)
    body += b"data" + struct.pack("<I", size)
    return b"RIFF" + struct.pack("<I", len(body) + size) + body
