"""Making, editing, activating and deleting services, each with a way back where the API has one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from textual.message import Message

from tui.terminal_text import plain

if TYPE_CHECKING:
    from pydantic import JsonValue

    from services.client import ServicesClient
    from services.model import Service
    from tui.host import AskingHost


class Undoable(Protocol):
    """A change that can be taken back."""

    @property
    def label(self) -> str:
        """What is taken back, in words."""
        ...

    async def undo(self, client: ServicesClient) -> Service:
        """Take it back and return the service as it is then. Raises :class:`services.errors.ServiceError`."""
        ...


@dataclass(frozen=True, slots=True)
class FieldsUndo:
    """Puts fields of a service back to what they were, unless another user changed them meanwhile."""

    label: str
    saved: Service
    """As it was right after the change."""
    back: Mapping[str, JsonValue]
    """What to send to get back."""

    async def undo(self, client: ServicesClient) -> Service:
        """Send the old values."""
        from services.changes.fields import apply_fields, plan_fields
        from services.changes.history import who
        from services.changes.ledger import Backups
        from services.errors import ConflictError

        now = await client.get_service(self.saved.id)
        if changed := moved(self.saved, now, self.back):
            raise ConflictError(
                f"{', '.join(changed)} was changed by another user meanwhile; nothing was sent: edit it instead"
            )
        plan = plan_fields(now, "service", self.back, action="rollback")
        return (await apply_fields(client, plan, Backups(), who=who())).stored


@dataclass(frozen=True, slots=True)
class DeletionUndo:
    """Makes a deleted service again, with everything Turnlab knows of it but its id."""

    label: str
    deleted: Service

    async def undo(self, client: ServicesClient) -> Service:
        """Make the service, then its version sets. Raises :class:`services.errors.ServiceError`."""
        from services.changes.applying import apply_plan
        from services.changes.history import who
        from services.changes.ledger import Backups
        from services.changes.plan import make_plan
        from services.changes.requests import Upsert
        from services.changes.whole_service import as_new, create
        from services.errors import ServiceError
        from services.model import EDGE, RELEASE
        from services.writing import write_version_set

        lost, backups = self.deleted, Backups()
        new_id = await create(client, as_new(lost), backups, who=who())
        for name, version_set in lost.version_sets.items():
            if name in (EDGE, RELEASE):
                continue
            try:
                upsert = Upsert(name, write_version_set(version_set))
                await apply_plan(client, await make_plan(client, new_id, upsert, backups), backups, who=who())
            except ServiceError as error:
                raise ServiceError(
                    f"it is there again as {new_id}, but without version set {name}: {error}"
                ) from None
        return await client.get_service(new_id)


def moved(before: Service, now: Service, names: Mapping[str, JsonValue]) -> list[str]:
    """Return which of the named fields another user gave another value."""
    return [name for name in names if _field(before, name) != _field(now, name)]


def _field(service: Service, name: str) -> object:
    return getattr(service, name) if hasattr(service, name) else service.extra.get(name)


class ServiceSaved(Message):
    """A service was saved; it is as the platform holds it now."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self.service = service


class ServiceGone(Message):
    """A service was deleted."""

    def __init__(self, service_id: str) -> None:
        super().__init__()
        self.service_id = service_id


class ServiceMade(Message):
    """There is a new service."""


class ChangesController:
    """Changes services, asks before it does, and keeps the ways back."""

    def __init__(self, host: AskingHost) -> None:
        self._host = host
        self._undoable: list[Undoable] = []

    @property
    def undo_label(self) -> str:
        """What can be undone, in words; nothing if there is nothing."""
        return self._undoable[-1].label if self._undoable else ""

    async def make(self, client: ServicesClient) -> None:
        """Ask what to make, and make it."""
        from services.changes.history import who
        from services.changes.ledger import Backups
        from services.changes.whole_service import create
        from services.errors import ServiceError
        from tui.dialogs.form_dialog import FormDialog
        from tui.services.forms import blank, form_fields, new_service, owner_choices

        values, problem = blank(), ""
        try:
            fields = form_fields(*await owner_choices(client))
        except ServiceError as error:
            self._host.complain(str(error), title="Cannot make a service")
            return
        while True:
            form = FormDialog("New service", fields, blank(), typed=values, problem=problem)
            answer = await self._host.ask(form)
            if answer is None:
                return
            values = answer
            try:
                made_id = await create(client, new_service(values), Backups(), who=who())
                made = await client.get_service(made_id)
                break
            except (ServiceError, ValueError) as error:
                problem = str(error)
        self._host.say(f"{made.name} has the version sets edge and release.", title="Made")
        self._host.post(ServiceMade())

    async def edit(self, client: ServicesClient, service: Service) -> None:
        """Show the form of a service, and send what was changed in it."""
        from services.errors import ServiceError
        from tui.dialogs.form_dialog import FormDialog
        from tui.services.forms import form_fields, owner_choices, service_values

        problem = ""
        try:
            before = await client.get_service(service.id)
            fields = form_fields(*await owner_choices(client))
        except ServiceError as error:
            self._host.complain(str(error), title="Cannot edit")
            return
        values = service_values(before)
        while True:
            title = f"Edit {before.name}"
            form = FormDialog(title, fields, service_values(before), typed=values, problem=problem)
            answer = await self._host.ask(form)
            if answer is None:
                return
            values = answer
            try:
                if await self._send_edit(client, before, values):
                    return
                problem = "Not sent yet."
            except (ServiceError, ValueError) as error:
                problem = str(error)

    async def _send_edit(self, client: ServicesClient, before: Service, values: Mapping[str, str]) -> bool:
        """Send what is different in the form; tell whether the form is done with."""
        from services.writing import service_changes
        from tui.services.forms import edited

        after = edited(before, values)
        if not service_changes(before, after):
            self._host.say("Nothing was changed in the form, so nothing was sent.", title="Not sent")
            return True
        return await self._send(client, before, after, f"edit of {before.name}")

    async def switch_active(self, client: ServicesClient, service: Service) -> None:
        """Activate a service; deactivate it after asking."""
        from services.errors import ServiceError
        from tui.dialogs.dialog import Confirm

        try:
            before = await client.get_service(service.id)
            if before.is_active != service.is_active:
                self._host.post(ServiceSaved(before))
                state = "active" if before.is_active else "inactive"
                self._host.say(f"Another user made it {state} meanwhile.", title=f"{before.name} is {state}")
                return
            if before.is_active:
                text = (
                    "Callers do not reach it until it is active again: what they miss meanwhile does not come back."
                )
                question = Confirm(f"Deactivate {before.name}?", text, does="deactivates it")
                if not await self._host.ask(question):
                    return
            label = f"{'deactivation' if before.is_active else 'activation'} of {before.name}"
            await self._send(client, before, replace(before, is_active=not before.is_active), label)
        except ServiceError as error:
            self._host.complain(str(error), title=unless_known(error, "Not changed"))

    async def delete(self, client: ServicesClient, service: Service) -> None:
        """Delete a service, if its name is typed."""
        from services.changes.history import who
        from services.changes.ledger import Backups
        from services.changes.whole_service import delete
        from services.errors import ServiceError
        from tui.dialogs.dialog import Confirm
        from tui.services.changes import DeletionUndo

        try:
            # What an undo would make again is what is there right before.
            deleted = await client.get_service(service.id)
            text = (
                f"Its id {deleted.id} is gone for good; telephone numbers and whatever else refers to it lead"
                " nowhere then.\nctrl+z can make it again with what Turnlab knows of it, under another id."
            )
            question = Confirm(f"Delete {deleted.name}?", text, does="deletes it", name=plain(deleted.name))
            if not await self._host.ask(question):
                return
            await delete(client, deleted, Backups(), who=who())
        except ServiceError as error:
            self._host.complain(str(error), title=unless_known(error, "Not deleted"))
            return
        self._undoable.append(DeletionUndo(f"deletion of {deleted.name}", deleted))
        self._host.post(ServiceGone(deleted.id))
        self._host.say("ctrl+z makes it again, with another id.", title=f"{deleted.name} is deleted")

    async def undo(self, client: ServicesClient) -> None:
        """Take the last change back."""
        from services.errors import ServiceError
        from tui.services.changes import DeletionUndo

        last = self._undoable[-1]
        try:
            service = await last.undo(client)
        except (ServiceError, ValueError) as error:
            self._host.complain(str(error), title=unless_known(error, f"Not undone: {last.label}"))
            return
        self._undoable.remove(last)
        self._host.say(f"The {last.label} is taken back.", title="Undone")
        self._host.post(ServiceMade() if isinstance(last, DeletionUndo) else ServiceSaved(service))

    async def _send(self, client: ServicesClient, before: Service, after: Service, label: str) -> bool:
        """Send what differs, after asking if another user changed the same; return whether it was sent."""
        from services.changes.fields import apply_fields, plan_fields
        from services.changes.history import who
        from services.changes.ledger import Backups
        from services.writing import service_changes
        from tui.services.changes import FieldsUndo, moved
        from tui.services.dialogs import MovedFields

        changes = service_changes(before, after)
        now = await client.get_service(before.id)
        names = moved(before, now, changes)
        if names and not await self._host.ask(MovedFields(names, before, now, after)):
            return False
        applied = await apply_fields(client, plan_fields(now, "service", changes), Backups(), who=who())
        saved = applied.stored
        back = {name: value for name, value in service_changes(saved, now).items() if name in changes}
        if back:
            self._undoable.append(FieldsUndo(label, saved, back))
        self._host.post(ServiceSaved(saved))
        if applied.otherwise:
            listed = ", ".join(applied.otherwise)
            self._host.complain(f"The platform stored {listed} otherwise than it was sent.", title="Look again")
        self._host.say(f"{', '.join(changes)} · ctrl+z undoes it.", title=f"{saved.name} is saved")
        return True

    async def restore_voice(self, client: ServicesClient, service: Service, change: int) -> None:
        """Show what a change of voice settings replaced, and put that back."""
        from services.changes.fields import apply_fields, plan_rollback
        from services.changes.history import who
        from services.changes.ledger import Backups
        from services.errors import ServiceError
        from tui.dialogs.fields_plan import FieldsPlanDialog

        backups = Backups()
        try:
            plan = await plan_rollback(client, service.id, "voice_config", backups, change)
            if not await self._host.ask(FieldsPlanDialog(f"Put voice settings back · {service.name}", plan)):
                return
            applied = await apply_fields(client, plan, backups, who=who())
        except ServiceError as error:
            self._host.complain(str(error), title=unless_known(error, "Not put back"))
            return
        self._host.post(ServiceSaved(applied.stored))
        self._host.say(", ".join(plan.after), title=f"The voice settings of {service.name} are put back")


def unless_known(error: Exception, otherwise: str) -> str:
    """Return the title of a failure: ``otherwise``, unless it is unknown whether the change was made."""
    return "Not known whether it is saved" if getattr(error, "outcome_unknown", False) else otherwise
