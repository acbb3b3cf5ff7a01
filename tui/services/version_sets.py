"""Changes version sets: shows the change first, keeps the old content, and reports the outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from tui.screens import key_for
from tui.services.changes import ServiceSaved, TakeBack, unless_known

if TYPE_CHECKING:
    from services.changes.applying import Applied
    from services.changes.change_record import KeptChange, KeptFields
    from services.changes.history import FieldsBack
    from services.changes.plan import Plan
    from services.changes.requests import Request
    from services.client import ServicesClient
    from services.model import Service
    from tui.host import AskingHost
    from tui.services.changes import ChangesController


class VersionSetsController:
    """Changes version sets of a service, each after showing the plan. ``note`` keeps how to undo it."""

    def __init__(self, host: AskingHost, note: Callable[[TakeBack], object]) -> None:
        self._host = host
        self._note = note

    async def upsert(self, client: ServicesClient, shown: Service, name: str) -> None:
        """Show the form of a version set, then the change."""
        from services.changes.differences import newest_versions
        from services.changes.ledger import Backups
        from services.changes.plan import make_plan
        from services.errors import ServiceError
        from services.model import EDGE
        from tui.dialogs.form_dialog import FormDialog
        from tui.services.forms import VERSION_SET_FIELDS, upsert, version_set_values

        try:
            service = await client.get_service(shown.id)
            newest = await newest_versions(client, service)
            before = version_set_values(name, service.version_sets[name], newest.behaviors)
        except (ServiceError, KeyError) as error:
            gone = f"{name} is not there any more; press {key_for('services.refresh')} to look again"
            self._host.complain(gone if isinstance(error, KeyError) else str(error), title="Cannot change it")
            return
        # edge itself cannot be written: from its line, another set is created.
        before = before | {"name": ""} if name == EDGE else before
        values, problem = before, ""
        while True:
            title = f"Version set of {service.name}"
            answer = await self._host.ask(
                FormDialog(title, VERSION_SET_FIELDS, before, typed=values, problem=problem)
            )
            if answer is None:
                return
            values = answer
            try:
                wanted = upsert(service, name, values, newest.behaviors)
                plan = await make_plan(client, service.id, wanted, Backups(), newest=newest)
            except (ServiceError, ValueError) as error:
                problem = str(error)
                continue
            await self._carry_out(client, plan)
            return

    async def diff(self, client: ServicesClient, service: Service, name: str) -> None:
        """Ask for the other version set, then show the differences."""
        from services.changes.differences import newest_versions
        from services.errors import ServiceError
        from tui.dialogs.dialogs import NameDialog
        from tui.services.dialogs import DiffDialog
        from tui.services.version_set_table import ordered

        others = [other for other, _ in ordered(service) if other != name]
        others.sort(key=lambda other: other != "release")
        offered = [(other, "what callers get" if other == "release" else "") for other in others]
        other = await self._host.ask(NameDialog(f"Compare {name} with", offered, typing=False))
        if other is None:
            return
        try:
            now = await client.get_service(service.id)
            newest = await newest_versions(client, now)
        except ServiceError as error:
            self._host.complain(str(error), title="Cannot compare")
            return
        if gone := [one for one in (name, other) if one not in now.version_sets]:
            self._host.complain(
                f"{gone[0]} is not there any more; press {key_for('services.refresh')} to look again",
                title="Cannot compare",
            )
            return
        await self._host.ask(DiffDialog(now, name, other, newest))

    async def promote(self, client: ServicesClient, service: Service, name: str) -> None:
        """Ask for the target, then show the change."""
        from services.changes.requests import Promote
        from tui.dialogs.dialogs import NameDialog

        target = await self._host.ask(
            NameDialog(f"Promote {name} of {service.name} to", _targets(service, name), typing=True)
        )
        if target is not None:
            await self.carry_out(client, service, Promote(name, target))

    async def roll_back(self, client: ServicesClient, service: Service, name: str) -> None:
        """Show the rollback of a version set. Ask if another user has changed it since."""
        from services.changes.requests import Rollback

        await self.carry_out(client, service, Rollback(name))

    async def delete(self, client: ServicesClient, service: Service, name: str) -> None:
        """Show the content of a version set, then delete it."""
        from services.changes.requests import Delete

        await self.carry_out(client, service, Delete(name))

    async def take_back(self, client: ServicesClient, *, service_id: str, name: str, change: int) -> bool:
        """Undo a change after showing the effect. Return whether it was undone.

        Raises :class:`services.errors.ServiceError` if it cannot be undone.
        """
        from services.changes.ledger import Backups
        from services.changes.plan import make_plan
        from services.changes.requests import Rollback

        plan = await make_plan(client, service_id, Rollback(name, to=change), Backups())
        if plan.nothing_to_do:
            self._host.say(f"{name} holds that already.", title="Nothing to take back")
            return True
        return await self._carry_out(client, plan, keeps=False)

    async def carry_out(self, client: ServicesClient, service: Service, request: Request) -> None:
        """Show the effect of a request, and apply it."""
        from services.changes.ledger import Backups
        from services.changes.plan import make_plan
        from services.changes.requests import ChangedSinceError, Rollback
        from services.errors import ServiceError

        aside: Sequence[str] = ()
        try:
            try:
                plan = await make_plan(client, service.id, request, Backups())
            except ChangedSinceError as error:
                since = f"{request.target} was changed elsewhere after change {error.entry.id}"
                aside = [f"{since}: going back replaces that"]
                plan = await make_plan(client, service.id, Rollback(request.target, to=error.entry.id), Backups())
        except ServiceError as error:
            self._host.complain(str(error), title="Not possible")
            return
        await self._carry_out(client, plan, aside)

    async def _carry_out(
        self, client: ServicesClient, plan: Plan, aside: Sequence[str] = (), *, keeps: bool = True
    ) -> bool:
        """Show a plan and apply it. If the underlying state changed meanwhile, show both plans and ask again.

        Return whether it was applied. ``keeps``: keep how to undo it.
        """
        from services.changes.applying import apply_plan
        from services.changes.errors import MovedError, UncertainError, moved
        from services.changes.history import who
        from services.changes.ledger import Backups
        from services.errors import ServiceError
        from tui.services.dialogs import MovedPlans, version_set_plan_dialog

        while await self._host.ask(version_set_plan_dialog(plan, client.dialect, aside)):
            done = False
            try:
                applied = await apply_plan(client, plan, Backups(), who=who())
            except MovedError as error:
                reason = f"{moved(error.planned, error.now)}; nothing was sent"
                if not await self._host.ask(MovedPlans(reason, error.planned, error.now)):
                    return False
                plan, aside = error.now, ()
                continue
            except ServiceError as error:
                if isinstance(error, UncertainError) and keeps:
                    self._keep_way_back(plan, error.change)
                self._host.complain(str(error), title=unless_known(error, f"{plan.target} was not changed"))
            else:
                done = True
                self._tell(applied, way_back=keeps and self._keep_way_back(plan, applied.change))
            await self._show_now(client, plan.service.id)
            return done
        return False

    def _keep_way_back(self, plan: Plan, change: int | None) -> bool:
        """Keep how to undo a change, by its number. Return whether it can be undone."""
        if change is not None:
            back = partial(self.take_back, service_id=plan.service.id, name=plan.target, change=change)
            self._note(TakeBack(f"{_DEEDS[plan.action]} of {plan.target} of {plan.service.name}", back))
        return change is not None

    def _tell(self, applied: Applied, *, way_back: bool) -> None:
        """Report what changed."""
        from services.changes.differences import change_texts

        plan = applied.plan
        gone, made = applied.stored is None, plan.before is None
        lines = [
            "{}: {} → {}".format(*change_texts(change, plan.newest, made=made, gone=gone))
            for change in plan.changes
        ]
        if len(lines) > _LINES_TOLD:
            lines = [*lines[:_LINES_TOLD], f"and {len(lines) - _LINES_TOLD} more"]
        if applied.otherwise:
            lines.append(
                "⚠ the platform stored something else: " + ", ".join(str(c.part) for c in applied.otherwise)
            )
        if way_back:
            lines.append(f"{key_for('services.undo')} takes it back (change {applied.change}).")
        verb = {"promote": "promoted", "upsert": "written", "delete": "deleted", "rollback": "rolled back"}
        way = f"{plan.source} → {plan.target}" if plan.source else plan.target
        self._host.say("\n".join(lines), title=f"{way} {verb[plan.action]}")

    async def _show_now(self, client: ServicesClient, service_id: str) -> None:
        from services.errors import ServiceError

        try:
            self._host.post(ServiceSaved(await client.get_service(service_id)))
        except ServiceError as error:
            self._host.complain(f"what is there now is not known: {error}", title="Press r to look again")


async def put_back(
    changes: ChangesController,
    version_sets: VersionSetsController,
    back: KeptChange | KeptFields | FieldsBack | Request | None,
    client: ServicesClient,
    service: Service,
) -> None:
    """Undo a change of the history, whatever its kind."""
    from services.changes.change_record import KeptChange, KeptFields
    from services.changes.history import FieldsBack
    from services.changes.requests import Rollback

    if isinstance(back, KeptFields):
        await changes.put_back(client, service, back.subject, back.id)
    elif isinstance(back, KeptChange):
        await version_sets.carry_out(client, service, Rollback(back.target, to=back.id))
    elif isinstance(back, FieldsBack):
        await changes.put_fields(client, service, back)
    elif back is not None:
        await version_sets.carry_out(client, service, back)


_LINES_TOLD = 8
_DEEDS = {"promote": "promotion", "upsert": "change", "delete": "deletion", "rollback": "rollback"}


def _targets(service: Service, source: str) -> list[tuple[str, str]]:
    """Return the version sets that ``source`` may be promoted to. The next on the path comes first."""
    from services.changes.requests import STAGES, next_stage
    from services.model import EDGE, RELEASE

    after = next_stage(source)
    names = dict.fromkeys(filter(None, [after, *STAGES[1:], *service.version_sets]))
    offered = []
    for name in names:
        if name in (source, EDGE):
            continue
        parts = ["next on the path" if name == after else "", "what callers get" if name == RELEASE else ""]
        parts.append("" if name in service.version_sets else "would be made")
        offered.append((name, ", ".join(filter(None, parts))))
    return offered
