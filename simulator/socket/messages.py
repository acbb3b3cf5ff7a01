"""The text messages of a call: JSON objects with a ``type``, documented in ``docs/agent-socket.md``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from presets.config import ConfigError, VoiceConfig, check, parse, suggest
from simulator.engine.events import Event
from simulator.engine.sound import AgentSound
from simulator.socket.wire import RATES

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
