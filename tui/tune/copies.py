"""The draft as text for other programs: JSON, a Turnlab command, or a curl call. It never contains a key."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from base.json_text import json_line, json_lines
from presets.config import VoiceConfig, check, parse, suggest
from services.client import ServicesClient
from tui.host import Host
from tui.tune.drafts import DraftController
from tui.tune.fields import EntryError, change_lines, read_json

_EMBEDDED = "http://embedded-platform"
"""The embedded platform's address inside this process. ``turnlab serve`` gives it one that others can reach."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where the draft would be saved: the connection, the service's id, and its URL."""

    connection: str
    service_id: str
    address: str


def as_json(config: VoiceConfig) -> str:
    """Return everything that the draft sets."""
    return json_lines(config.set_values())


def as_simulate(config: VoiceConfig, recording: Sequence[str]) -> str:
    """Return the command that simulates a recording with the draft, on this machine."""
    return shlex.join(["turnlab", "simulate", *recording, "--config", _line(config.set_values())])


def as_evaluate(config: VoiceConfig, folder: Path) -> str:
    """Return the command that evaluates the draft on a folder of labelled recordings."""
    return shlex.join(["turnlab", "evaluate", str(folder), "--config", _line(config.set_values())])


def as_command(target: Target, body: Mapping[str, Any]) -> str:
    """Return the command that shows the change, and makes it with ``--apply``."""
    words = ["turnlab", "voice-config", target.service_id, "--connection", target.connection, "--body", _line(body)]
    return shlex.join(words)


def as_curl(target: Target, body: Mapping[str, Any]) -> str:
    """Return the curl call that makes the change. The shell adds the key when it runs."""
    wrapped = _line({"voice_config": dict(body)})
    return (
        f"curl --fail-with-body -X PUT {_address(target.address)} \\\n"
        '  -H "Authorization: Bearer $PLATFORM_API_KEY" -H "Content-Type: application/json" \\\n'
        f"  -d {shlex.quote(wrapped)}"
    )


def read_pasted(text: str) -> VoiceConfig:
    """Return the configuration in pasted JSON: the fields, or an object with them under ``voice_config``.

    Raises :class:`~tui.tune.fields.EntryError`.
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
            raise EntryError(f"{name} is not a field; did you mean {near}?")
    return config


def _address(address: str) -> str:
    """Return a URL as a shell word. The embedded platform's URL is known once it is served."""
    if address.startswith(_EMBEDDED):
        return f'"$PLATFORM_API_URL"{shlex.quote(address.removeprefix(_EMBEDDED))}'
    return shlex.quote(address)


def _line(values: Mapping[str, Any]) -> str:
    return json_line(values)


class CopyQuestions(Protocol):
    """The questions to the user about the draft as text. ``None`` is no answer."""

    async def pick(
        self, question: str, choices: Sequence[tuple[str, str]], current: str | None = None
    ) -> str | None:
        """Ask for one of several named items, each with a description."""

    async def copied(self, name: str, text: str) -> object:
        """Copy a text to the clipboard, and show it."""

    async def text(
        self,
        title: str,
        hint: str,
        text: str,
        read: Callable[[str], VoiceConfig],
        tell: Callable[[VoiceConfig], str],
    ) -> VoiceConfig | None:
        """Ask for several lines of text and return their meaning. ``tell`` explains it."""


class CopiesController:
    """Copies the draft as text for other programs, and pastes it.

    ``recording`` returns the path of the shown recording and the options for its injected sounds.
    """

    def __init__(
        self,
        host: Host,
        drafts: DraftController,
        questions: CopyQuestions,
        *,
        client: ServicesClient | None,
        recording: Callable[[], Sequence[str]],
    ) -> None:
        self._host, self._drafts, self._questions = host, drafts, questions
        self._client, self._recording = client, recording

    def copy(self) -> None:
        """Ask for a form of the draft, show it and copy it."""
        self._host.start(self._copy, "copies")

    async def _copy(self) -> None:
        forms = self._forms()
        choices = [(name, about) for name, (about, _) in forms.items()]
        name = await self._questions.pick("Copy the draft as…", choices)
        if name is not None:
            await self._questions.copied(name, forms[name][1])

    def _forms(self) -> dict[str, tuple[str, str]]:
        """Return the forms by name, with a description and the text."""
        session, client = self._drafts.session, self._client
        config, body = session.draft.config, session.draft.changes()
        recording = self._recording() or ("RECORDING.wav",)
        forms = {
            "JSON": ("All fields that the draft sets.", as_json(config)),
            "simulate": ("The command that plays this recording through it.", as_simulate(config, recording)),
            "evaluate": (
                "The command that evaluates it, and its ends of turn, by the labels in this recording's folder.",
                as_evaluate(config, Path(recording[0]).parent),
            ),
        }
        if session.service is None or client is None or client.dialect == "classic" or not body:
            # nothing to send, or no target: the Classic API has no voice_config
            return forms
        target = Target(client.label, session.service.id, client.service_address(session.service.id))
        forms["voice-config"] = (
            "The command that shows your changes, and makes them with --apply.",
            as_command(target, body),
        )
        forms["curl"] = (
            "The call that sends your changes, with the key from $PLATFORM_API_KEY.",
            as_curl(target, body),
        )
        return forms

    def paste(self, text: str = "") -> None:
        """Paste fields from JSON, after showing what they change."""
        self._host.start(partial(self._paste, text), "copies")

    async def _paste(self, text: str) -> None:
        hint = "Fields of a voice_config, or an object that holds one. Fields it leaves out stay."
        draft = self._drafts.session.draft
        tell = lambda config: change_lines(draft.config, config.set_values())  # noqa: E731
        config = await self._questions.text("Paste JSON into the draft", hint, text, read_pasted, tell)
        if config is not None:
            self._drafts.apply(config, "The draft has all of that already.")
