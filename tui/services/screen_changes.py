"""Making, editing, activating and deleting services, each with a way back where the API has one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from textual import work

from tui.commands import Command
from tui.services.commands import (
    DELETE_SERVICE,
    EDIT_SERVICE,
    NEW_SERVICE,
    SWITCH_ACTIVE,
    UNDO,
    ServiceCommand,
    Standing,
)
from tui.services.screen_facts import FactsScreen
from tui.services.service_undo import DeletionUndo, FieldsUndo, Undoable, moved
from tui.terminal_text import plain

if TYPE_CHECKING:
    from services.client import ServicesClient
    from services.model import Service
    from tui.dialogs.dialog import Dialog

T = TypeVar("T")

SECONDS_TO_READ = 12
"""How long a result stays on screen that somebody may want to act on."""


class ChangesScreen(FactsScreen):
    """Offers the commands that change services."""

    def __init__(self) -> None:
        super().__init__()
        self._undoable: list[Undoable] = []

    @property
    def standing(self) -> Standing:
        """What the commands stand before."""
        client = self.client
        return Standing(
            connected=client is not None,
            unsupported=client.unsupported if client is not None else {},
            service=self.highlighted if self.is_mounted else None,
            version_set=self.detail.version_set if self.detail is not None else None,
            undo=self._undoable[-1].label if self._undoable else "",
        )

    def reason_against(self, command: Command) -> str:
        """Return why a command cannot do anything at the moment."""
        return command.against(self.standing) if isinstance(command, ServiceCommand) else ""

    async def ask(self, dialog: Dialog[T]) -> T | None:
        """Show a dialog and return its answer; what was told before no longer stands in its way.

        One that would come up over what was opened meanwhile is not shown: its answer is ``None``.
        """
        if self.app.screen is not self and not dialog.comes_late:
            self.complain("Something else was opened meanwhile. Ask again.", title="Nothing done")
            return None
        self.app.clear_notifications()
        return await self.app.push_screen_wait(dialog)

    def say(self, what: str, *, title: str) -> None:
        """Tell of a result."""
        self.notify(plain(what, lines=True), title=plain(title), timeout=SECONDS_TO_READ, markup=False)

    def complain(self, what: str, *, title: str) -> None:
        """Tell of a failure."""
        self.notify(plain(what), title=plain(title), severity="error", timeout=SECONDS_TO_READ, markup=False)

    @work(exclusive=True, group="changing")
    async def action_new_service(self) -> None:
        """Ask what to make, and make it."""
        if not self.may(NEW_SERVICE) or self.client is None:
            return
        from services.errors import ServiceError
        from tui.dialogs.form_dialog import FormDialog
        from tui.services.owner_choices import owner_choices
        from tui.services.service_form import blank, form_fields, new_service

        client, values, problem = self.client, blank(), ""
        try:
            fields = form_fields(*await owner_choices(client))
        except ServiceError as error:
            self.complain(str(error), title="Cannot make a service")
            return
        while True:
            answer = await self.ask(FormDialog("New service", fields, blank(), typed=values, problem=problem))
            if answer is None:
                return
            values = answer
            try:
                made = await client.get_service(await client.create_service(new_service(values)))
                break
            except (ServiceError, ValueError) as error:
                problem = str(error)
        self.say(f"{made.name} has the version sets edge and release.", title="Made")
        self.start_listing()

    @work(exclusive=True, group="changing")
    async def action_edit_service(self) -> None:
        """Show the form of the highlighted service, and send what was changed in it."""
        service = self.highlighted
        if not self.may(EDIT_SERVICE) or self.client is None or service is None:
            return
        from services.errors import ServiceError
        from services.writing import service_changes
        from tui.dialogs.form_dialog import FormDialog
        from tui.services.owner_choices import owner_choices
        from tui.services.service_form import edited, form_fields, form_values

        client, problem = self.client, ""
        try:
            before = await client.get_service(service.id)
            fields = form_fields(*await owner_choices(client))
        except ServiceError as error:
            self.complain(str(error), title="Cannot edit")
            return
        values = form_values(before)
        while True:
            dialog = FormDialog(f"Edit {before.name}", fields, form_values(before), typed=values, problem=problem)
            answer = await self.ask(dialog)
            if answer is None:
                return
            values = answer
            try:
                after = edited(before, values)
                if not service_changes(before, after):
                    self.say("Nothing was changed in the form, so nothing was sent.", title="Not sent")
                    return
                if await self._send(client, before, after, f"edit of {before.name}"):
                    return
                problem = "Not sent yet."
            except (ServiceError, ValueError) as error:
                problem = str(error)

    @work(exclusive=True, group="changing")
    async def action_switch_active(self) -> None:
        """Activate the highlighted service; deactivate it after asking."""
        service = self.highlighted
        if not self.may(SWITCH_ACTIVE) or self.client is None or service is None:
            return
        from services.errors import ServiceError
        from tui.dialogs.dialog import Confirm

        try:
            before = await self.client.get_service(service.id)
            if before.is_active != service.is_active:
                self.show_saved(before)
                state = "active" if before.is_active else "inactive"
                self.say(f"Somebody else made it {state} meanwhile.", title=f"{before.name} is {state}")
                return
            if before.is_active:
                text = (
                    "Callers do not reach it until it is active again: what they miss meanwhile does not come back."
                )
                question = Confirm(f"Deactivate {before.name}?", text, does="deactivates it")
                if not await self.ask(question):
                    return
            await self._send(
                self.client,
                before,
                replace(before, is_active=not before.is_active),
                f"{'deactivation' if before.is_active else 'activation'} of {before.name}",
            )
        except ServiceError as error:
            self.complain(str(error), title="Not changed")

    @work(exclusive=True, group="changing")
    async def action_delete_service(self) -> None:
        """Delete the highlighted service, if its name is typed."""
        service = self.highlighted
        if not self.may(DELETE_SERVICE) or self.client is None or service is None:
            return
        from services.errors import ServiceError
        from tui.dialogs.dialog import Confirm

        try:
            # What an undo would make again is what is there right before.
            deleted = await self.client.get_service(service.id)
            text = (
                f"Its id {deleted.id} is gone for good; telephone numbers and whatever else refers to it lead"
                " nowhere then.\nctrl+z can make it again with what Turnlab knows of it, under another id."
            )
            question = Confirm(f"Delete {deleted.name}?", text, does="deletes it", name=plain(deleted.name))
            if not await self.ask(question):
                return
            await self.client.delete_service(deleted.id)
        except ServiceError as error:
            self.complain(str(error), title="Not deleted")
            return
        self._remember(DeletionUndo(f"deletion of {deleted.name}", deleted))
        self.show_gone(deleted.id)
        self.say("ctrl+z makes it again, with another id.", title=f"{deleted.name} is deleted")

    @work(exclusive=True, group="changing")
    async def action_undo(self) -> None:
        """Take the last change back."""
        if not self.may(UNDO) or self.client is None:
            return
        from services.errors import ServiceError

        last = self._undoable[-1]
        try:
            service = await last.undo(self.client)
        except (ServiceError, ValueError) as error:
            self.complain(str(error), title=f"Not undone: {last.label}")
            return
        self._undoable.remove(last)
        self.say(f"The {last.label} is taken back.", title="Undone")
        if isinstance(last, DeletionUndo):
            self.start_listing()
        else:
            self.show_saved(service)
        self.refresh_bindings()
        self.learn()

    async def _send(self, client: ServicesClient, before: Service, after: Service, label: str) -> bool:
        """Send what differs, after asking if somebody else changed the same meanwhile; tell whether it was sent."""
        from services.writing import service_changes
        from tui.services.moved_dialog import MovedFields

        changes = service_changes(before, after)
        now = await client.get_service(before.id)
        names = moved(before, now, changes)
        if names and not await self.ask(MovedFields(names, before, now, after)):
            return False
        saved = await client.update_service(before.id, changes)
        back = {name: value for name, value in service_changes(saved, now).items() if name in changes}
        if back:
            self._remember(FieldsUndo(label, saved, back))
        self.show_saved(saved)
        self.learn()
        self.say(f"{', '.join(changes)} · ctrl+z undoes it.", title=f"{saved.name} is saved")
        return True

    def _remember(self, way_back: Undoable) -> None:
        self._undoable.append(way_back)
        self.refresh_bindings()
