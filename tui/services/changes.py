"""Creates, edits, activates and deletes services, and undoes changes made here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from textual.message import Message

from tui.screens import with_keys
from tui.terminal_text import plain

if TYPE_CHECKING:
    from services.changes.change_record import Subject
    from services.changes.fields import FieldsPlan
    from services.changes.history import FieldsBack
    from services.client import ServicesClient
    from services.model import Service
    from tui.host import AskingHost


class TakeBack(NamedTuple):
    """How to undo a change: a label, and the action.

    ``run`` shows the effect, applies it, and returns whether the change is undone.
    """

    label: str
    run: Callable[[ServicesClient], Awaitable[bool]]


def moved(before: Service, now: Service, names: Mapping[str, object]) -> list[str]:
    """Return which of the named fields another user changed."""
    return [name for name in names if _field(before, name) != _field(now, name)]


def _field(service: Service, name: str) -> object:
    return getattr(service, name) if hasattr(service, name) else service.extra.get(name)


class ServiceSaved(Message):
    """A service was saved. It carries the platform's present state."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self.service = service


class ServiceGone(Message):
    """A service was deleted."""

    def __init__(self, service_id: str) -> None:
        super().__init__()
        self.service_id = service_id


class ServiceMade(Message):
    """A service was created."""

    def __init__(self, service_id: str) -> None:
        super().__init__()
        self.service_id = service_id


class ChangesController:
    """Changes services with confirmation, and keeps how to undo each change."""

    def __init__(self, host: AskingHost) -> None:
        self._host = host
        self._written: list[TakeBack] = []

    # ---- undo

    @property
    def undo_label(self) -> str:
        """The change that can be undone, in words. Empty if there is none."""
        return self._written[-1].label if self._written else ""

    def note(self, written: TakeBack) -> None:
        """Keep how to undo a change."""
        self._written.append(written)

    async def undo(self, client: ServicesClient) -> None:
        """Undo the last change, after showing the effect."""
        from services.changes.errors import NO_WAY_BACK
        from services.errors import ServiceError

        last = self._written[-1]
        try:
            if await last.run(client):
                self._written.remove(last)
        except NO_WAY_BACK as error:
            # Earlier changes can still be undone.
            self._written.remove(last)
            self._host.complain(str(error), title=f"The {last.label} cannot be taken back")
        except (ServiceError, ValueError) as error:
            self._host.complain(str(error), title=unless_known(error, f"Not taken back: {last.label}"))

    async def put_back(self, client: ServicesClient, service: Service, subject: Subject, change: int) -> None:
        """Show what a change of fields replaced, and restore it. This can be undone too."""
        from services.errors import ServiceError

        try:
            await self._put_back(client, service, subject, change, keeps=True)
        except ServiceError as error:
            self._host.complain(str(error), title=unless_known(error, "Not put back"))

    async def _put_back(
        self, client: ServicesClient, service: Service, subject: Subject, change: int, *, keeps: bool = False
    ) -> bool:
        from services.changes.fields import plan_rollback
        from services.changes.ledger import Backups

        plan = await plan_rollback(client, service.id, subject, Backups(), change)
        what = "voice settings" if subject == "voice_config" else "settings"
        if plan.nothing_to_do and not keeps:
            # Otherwise it would block all earlier changes.
            self._host.say(f"{service.name} holds that already.", title="Nothing to take back")
            return True
        return await self._carry_out(
            client,
            plan,
            f"Put {what} back · {service.name}",
            done=f"The {what} of {service.name} are put back",
            label=f"putting back of {what} of {service.name}" if keeps else "",
        )

    async def put_fields(self, client: ServicesClient, service: Service, before: FieldsBack) -> None:
        """Show what a change in the platform's history replaced, and restore it."""
        from services.changes.fields import plan_fields
        from services.errors import ServiceError

        name = service.name
        try:
            now = await client.get_service(service.id)
            plan = plan_fields(now, before.subject, before.before, action="rollback")
            await self._carry_out(
                client, plan, f"Put back · {name}", done=f"{name} is put back", label=f"putting back of {name}"
            )
        except ServiceError as error:
            self._host.complain(str(error), title=unless_known(error, "Not put back"))

    # ---- services

    async def make(self, client: ServicesClient) -> None:
        """Ask for a new service, and create it."""
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
                wanted = new_service(values)
                made_id = await create(client, wanted, Backups(), who=who())
                break
            except (ServiceError, ValueError) as error:
                problem = str(error)
        self.note(TakeBack(f"making of {wanted.name}", partial(self._unmake, made_id)))
        self._host.say(
            "It has the version sets edge and release.\nu takes it back: deletes it again.",
            title=f"{wanted.name} is made",
        )
        self._host.post(ServiceMade(made_id))

    async def _unmake(self, made_id: str, client: ServicesClient) -> bool:
        """Delete a service that was created here."""
        made = await client.get_service(made_id)
        text = f"It was made here. Its id {made.id} is gone for good then."
        deleted = await self._delete(client, made, text)
        if deleted:
            self._host.say("It was made here.", title=f"{made.name} is deleted")
        return deleted

    async def edit(self, client: ServicesClient, service: Service) -> None:
        """Show a service's form, then the change, and send it."""
        from services.errors import ServiceError
        from tui.dialogs.form_dialog import FormDialog
        from tui.services.forms import form_fields, owner_choices, service_values

        problem = ""
        try:
            before = await client.get_service(service.id)
            owners = await owner_choices(client)
        except ServiceError as error:
            self._host.complain(str(error), title="Cannot edit")
            return
        names = dict([*owners[0], *owners[1]])
        values = service_values(before)
        while True:
            title = f"Edit {before.name}"
            form = FormDialog(title, form_fields(*owners), service_values(before), typed=values, problem=problem)
            answer = await self._host.ask(form)
            if answer is None:
                return
            values = answer
            try:
                if await self._send_edit(client, before, values, names):
                    return
                problem = "Not sent yet."
            except (ServiceError, ValueError) as error:
                problem = str(error)

    async def _send_edit(
        self, client: ServicesClient, before: Service, values: Mapping[str, str], names: Mapping[str, str]
    ) -> bool:
        """Show the differences in the form, and send them. Return whether the form is finished."""
        from services.changes.fields import plan_fields
        from services.writing import service_changes
        from tui.services.dialogs import MovedFields
        from tui.services.forms import edited

        after = edited(before, values)
        changes = service_changes(before, after)
        if not changes:
            self._host.say("Nothing was changed in the form, so nothing was sent.", title="Not sent")
            return True
        now = await client.get_service(before.id)
        meanwhile = moved(before, now, changes)
        if meanwhile and not await self._host.ask(MovedFields(meanwhile, before, now, after)):
            return False
        plan = plan_fields(now, "service", changes)
        label = f"edit of {before.name}"
        return await self._carry_out(client, plan, f"Edit {before.name}", label=label, names=names)

    async def switch_active(self, client: ServicesClient, service: Service) -> None:
        """Activate a service. Deactivate it after asking."""
        from services.changes.fields import plan_fields
        from services.errors import ServiceError

        try:
            before = await client.get_service(service.id)
            if before.is_active != service.is_active:
                self._host.post(ServiceSaved(before))
                state = "active" if before.is_active else "inactive"
                self._host.say(f"Another user made it {state} meanwhile.", title=f"{before.name} is {state}")
                return
            plan = plan_fields(before, "service", {"is_active": not before.is_active})
            does = "Deactivate" if before.is_active else "Activate"
            label = f"{'deactivation' if before.is_active else 'activation'} of {before.name}"
            missed = "What callers miss until it is active again does not come back."
            aside = [missed] if before.is_active else []
            await self._carry_out(
                client, plan, f"{does} {before.name}?", label=label, aside=aside, asks=before.is_active
            )
        except ServiceError as error:
            self._host.complain(str(error), title=unless_known(error, "Not changed"))

    async def delete(self, client: ServicesClient, service: Service) -> None:
        """Delete a service if its name is typed. The deletion can be undone even if its outcome is unknown."""
        from services.changes.errors import UncertainError
        from services.errors import ServiceError

        back = None
        try:
            # The service may have changed: the undo restores its latest state.
            lost = await client.get_service(service.id)
            text = (
                f"Its id {lost.id} is gone for good; telephone numbers and whatever else refers to it lead"
                " nowhere then.\nu can make it again with what Turnlab knows of it, under another id."
            )
            back = TakeBack(f"deletion of {lost.name}", _MakingAgain(self._host, lost).run)
            if not await self._delete(client, lost, text):
                return
        except UncertainError as error:
            if back is not None:
                self.note(back)
            self._host.complain(
                f"{error}\nu makes it again if it is gone.", title="Not known whether it is deleted"
            )
            return
        except ServiceError as error:
            self._host.complain(str(error), title=unless_known(error, "Not deleted"))
            return
        self.note(back)
        self._host.say("u makes it again, with another id.", title=f"{lost.name} is deleted")

    async def _delete(self, client: ServicesClient, lost: Service, text: str) -> bool:
        from services.changes.history import who
        from services.changes.ledger import Backups
        from services.changes.whole_service import delete
        from tui.dialogs.dialog import Confirm

        question = Confirm(f"Delete {lost.name}?", text, does="deletes it", name=plain(lost.name))
        if not await self._host.ask(question):
            return False
        await delete(client, lost, Backups(), who=who())
        self._host.post(ServiceGone(lost.id))
        return True

    # ---- sending

    async def _carry_out(
        self,
        client: ServicesClient,
        plan: FieldsPlan,
        title: str,
        *,
        label: str,
        done: str = "",
        aside: list[str] | None = None,
        names: Mapping[str, str] | None = None,
        asks: bool = True,
    ) -> bool:
        """Show a plan (if ``asks``), send it and report it. Return whether it was sent.

        With a ``label``, keep how to undo it.
        """
        from services.changes.errors import UncertainError
        from services.changes.fields import apply_fields
        from services.changes.history import who
        from services.changes.ledger import Backups
        from tui.dialogs.plan_dialog import fields_plan_dialog

        if asks and not await self._host.ask(fields_plan_dialog(title, plan, aside or (), names=names)):
            return False
        change = None
        try:
            applied = await apply_fields(client, plan, Backups(), who=who())
            change = applied.change
        except UncertainError as error:
            change = error.change
            raise
        finally:  # a change that may have been stored can be undone too
            if label and change is not None:
                back = partial(self._put_back, service=plan.service, subject=plan.subject, change=change)
                self.note(TakeBack(label, back))
        saved = applied.stored
        way_back = with_keys(" · {services.undo} takes it back") if label and change is not None else ""
        self._host.post(ServiceSaved(saved))
        if applied.otherwise:
            listed = ", ".join(applied.otherwise)
            self._host.complain(f"The platform stored {listed} differently from what was sent.", title="Look again")
        self._host.say(f"{', '.join(plan.after)}{way_back}", title=done or f"{saved.name} is saved")
        return True


class _MakingAgain:
    """Undoes the deletion of a service. What one try created is not created twice."""

    def __init__(self, host: AskingHost, lost: Service) -> None:
        self._host, self._lost = host, lost
        self._made_id: str | None = None

    async def run(self, client: ServicesClient) -> bool:
        """Ask, then create the service and its version sets, unless it still exists.

        Raises :class:`services.errors.ServiceError`.
        """
        from services.changes.history import who
        from services.changes.ledger import Backups
        from services.changes.whole_service import PartlyMadeError, make_again
        from services.errors import NotFoundError
        from tui.dialogs.dialog import Confirm

        lost = self._lost
        if self._made_id is None:
            with suppress(NotFoundError):  # its deletion may never have arrived
                self._host.post(ServiceSaved(await client.get_service(lost.id)))
                self._host.say("It was not deleted.", title=f"{lost.name} is still there")
                return True
        text = (
            "It gets its settings, its voice settings and its version sets back:"
            f" {', '.join(lost.version_sets) or 'none'}.\n"
            "Another id comes with it: telephone numbers and whatever else refers to the old one still lead"
            " nowhere, and calls that were missed do not come back."
        )
        title = f"Make {lost.name} again?" if self._made_id is None else f"Make what {lost.name} still lacks?"
        if not await self._host.ask(Confirm(title, text, does="makes it again")):
            return False
        try:
            made = await make_again(client, lost, Backups(), who=who(), made_id=self._made_id)
        except PartlyMadeError as error:
            self._made_id = error.made_id
            self._host.post(ServiceMade(error.made_id or ""))
            self._host.complain(f"{error}\nu goes on with it.", title=f"{lost.name} is there again, not all of it")
            return False
        self._host.post(ServiceMade(made.id))
        self._host.say(f"Its id is {made.id} now.", title=f"{lost.name} is made again")
        return True


def unless_known(error: Exception, otherwise: str) -> str:
    """Return the title of a failure: ``otherwise``, unless the outcome is unknown."""
    return "Not known whether it is saved" if getattr(error, "outcome_unknown", False) else otherwise
