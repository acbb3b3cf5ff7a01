"""Presets in Tune: apply, keep, rename, import and export."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol

from base.folders import typed_path
from presets.config import VoiceConfig
from presets.library import Preset, whole
from tui.host import Host
from tui.tune.drafts import DraftController
from tui.user_presets import (
    PresetError,
    all_presets,
    checked_name,
    delete_preset,
    export_preset,
    read_preset,
    rename_preset,
    save_preset,
    user_presets,
)

READ_ONLY = "Turnlab was started with --read-only; you can apply and view presets, not write them"

PresetRequest = Literal["apply", "keep", "save", "rename", "delete", "import", "export"]


class LineQuestions(Protocol):
    """Questions whose answer is a line of text."""

    async def line(self, title: str, hint: str, text: str, read: Callable[[str], Any]) -> Any:
        """Ask for a line of text and return its meaning. ``None`` is no answer."""


class PresetQuestions(LineQuestions, Protocol):
    """The questions to the user about presets. ``None`` is no answer."""

    async def presets(
        self,
        there: Sequence[Preset],
        own: Sequence[str],
        draft: VoiceConfig,
        problems: Sequence[str],
        current: str,
    ) -> tuple[PresetRequest, str] | None:
        """Show the presets with one highlighted. Return an action and the name of its preset."""

    async def confirm(self, title: str, text: str, does: str) -> bool | None:
        """Ask whether to do something."""


class PresetsController:
    """Applies presets to a draft and stores them. ``read_only`` returns whether no file may be written."""

    def __init__(
        self, host: Host, drafts: DraftController, questions: PresetQuestions, *, read_only: Callable[[], bool]
    ) -> None:
        self._host, self._drafts, self._questions, self._read_only = host, drafts, questions, read_only

    def choose(self, current: str = "") -> None:
        """Show the presets with one highlighted, until one is applied or the user leaves."""
        self._host.start(partial(self._choose, current), "presets")

    async def _choose(self, current: str) -> None:
        while True:
            there, problems = await asyncio.to_thread(all_presets)
            own, _ = await asyncio.to_thread(user_presets)
            draft = self._drafts.session.draft.config
            answer = await self._questions.presets(list(there.values()), list(own), draft, problems, current)
            if answer is None:
                return
            request, name = answer
            if request in ("apply", "keep"):
                one = there[name]
                update = whole(one, there.values()) if request == "apply" else one.config.set_values()
                self._drafts.update(update, f"The draft has all of {name} already.")
                return
            if self._read_only():
                self._host.tell(f"Not done: {READ_ONLY}.", severity="warning")
                return
            try:
                current = await self._carry_out(request, there[name]) or name
            except PresetError as error:
                self._host.tell(str(error), "Not done", severity="error", timeout=10)

    async def _carry_out(self, request: PresetRequest, one: Preset) -> str | None:
        """Apply an action and return the name of the preset to highlight. Raises :class:`PresetError`."""
        if request == "save":
            draft = self._drafts.session.draft.config
            return await keep_as_preset(self._host, self._questions, "Save the draft as a preset", draft)
        if request == "rename":
            name = await ask_name(self._questions, f"Rename {one.name}", one.name)
            return name and (await asyncio.to_thread(rename_preset, one.name, name)).name
        if request == "delete":
            about = "Its file is deleted; the draft stays."
            if await self._questions.confirm(f"Delete the preset {one.name}?", about, "deletes"):
                await asyncio.to_thread(delete_preset, one.name)
            return None
        return await self._import() if request == "import" else await self._export(one)

    async def _import(self) -> str | None:
        hint = "A JSON file: a preset that was exported, or just a voice_config."
        read = lambda text: read_preset(typed_path(text))  # noqa: E731
        found: Preset | None = await self._questions.line("Import a preset from which file?", hint, "", read)
        if found is None:
            return None
        kept = await asyncio.to_thread(save_preset, found.name, found.config, found.description)
        return kept.name

    async def _export(self, one: Preset) -> str | None:
        title, hint = f"Export {one.name} to which file?", "A new file; none is replaced."
        file: Path | None = await self._questions.line(title, hint, f"{one.name}.json", _path)
        if file is not None:
            written = await asyncio.to_thread(export_preset, one, file)
            self._host.tell(str(written), "Exported")
        return one.name


async def keep_as_preset(host: Host, questions: LineQuestions, title: str, config: VoiceConfig) -> str | None:
    """Ask for a name and a description, store a configuration under them, and return the name.

    Raises :class:`~tui.user_presets.PresetError`; nothing is written then.
    """
    name = await ask_name(questions, title, "")
    if not name:
        return None
    about = await questions.line(f"What is {name} for?", "One line, or nothing.", "", str)
    if about is None:
        return None
    kept = await asyncio.to_thread(save_preset, name, config, about)
    host.tell(f"{kept.name} is among your presets.", "Saved")
    return kept.name


async def ask_name(questions: LineQuestions, title: str, text: str) -> str | None:
    """Ask for a valid name of a preset."""
    hint = "Letters, digits, spaces, dots, _ or -."
    name: str | None = await questions.line(title, hint, text, checked_name)
    return name


def _path(text: str) -> Path:
    if not text:
        raise PresetError("nothing typed; type the name of a file")
    return typed_path(text)
