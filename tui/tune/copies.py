"""The draft as text for elsewhere: JSON, a command line of Turnlab's, a curl call. Never with a key in it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from base.json_text import json_line, json_lines
from presets.config import VoiceConfig, check, parse, suggest
from tui.tune.entry import EntryError, read_json

_EMBEDDED = "http://embedded-platform"
"""Where the embedded platform is inside this process; ``turnlab serve`` gives it an address others can reach."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where the draft would be saved: the connection, the service's id, and its URL."""

    connection: str
    service_id: str
    address: str


def as_json(config: VoiceConfig) -> str:
    """Return all that the draft sets."""
    return json_lines(config.set_values())


def as_simulate(config: VoiceConfig, recording: str) -> str:
    """Return the command that plays a recording through the draft, here."""
    return shlex.join(["turnlab", "simulate", recording, "--config", _line(config.set_values())])


def as_command(target: Target, body: Mapping[str, Any]) -> str:
    """Return the command that shows the change, and with ``--apply`` makes it."""
    words = ["turnlab", "voice-config", target.service_id, "--connection", target.connection, "--body", _line(body)]
    return shlex.join(words)


def as_curl(target: Target, body: Mapping[str, Any]) -> str:
    """Return the call that makes the change; the shell puts the key in when it is run."""
    wrapped = _line({"voice_config": dict(body)})
    return (
        f"curl --fail-with-body -X PUT {_address(target.address)} \\\n"
        '  -H "Authorization: Bearer $PLATFORM_API_KEY" -H "Content-Type: application/json" \\\n'
        f"  -d {shlex.quote(wrapped)}"
    )


def read_pasted(text: str) -> VoiceConfig:
    """Return the configuration in pasted JSON: the fields, or an object that holds them as ``voice_config``.

    Raises :class:`~tui.tune.entry.EntryError`.
    """
    if not text.strip():
        raise EntryError("nothing pasted yet")
    raw = read_json(text)
    if isinstance(raw, dict) and isinstance(raw.get("voice_config"), dict):
        raw = raw["voice_config"]
    try:
        config = parse(raw, source="it")
    except ValueError as error:
        raise EntryError(str(error).removeprefix("it: ")) from None
    if problems := check(config):
        raise EntryError(str(problems[0]))
    for name in config.unknown_fields():
        if near := suggest(name):
            raise EntryError(f"{name} is no field; did you mean {near}?")
    return config


def _address(address: str) -> str:
    """Return a URL as a word for a shell; that of the embedded platform is known once it is served."""
    if address.startswith(_EMBEDDED):
        return f'"$PLATFORM_API_URL"{shlex.quote(address.removeprefix(_EMBEDDED))}'
    return shlex.quote(address)


def _line(values: Mapping[str, Any]) -> str:
    return json_line(values)
