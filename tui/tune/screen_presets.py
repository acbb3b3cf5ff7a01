"""The part of the Tune screen that knows presets: applying, keeping, renaming, importing and exporting them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from textual import work

from base.folders import typed_path
from tui.dialogs.dialog import Confirm
from tui.dialogs.dialogs import LineEntry
from tui.terminal_text import plain
from tui.tune.presets_dialog import PresetsDialog, Wish
from tui.tune.screen_fields import FieldsScreen
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

if TYPE_CHECKING:
    from presets.library import Preset

READ_ONLY = "Turnlab was started with --read-only; presets can be applied and looked at, not written"


class PresetsScreen(FieldsScreen):
    """A draft that presets go into and come from."""

    @property
    def writes(self) -> bool:
        """Whether files may be written."""
        return not getattr(self.app, "read_only", False)

    @work
    async def action_apply_preset(self) -> None:
        """Show the presets until one is applied or the person leaves."""
        current = ""
        while True:
            there, problems = await asyncio.to_thread(all_presets)
            own, _ = await asyncio.to_thread(user_presets)
            draft = self.session.draft.config
            dialog = PresetsDialog(list(there.values()), list(own), draft, problems, current)
            answer = await self.app.push_screen_wait(dialog)
            if answer is None:
                return
            wish, name = answer
            if wish == "apply":
                self.changed(self.session.draft.apply(there[name].config), f"The draft has all of {name} already.")
                return
            if not self.writes:
                self.notify(f"Not done: {READ_ONLY}.", severity="warning", markup=False)
                return
            try:
                current = await self._carry_out(wish, there[name]) or name
            except PresetError as error:
                self.notify(plain(str(error)), title="Not done", severity="error", timeout=10, markup=False)

    async def _carry_out(self, wish: Wish, one: Preset) -> str | None:
        """Do what is wanted and return the name of the preset that is then in hand. Raises :class:`PresetError`."""
        if wish == "save":
            return await self._save_as()
        if wish == "rename":
            name = await self._ask_name(f"Rename {one.name}", one.name)
            return name and (await asyncio.to_thread(rename_preset, one.name, name)).name
        if wish == "delete":
            await self._delete(one)
            return None
        return await self._import() if wish == "import" else await self._export(one)

    async def _save_as(self) -> str | None:
        name = await self._ask_name("Save the draft as a preset", "")
        if not name:
            return None
        about = await self.app.push_screen_wait(LineEntry(f"What is {name} for?", "One line, or nothing.", "", str))
        if about is None:
            return None
        kept = await asyncio.to_thread(save_preset, name, self.session.draft.config, about)
        self.notify(f"{plain(kept.name)} is among your presets.", title="Saved", markup=False)
        return kept.name

    async def _ask_name(self, title: str, text: str) -> str | None:
        hint = "Letters, digits, spaces, dots, _ or -."
        name: str | None = await self.app.push_screen_wait(LineEntry(title, hint, text, checked_name))
        return name

    async def _delete(self, one: Preset) -> None:
        dialog = Confirm(f"Delete the preset {one.name}?", "Its file is deleted; the draft stays.", does="deletes")
        if await self.app.push_screen_wait(dialog):
            await asyncio.to_thread(delete_preset, one.name)

    async def _import(self) -> str | None:
        def read(text: str) -> Preset:
            return read_preset(typed_path(text))

        hint = "A JSON file: a preset that was exported, or just a voice_config."
        found = await self.app.push_screen_wait(LineEntry("Import a preset from which file?", hint, "", read))
        if found is None:
            return None
        kept = await asyncio.to_thread(save_preset, found.name, found.config, found.description)
        return kept.name

    async def _export(self, one: Preset) -> str | None:
        hint = "A new file; none is replaced."
        file = await self.app.push_screen_wait(
            LineEntry(f"Export {one.name} to which file?", hint, f"{one.name}.json", _path)
        )
        if file is not None:
            written = await asyncio.to_thread(export_preset, one, file)
            self.notify(plain(str(written)), title="Exported", markup=False)
        return one.name


def _path(text: str) -> Path:
    if not text:
        raise PresetError("nothing typed; type the name of a file")
    return typed_path(text)
