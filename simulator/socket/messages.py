"""The socket's content: JSON messages with a ``type`` (``docs/agent-socket.md``), and mono audio.

Audio is little-endian PCM16 at the client's rate, or µ-law. It may be cut anywhere, even inside a sample.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from base.samples import SAMPLE_RATE, Samples, from_pcm16, live_resampler, to_pcm16
from presets.config import ConfigError, VoiceConfig, check, parse, suggest
from simulator.audio.g711 import LINE_RATE, decoded, encoded
from simulator.engine.events import Event
from simulator.engine.sound import AgentSound

Message = dict[str, Any]

RATES = (8_000, 16_000, 22_050, 24_000, 44_100, 48_000)
"""The sample rates a client may use, Hz."""

ENCODINGS = ("pcm16", "mulaw")


@dataclass(frozen=True, slots=True)
class Wire:
    """The audio format. Raises :class:`ValueError` for an unsupported rate or encoding."""

    rate: int = SAMPLE_RATE
    encoding: str = "pcm16"

    def __post_init__(self) -> None:
        if self.rate not in RATES:
            raise ValueError(f"the sample rate must be {', '.join(map(str, RATES[:-1]))} or {RATES[-1]}")
        if self.encoding not in ENCODINGS:
            raise ValueError(f"the encoding must be {' or '.join(ENCODINGS)}")
        if self.encoding == "mulaw" and self.rate != LINE_RATE:
            raise ValueError(f"mulaw is spoken at {LINE_RATE}, not at {self.rate}")

    @property
    def width(self) -> int:
        """Bytes of a sample."""
        return 1 if self.encoding == "mulaw" else 2

    @property
    def in_lag_ms(self) -> float:
        """The delay of incoming audio, ms: the resampler looks ahead."""
        return lag_ms(self.rate, SAMPLE_RATE)

    @property
    def out_lag_ms(self) -> float:
        """The delay of outgoing audio, ms."""
        return lag_ms(SAMPLE_RATE, self.rate)


PLAIN = Wire()
"""The format without a start message."""


class AudioIn:
    """Bytes to samples at 16 kHz."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._resampler = live_resampler(wire.rate, SAMPLE_RATE)
        self._half = b""

    def read(self, data: bytes) -> Samples:
        """Return the next bytes as float32 ``[n]`` in -1…1 at 16 kHz; an incomplete sample waits for its rest.

        A rate other than 16 kHz has a delay of :attr:`Wire.in_lag_ms`.
        """
        if self._wire.encoding == "mulaw":
            return _through(self._resampler, decoded(data))
        data = self._half + data
        whole = len(data) // self._wire.width * self._wire.width
        self._half = data[whole:]
        return _through(self._resampler, from_pcm16(data[:whole]))

    def rest(self) -> Samples:
        """Return the resampler's remaining samples, float32 ``[n]`` at 16 kHz, and reset it."""
        if self._resampler is None:
            return np.zeros(0, np.float32)
        held = np.asarray(self._resampler.resample_chunk(np.zeros(0, np.float32), last=True), np.float32)
        self._resampler.clear()
        return held


class AudioOut:
    """Samples at 16 kHz to bytes."""

    def __init__(self, wire: Wire) -> None:
        self._encode = encoded if wire.encoding == "mulaw" else _pcm16
        self._resampler = live_resampler(SAMPLE_RATE, wire.rate)

    def write(self, samples: Samples) -> bytes:
        """Return float32 ``[n]`` in -1…1 at 16 kHz as bytes for the client; values beyond are clipped."""
        return self._encode(_through(self._resampler, samples))


class SpeechOut:
    """Texts and audio in one order: a text follows all audio before it, including the resampler's delay."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._audio = AudioOut(wire)
        self._taken = self._given = 0
        self._waiting: deque[tuple[int, str]] = deque()

    def write(self, part: Message | Samples) -> list[str | bytes]:
        """Return what to send after a text, or float32 ``[n]`` at 16 kHz, is added."""
        found: list[str | bytes] = []
        if isinstance(part, dict):
            self._waiting.append((self._taken, json.dumps(part)))
        else:
            data = self._audio.write(part)
            self._taken += len(part)
            self._given += len(data) // self._wire.width
            found += [data] if data else []
        while self._waiting and self._waiting[0][0] * self._wire.rate <= self._given * SAMPLE_RATE:
            found.append(self._waiting.popleft()[1])
        return found


def _pcm16(samples: Samples) -> bytes:
    return to_pcm16(samples).tobytes()


@cache
def lag_ms(from_rate: int, to_rate: int) -> float:
    """Return a streaming resampler's delay, ms, which is constant."""
    resampler = live_resampler(from_rate, to_rate)
    if resampler is None:
        return 0.0
    came = sum(len(resampler.resample_chunk(np.zeros(from_rate // 50, np.float32))) for _ in range(25))
    return 1000 * (25 * (from_rate // 50) / from_rate - came / to_rate)


def _through(resampler: Any, samples: Samples) -> Samples:
    return samples if resampler is None else np.asarray(resampler.resample_chunk(samples), np.float32)


_LONGEST_QUOTE = 60


class MessageError(Exception):
    """A text message that cannot be followed; the error is one line that says what to do."""


class StartError(MessageError):
    """An invalid start: neither side would understand the other's audio."""


@dataclass(frozen=True, slots=True)
class Start:
    """The client's audio format, before its first audio."""

    wire: Wire


@dataclass(frozen=True, slots=True)
class Change:
    """Fields of ``voice_config`` to change; with ``None`` a field inherits again."""

    fields: dict[str, Any]


def read_message(text: str) -> Start | Change:
    """Parse a client's message. Raises :class:`MessageError`."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise MessageError(f'not JSON: {_quoted(text)}; send objects such as {{"type": "config", ...}}') from None
    kind = message.get("type") if isinstance(message, dict) else None
    if kind == "start":
        return _start(message)
    if kind == "config":
        fields = message.get("voice_config")
        if not isinstance(fields, dict):
            raise MessageError('config: "voice_config" must be an object of fields')
        return Change(fields)
    raise MessageError(f'unknown message {_quoted(text)}; "type" must be "start" or "config"')


def changed(config: VoiceConfig, fields: dict[str, Any]) -> VoiceConfig:
    """Return a configuration with some fields changed. Raises :class:`MessageError`."""
    try:
        after = parse(config.set_values() | fields)
    except ConfigError as error:
        raise MessageError(_line(str(error))) from None
    problems = [problem for problem in check(after) if problem.field in fields]
    if problems:
        raise MessageError(_line(f"voice_config: {problems[0]}; nothing was changed"))
    for field in fields:
        if field in after.unknown_fields():
            near = suggest(field)
            meant = f"; did you mean {near}?" if near else ""
            raise MessageError(
                _line(f"voice_config: {_quoted(field)} is not a field of it{meant}; nothing was changed")
            )
    return after


def started(wire: Wire, facts: Message) -> Message:
    """Return the answer to a start. ``adds_ms`` is how much later than an event's ``t`` the agent is heard."""
    adds_ms = round(wire.in_lag_ms + wire.out_lag_ms, 1)
    return {"type": "started", "sample_rate": wire.rate, "encoding": wire.encoding, "adds_ms": adds_ms, **facts}


def config_applied(config: VoiceConfig, t_ms: int) -> Message:
    """Return the answer to a change: the current settings, and from when they apply."""
    return {"type": "config", "t": t_ms / 1000, "voice_config": config.set_values()}


def error(text: str) -> Message:
    """Return an error message to the client."""
    return {"type": "error", "message": _line(text)}


def event(happened: Event) -> Message:
    """Return an event of the agent as a message."""
    return {"type": "event", "event": happened.to_json()}


def clear() -> Message:
    """Return the message to drop audio not yet played."""
    return {"type": "clear"}


def transcript(sound: AgentSound, text: str, *, final: bool) -> Message:
    """Return what has been spoken of a filler or response so far."""
    message: Message = {
        "type": "transcript",
        "role": "agent",
        "text": text,
        "final": final,
        "kind": sound.kind,
        "turn": sound.turn,
    }
    return message | {"interrupted": sound.stopped} if final else message


def _start(message: Message) -> Start:
    rate, encoding = message.get("sample_rate", SAMPLE_RATE), message.get("encoding", "pcm16")
    try:
        return Start(Wire(rate if type(rate) is int else -1, encoding if isinstance(encoding, str) else ""))
    except ValueError as error:
        raise StartError(f"start: {error}") from None


def _quoted(text: str) -> str:
    return ascii(text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}...")


def _line(text: str) -> str:
    return " ".join(text.split())
