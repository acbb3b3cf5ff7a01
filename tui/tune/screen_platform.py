"""The part of the Tune screen that talks to the platform: what the workspace sets, saving, and not losing edits."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textual import work
from textual.widget import Widget

from presets.config import VoiceConfig, changes
from presets.layers import Layer
from services.client import ServicesClient
from services.errors import ServiceError
from services.model import Service
from tui.dialogs.dialogs import UnsavedChanges
from tui.terminal_text import plain
from tui.tune.merge_dialog import MergeDialog, shown_value
from tui.tune.save_dialog import SaveDialog
from tui.tune.screen_bench import BenchScreen
from tui.tune.session import Session
from tui.tune.three_way import conflicts


class PlatformScreen(BenchScreen):
    """A bench whose draft can be saved to a service."""

    def __init__(self, client: ServicesClient | None, session: Session, recordings: Path | None) -> None:
        super().__init__(session, recordings)
        self._client = client
        self._left = False
        """Whether the person leaves and has said what becomes of the draft."""

    @property
    def unsaved(self) -> bool:
        """Whether leaving would lose something."""
        return not self._left and bool(self.session.draft.changes())

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
        service, client = self.session.service, self._client
        if why := self._reason_not_to_save():
            self.notify(plain(why), severity="warning", markup=False)
            return False
        assert service is not None
        assert client is not None
        began = self._doing()
        try:
            while True:
                now = await client.get_service(service.id)
                if self.app.screen is not self:
                    # Enter, meant for what was opened meanwhile, would send.
                    self.notify("Something else was opened meanwhile. Save again.", title="Not saved", markup=False)
                    return False
                went_on = self._doing() != began
                others = changes(self.session.draft.stored, now.voice_config)
                if not await self._merge(now):
                    return False
                body = self.session.draft.changes()
                if not body:
                    self.notify("Nothing is left to save: the platform holds all of it.", markup=False)
                    return False
                told = (*_told(others, body), *self._warnings(body))
                dialog = SaveDialog(self.session.title, body, told, enter_sends=not went_on)
                if not await self.app.push_screen_wait(dialog):
                    return False
                began = self._doing()
                # The window may have stood open for long.
                if (await client.get_service(service.id)).voice_config == now.voice_config:
                    return await self._send(client, service, body)
        except ServiceError as error:
            self.notify(plain(str(error)), title="Not saved", severity="error", timeout=10, markup=False)
            return False

    @property
    def why_kept_here(self) -> str:
        """Why the platform cannot take the draft; nothing if it can."""
        return self._client.unsupported.get("update_voice_config", "") if self._client is not None else ""

    def tell_where_it_is_kept(self) -> None:
        """Say at the start if what is tuned cannot be saved."""
        if self.session.service is not None and self.why_kept_here:
            why = f"{self.why_kept_here}. A draft is kept on this machine alone; y copies it."
            title = "Nothing is saved to the platform"
            self.notify(plain(why), title=title, severity="warning", timeout=8, markup=False)

    def _doing(self) -> tuple[Widget | None, VoiceConfig]:
        """Return what tells whether somebody went on while the platform was asked."""
        return self.focused, self.session.draft.config

    def _reason_not_to_save(self) -> str:
        if not self.session.draft.changes():
            return "Nothing to save: the draft is what is stored."
        if self.session.service is None:
            return "Not saved: this draft belongs to no service; open one to save to it."
        if self._client is None:
            return "Not saved: no platform is connected."
        return f"Not saved: {self.why_kept_here}." if self.why_kept_here else ""

    async def _merge(self, now: Service) -> bool:
        """Bring the draft on top of what the platform holds now; where both changed a field, ask for each.

        Return false if that was left, the draft then as it was.
        """
        draft = self.session.draft
        giving_way: tuple[str, ...] = ()
        both = conflicts(draft.stored, draft.config, now.voice_config)
        if both:
            title = f"{self.session.title} was changed by somebody else meanwhile"
            answer = await self.app.push_screen_wait(MergeDialog(title, both))
            if answer is None:
                return False
            giving_way = answer
        if now.voice_config != draft.stored:
            self.session.take_in(now, giving_way)
            self.show_settings()
        return True

    async def _send(self, client: ServicesClient, service: Service, body: dict[str, Any]) -> bool:
        sent = self.session.draft.config
        saved = await client.update_voice_config(service.id, body)
        self.session.saved(sent, saved)
        self.show_settings()
        fields = f"{len(body)} field{'s' * (len(body) != 1)}"
        self.notify(f"{fields} of {plain(self.session.title)}", title="Saved", markup=False)
        self.tell_saved(saved)
        return True

    def _warnings(self, body: Mapping[str, Any]) -> tuple[str, ...]:
        """Return what may make the platform refuse: stored values out of range stay in the draft until mended."""
        states = self.session.states()
        return tuple(warning for name in body if name in states for warning in states[name].warnings)

    @work(group="saving", exclusive=True)
    async def action_quit_with_care(self) -> None:
        """Leave the app, but ask first if the draft is not saved."""
        if self.unsaved:
            can_save = not self._reason_not_to_save()
            question = UnsavedChanges(self.session.title, len(self.session.draft.changes()), can_save=can_save)
            answer = await self.app.push_screen_wait(question)
            if answer is None or (answer == "save" and not await self._save()):
                return
            if answer == "discard":
                self.session.draft.reset()
            self._left = True
        # Other drafts may be waiting to be asked about.
        await self.app.run_action("quit")


def _told(others: Mapping[str, Any], body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what somebody else changed meanwhile: what is sent replaces it where it was chosen, and else not."""
    return tuple(
        f"{name} is {shown_value(name, value)} on the platform by now. "
        + ("Yours replaces that, as you chose." if name in body else "It is not touched.")
        for name, value in others.items()
    )
