"""The part of the Tune screen that talks to the platform: what the workspace sets, saving, and not losing edits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textual import work

from presets.fields import BY_NAME
from presets.layers import Layer
from services.client import ServicesClient
from services.errors import ServiceError
from services.model import Service
from tui.screens.dialogs import UnsavedChanges
from tui.screens.save_dialog import SaveDialog
from tui.screens.tune_bench import BenchScreen
from tui.terminal_text import plain
from tui.tuning.session import Session


class PlatformScreen(BenchScreen):
    """A bench whose draft can be saved to a service."""

    def __init__(self, client: ServicesClient | None, session: Session, recordings: Path | None) -> None:
        super().__init__(session, recordings)
        self._client = client

    @property
    def unsaved(self) -> bool:
        """Whether leaving would lose something."""
        return bool(self.session.draft.changes())

    def show_settings(self) -> None:
        """Show the draft and the arms as they are now."""
        raise NotImplementedError

    def tell_saved(self, service: Service) -> None:
        """Let the rest of the app know what was saved."""
        raise NotImplementedError

    @work(group="workspace")
    async def ask_workspace(self) -> None:
        """Fetch the layer above the service; without it the draft stands over the built-in defaults."""
        if self._client is None or self.session.service is None:
            return
        try:
            settings = await self._client.workspace_voice_settings()
        except ServiceError as error:
            self.notify(f"The workspace's own settings are not known: {plain(str(error))}", markup=False)
            return
        if settings.voice_config.set_values():
            self.session.inherit_from(Layer("workspace", settings.voice_config))
            self.show_settings()

    @work(group="saving", exclusive=True)
    async def action_save(self) -> None:
        """Show what would be sent, and send it."""
        await self._save()

    async def _save(self) -> bool:
        service, changes = self.session.service, self.session.draft.changes()
        if not changes:
            self.notify("Nothing to save: the draft is what is stored.", markup=False)
            return False
        if service is None or self._client is None:
            why = (
                "no platform is connected"
                if service
                else "this draft belongs to no service; open one to save to it"
            )
            self.notify(f"Not saved: {why}.", severity="warning", markup=False)
            return False
        try:
            moved = self._moved(await self._client.get_service(service.id), changes)
        except ServiceError as error:
            self.notify(plain(str(error)), title="Not saved", severity="error", timeout=10, markup=False)
            return False
        warnings = moved + self._warnings(changes)
        if not await self.app.push_screen_wait(SaveDialog(self.session.title, changes, warnings)):
            return False
        return await self._send(self._client, service, changes)

    async def _send(self, client: ServicesClient, service: Service, changes: dict[str, Any]) -> bool:
        sent = self.session.draft.config
        try:
            saved = await client.update_voice_config(service.id, changes)
        except ServiceError as error:
            self.notify(plain(str(error)), title="Not saved", severity="error", timeout=10, markup=False)
            return False
        self.session.saved(sent, saved)
        self.show_settings()
        fields = f"{len(changes)} field{'s' * (len(changes) != 1)}"
        self.notify(f"{fields} of {plain(self.session.title)}", title="Saved", markup=False)
        self.tell_saved(saved)
        return True

    def _moved(self, now: Service, changes: dict[str, Any]) -> tuple[str, ...]:
        """Return which of the fields to be sent somebody else has changed since the draft was begun."""
        before, stored = self.session.draft.stored.set_values(), now.voice_config.set_values()
        return tuple(
            f"{name} was changed meanwhile: it is {_shown(name, stored)} on the platform, and was"
            f" {_shown(name, before)} when you opened it. Sending replaces that."
            for name in changes
            if stored.get(name) != before.get(name)
        )

    def _warnings(self, changes: dict[str, Any]) -> tuple[str, ...]:
        """Return what may make the platform refuse: stored values out of range stay in the draft until mended."""
        states = self.session.states()
        return tuple(warning for name in changes if name in states for warning in states[name].warnings)

    @work(group="saving", exclusive=True)
    async def action_quit_with_care(self) -> None:
        """Leave the app, but ask first if the draft is not saved."""
        if self.unsaved:
            can_save = self.session.service is not None and self._client is not None
            question = UnsavedChanges(self.session.title, len(self.session.draft.changes()), can_save=can_save)
            answer = await self.app.push_screen_wait(question)
            if answer is None or (answer == "save" and not await self._save()):
                return
            if answer == "discard":
                self.session.draft.reset()
        # Other drafts may be waiting to be asked about.
        await self.app.run_action("quit")


def _shown(name: str, values: Mapping[str, Any]) -> str:
    value = values.get(name)
    if value is None:
        return "inherited"
    return BY_NAME[name].show(value) if name in BY_NAME else json.dumps(value)
