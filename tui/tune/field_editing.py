"""A place with a draft and the fields that change it: one at a time, and back."""

from __future__ import annotations

from textual import on, work

from tui.commands import Place
from tui.dialogs.find_dialog import FindDialog, Match, Matches
from tui.dialogs.text_entry import value_dialog
from tui.tune.session import Session
from tui.widgets.field_editor_control import FieldControl
from tui.widgets.field_panel import FieldPanel
from tui.widgets.slider import Slider


class FieldEditingScreen(Place):
    """A draft, in a session, and a panel of its fields."""

    session: Session

    def show_settings(self) -> None:
        """Show the draft as it is now, and let it take its effect."""
        raise NotImplementedError

    def changed(self, changed: bool, otherwise: str = "") -> None:
        """Show what a change of the draft did, or say ``otherwise`` if there was none."""
        if changed:
            self.session.revision += 1
            self.show_settings()
        elif otherwise:
            self.notify(otherwise, markup=False)

    # ---- one field

    @property
    def control(self) -> FieldControl | None:
        """The field in focus."""
        return self.focused if isinstance(self.focused, FieldControl) else None

    @on(FieldControl.Changed)
    def _field_changed(self, message: FieldControl.Changed) -> None:
        message.stop()
        self.changed(self.session.draft.set_value(message.name, message.value, message.gesture))

    async def action_confirm_field(self) -> None:
        """Type a value, or take the next one."""
        control = self.control
        if isinstance(control, Slider):
            # not by a message: the digits that follow may already be waiting
            await self.query_one(FieldPanel).editor(control.state.spec.name).begin_entry()
        elif control is not None:
            control.confirm()

    @on(FieldControl.EntryWanted)
    def _entry_wanted(self, message: FieldControl.EntryWanted) -> None:
        self.ask_value(message.name)

    @work
    async def ask_value(self, name: str) -> None:
        """Ask for the value of a field that takes a window to enter: words, an object, one of many."""
        value = await self.app.push_screen_wait(value_dialog(self.session.states()[name]))
        if value is not None:
            self.changed(self.session.draft.set_value(name, value))

    def action_inherit_field(self) -> None:
        """Put the field back to inherit."""
        if self.control is not None:
            self.control.inherit()

    def action_fold_fields(self) -> None:
        """Fold the rarer fields away, or bring them into view."""
        panel = self.query_one(FieldPanel)
        panel.fold(panel.unfolded)

    @work
    async def action_find_field(self) -> None:
        """Ask for a field by a part of its name, or of what it does, and go there."""
        specs = [state.spec for state in self.session.states().values()]

        async def find(text: str) -> Matches:
            words = text.casefold().replace("_", " ").split()
            named = [spec for spec in specs if all(word in spec.name.replace("_", " ") for word in words)]
            about = [spec for spec in specs if all(word in spec.notices.casefold() for word in words)]
            return Matches([Match(spec.name, spec.name, spec.notices) for spec in dict.fromkeys((*named, *about))])

        name = await self.app.push_screen_wait(FindDialog("Find a field", find))
        if name is not None:
            self.query_one(FieldPanel).focus_field(name)

    # ---- the whole draft

    def action_undo(self) -> None:
        """Take the last change back."""
        self.changed(self.session.draft.undo(), "Nothing to undo.")

    def action_redo(self) -> None:
        """Do it again."""
        self.changed(self.session.draft.redo(), "Nothing to redo.")

    def action_reset_draft(self) -> None:
        """Put everything back to what is stored."""
        self.changed(self.session.draft.reset(), "The draft is what is stored already.")
