"""Changing version sets: what would change is shown first, what was there is kept, and what came of it is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import work

from tui.services.commands import (
    DELETE_VERSION_SET,
    DIFF_VERSION_SETS,
    PROMOTE,
    ROLLBACK,
    UPSERT_VERSION_SET,
    ServiceCommand,
)
from tui.services.screen_changes import ChangesScreen

if TYPE_CHECKING:
    from services.changes.applying import Applied
    from services.changes.plan import Plan
    from services.changes.requests import Request
    from services.client import ServicesClient
    from services.model import Service


class VersionSetsScreen(ChangesScreen):
    """Offers the commands about version sets."""

    def _chosen(self, command: ServiceCommand) -> tuple[ServicesClient, Service, str] | None:
        """Return what a command acts on; if no version set is in view, show them instead."""
        if not self.may(command):
            return None
        client, service, name = self.client, self.highlighted, self.standing.version_set
        if client is None or service is None:
            return None
        if name is None:
            if self.detail is not None:
                self.detail.open_version_sets()
            self.say("Go to a version set's line, then press the key again.", title=command.name)
            return None
        return client, service, name

    @work(exclusive=True, group="changing")
    async def action_upsert_version_set(self) -> None:
        """Show the form of the highlighted version set, then what would change."""
        if (chosen := self._chosen(UPSERT_VERSION_SET)) is None:
            return
        from services.changes.plan import make_plan
        from services.errors import ServiceError
        from services.model import EDGE
        from tui.dialogs.form_dialog import FormDialog
        from tui.services.version_set_form import FIELDS, form_values, upsert

        client, shown, name = chosen
        try:
            service = await client.get_service(shown.id)
            before = form_values(name, service.version_sets[name])
        except (ServiceError, KeyError) as error:
            gone = f"{name} is not there any more; press r to look again"
            self.complain(gone if isinstance(error, KeyError) else str(error), title="Cannot change it")
            return
        # edge itself cannot be written: from its line another set is made.
        before = before | {"name": ""} if name == EDGE else before
        values, problem = before, ""
        while True:
            title = f"Version set of {service.name}"
            dialog = FormDialog(title, FIELDS, before, typed=values, problem=problem)
            answer = await self.ask(dialog)
            if answer is None:
                return
            values = answer
            try:
                plan = await make_plan(client, service.id, upsert(service, name, values), self.backups)
            except (ServiceError, ValueError) as error:
                problem = str(error)
                continue
            await self._carry_out(client, plan)
            return

    @work(exclusive=True, group="changing")
    async def action_diff_version_sets(self) -> None:
        """Ask for the other version set, then show the differences."""
        if (chosen := self._chosen(DIFF_VERSION_SETS)) is None:
            return
        from services.changes.differences import newest_versions
        from services.errors import ServiceError
        from tui.dialogs.name_dialog import NameDialog
        from tui.services.diff_dialog import DiffDialog
        from tui.services.version_set_table import ordered

        client, service, name = chosen
        others = [other for other, _ in ordered(service) if other != name]
        others.sort(key=lambda other: other != "release")
        offered = [(other, "what callers get" if other == "release" else "") for other in others]
        other = await self.ask(NameDialog(f"Compare {name} with", offered, typing=False))
        if other is None:
            return
        try:
            now = await client.get_service(service.id)
            newest = await newest_versions(client, now)
        except ServiceError as error:
            self.complain(str(error), title="Cannot compare")
            return
        if gone := [one for one in (name, other) if one not in now.version_sets]:
            self.complain(f"{gone[0]} is not there any more; press r to look again", title="Cannot compare")
            return
        await self.ask(DiffDialog(now, name, other, newest))

    @work(exclusive=True, group="changing")
    async def action_promote(self) -> None:
        """Ask where to, then show what would change."""
        if (chosen := self._chosen(PROMOTE)) is None:
            return
        from services.changes.requests import Promote as PromoteRequest
        from tui.dialogs.name_dialog import NameDialog

        client, service, name = chosen
        target = await self.ask(NameDialog(f"Promote {name} to", _targets(service, name), typing=True))
        if target is not None:
            await self._plan_and_carry_out(client, service, PromoteRequest(name, target))

    @work(exclusive=True, group="changing")
    async def action_rollback(self) -> None:
        """Show what the highlighted version set would go back to; ask, if somebody else changed it since."""
        if (chosen := self._chosen(ROLLBACK)) is None:
            return
        from services.changes.requests import Rollback as RollbackRequest

        client, service, name = chosen
        await self._plan_and_carry_out(client, service, RollbackRequest(name))

    @work(exclusive=True, group="changing")
    async def action_delete_version_set(self) -> None:
        """Show what the highlighted version set holds, then delete it."""
        if (chosen := self._chosen(DELETE_VERSION_SET)) is None:
            return
        from services.changes.requests import Delete

        client, service, name = chosen
        await self._plan_and_carry_out(client, service, Delete(name))

    async def _plan_and_carry_out(self, client: ServicesClient, service: Service, request: Request) -> None:
        from services.changes.plan import make_plan
        from services.changes.requests import ChangedSinceError
        from services.changes.requests import Rollback as RollbackRequest
        from services.errors import ServiceError

        aside: Sequence[str] = ()
        try:
            try:
                plan = await make_plan(client, service.id, request, self.backups)
            except ChangedSinceError as error:
                since = f"somebody else changed {request.target} after change {error.entry.id}"
                aside = [f"{since}: going back replaces theirs"]
                back = RollbackRequest(request.target, to=error.entry.id)
                plan = await make_plan(client, service.id, back, self.backups)
        except ServiceError as error:
            self.complain(str(error), title="Not possible")
            return
        await self._carry_out(client, plan, aside)

    async def _carry_out(self, client: ServicesClient, plan: Plan, aside: Sequence[str] = ()) -> None:
        """Show a plan and apply it; if what it was made from moved meanwhile, show both and ask again."""
        from services.changes.applying import apply_plan
        from services.changes.errors import MovedError, moved
        from services.errors import ServiceError
        from tui.cli.connecting import who
        from tui.services.plan_dialog import MovedPlans, PlanDialog

        while await self.ask(PlanDialog(plan, aside)):
            try:
                applied = await apply_plan(client, plan, self.backups, who=who())
            except MovedError as error:
                reason = f"{moved(error.planned, error.now)}; nothing was sent"
                if not await self.ask(MovedPlans(reason, error.planned, error.now)):
                    return
                plan, aside = error.now, ()
                continue
            except ServiceError as error:
                self.complain(str(error), title=f"{plan.target} was not changed")
            else:
                self._tell(applied)
            await self._show_now(client, plan.service.id)
            return

    def _tell(self, applied: Applied) -> None:
        """Say what is different now."""
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
        if applied.change is not None and plan.action != "rollback":
            lines.append(f"R on its line takes it back (change {applied.change})." if not gone else _KEPT)
        verb = {"promote": "promoted", "upsert": "written", "delete": "deleted", "rollback": "rolled back"}
        way = f"{plan.source} → {plan.target}" if plan.source else plan.target
        self.say("\n".join(lines), title=f"{way} {verb[plan.action]}")

    async def _show_now(self, client: ServicesClient, service_id: str) -> None:
        from services.errors import ServiceError

        try:
            self.show_saved(await client.get_service(service_id))
        except ServiceError as error:
            self.complain(f"what is there now is not known: {error}", title="Press r to look again")
        self.learn()


_LINES_TOLD = 8
_KEPT = "What it held is kept: turnlab version-set rollback brings it back."


def _targets(service: Service, source: str) -> list[tuple[str, str]]:
    """Return the names a version set may be promoted to, the next one of the path first."""
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
