"""What travels on the socket: JSON messages with a ``type`` (``docs/agent-socket.md``), and PCM16 audio.

Audio is little-endian, mono, at the client's rate, and may be cut anywhere, even inside a sample.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import soxr

from base.samples import SAMPLE_RATE, Samples, from_pcm16, to_pcm16
from presets.config import ConfigError, VoiceConfig, check, parse, suggest
from simulator.engine.events import Event
from simulator.engine.sound import AgentSound

RATES = (8_000, 16_000, 24_000, 48_000)
"""What a client may speak and hear at, samples a second."""

BYTES = 2
"""A sample's size on the wire."""


class PcmIn:
    """Bytes to samples at 16 kHz."""

    def __init__(self, rate: int = SAMPLE_RATE) -> None:
        self._resampler = _resampler(rate, SAMPLE_RATE)
        self._half = b""

    def read(self, data: bytes) -> Samples:
        """Return the next bytes as float32 ``[n]`` in -1…1 at 16 kHz; half a sample waits for its other half.

        Another rate than 16 kHz is followed with a delay: the resampler looks 10 to 30 ms ahead.
        """
        data = self._half + data
        whole = len(data) // BYTES * BYTES
        self._half = data[whole:]
        return _through(self._resampler, from_pcm16(data[:whole]))


class PcmOut:
    """Samples at 16 kHz to bytes."""

    def __init__(self, rate: int = SAMPLE_RATE) -> None:
        self._resampler = _resampler(SAMPLE_RATE, rate)

    def write(self, samples: Samples) -> bytes:
        """Return float32 ``[n]`` in -1…1 at 16 kHz as bytes at the client's rate; beyond full scale is clipped."""
        return to_pcm16(_through(self._resampler, samples)).tobytes()


def _resampler(from_rate: int, to_rate: int) -> Any:
    """Return a streaming resampler, ``None`` where nothing is to be done.

    Its variable-rate method, at a rate that does not vary, has half the delay of the others or less.
    """
    if from_rate == to_rate:
        return None
    return soxr.ResampleStream(from_rate, to_rate, 1, dtype="float32", vr=True)


def _through(resampler: Any, samples: Samples) -> Samples:
    return samples if resampler is None else np.asarray(resampler.resample_chunk(samples), np.float32)


Message = dict[str, Any]

_LONGEST_QUOTE = 60


class MessageError(Exception):
    """A text message that cannot be followed; the text is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Start:
    """The client's rate, before its first audio."""

    rate: int


@dataclass(frozen=True, slots=True)
class Change:
    """Fields of ``voice_config`` to change; ``None`` lets one inherit again."""

    fields: dict[str, Any]


def read_message(text: str) -> Start | Change:
    """Return what a client asks for. Raises :class:`MessageError`."""
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


def started(rate: int, facts: Message) -> Message:
    """Return the answer to a start."""
    return {"type": "started", "sample_rate": rate, **facts}


def config_in_force(config: VoiceConfig, t_ms: int) -> Message:
    """Return the answer to a change: what is set now, and from when on it holds."""
    return {"type": "config", "t": t_ms / 1000, "voice_config": config.set_values()}


def error(text: str) -> Message:
    """Return a complaint to the client."""
    return {"type": "error", "message": _line(text)}


def event(happened: Event) -> Message:
    """Return one event of the agent's."""
    return {"type": "event", "event": happened.to_json()}


def clear() -> Message:
    """Return the word to drop what has not been played."""
    return {"type": "clear"}


def transcript(sound: AgentSound, text: str, *, final: bool) -> Message:
    """Return what has been said of a filler or response so far."""
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
    rate = message.get("sample_rate", 16_000)
    if type(rate) is not int or rate not in RATES:
        allowed = ", ".join(map(str, RATES[:-1]))
        raise MessageError(f"start: sample_rate must be {allowed} or {RATES[-1]}, not {_quoted(json.dumps(rate))}")
    return Start(rate)


def _quoted(text: str) -> str:
    return ascii(text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}...")


def _line(text: str) -> str:
    return " ".join(text.split())
