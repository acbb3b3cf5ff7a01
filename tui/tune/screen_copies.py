"""The part of the Tune screen that gives the draft to other programs and takes it from them as text."""

from __future__ import annotations

from textual import events, work

from tui.dialogs.dialog import TextDialog
from tui.dialogs.dialogs import PickOne
from tui.dialogs.text_entry import TextEntry
from tui.tune.copies import Target, as_command, as_curl, as_json, as_simulate, read_pasted
from tui.tune.presets_dialog import change_lines
from tui.tune.screen_presets import PresetsScreen


class CopiesScreen(PresetsScreen):
    """A draft that can be copied out and pasted in."""

    @work
    async def action_copy_draft(self) -> None:
        """Ask in which form to copy the draft, show that and copy it."""
        forms = self._forms()
        choices = [(name, about) for name, (about, _) in forms.items()]
        name = await self.app.push_screen_wait(PickOne("Copy the draft as…", choices))
        if name is not None:
            text = forms[name][1]
            self.app.copy_to_clipboard(text)
            await self.app.push_screen_wait(TextDialog(f"Copied: {name}", text))

    def _forms(self) -> dict[str, tuple[str, str]]:
        """Return the forms by name, with a line about each and the text itself."""
        session, client = self.session, self._client
        config, body = session.draft.config, session.draft.changes()
        shown = session.analyses.get(session.shown or "")
        recording = str(shown.recording.source.path) if shown else "RECORDING.wav"
        forms = {
            "JSON": ("All fields that the draft sets.", as_json(config)),
            "simulate": ("The command that plays this recording through it.", as_simulate(config, recording)),
        }
        if session.service is None or client is None or client.dialect == "classic" or not body:
            # nothing to send, or nowhere: the Classic API knows no voice_config
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

    @work
    async def action_paste_draft(self, text: str = "") -> None:
        """Take fields from JSON that is pasted or typed, after showing what they change."""
        draft = self.session.draft
        dialog = TextEntry(
            "Paste JSON into the draft",
            "Fields of a voice_config, or an object that holds one. Fields it leaves out stay.",
            text,
            read_pasted,
            lambda config: change_lines(draft.config, config),
        )
        config = await self.app.push_screen_wait(dialog)
        if config is not None:
            self.changed(draft.apply(config), "The draft has all of that already.")

    def on_paste(self, event: events.Paste) -> None:
        """Take what the terminal pastes, where nothing is being typed."""
        if event.text.lstrip().startswith("{"):
            event.stop()
            self.action_paste_draft(event.text)
