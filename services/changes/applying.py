"""Applies a plan for a version set: checks it again, keeps the old value, writes, and reads back."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from services.changes.change_record import Entry, Scope, holds, settled
from services.changes.differences import ValueChange, canonical, change_texts, differences, newest_versions, same
from services.changes.errors import MovedError
from services.changes.guarded import carry_out
from services.changes.ledger import Backups
from services.changes.plan import Plan, make_plan
from services.client import ServicesClient
from services.errors import NotFoundError, StorageError, UnsupportedError
from services.model import VersionSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """The outcome of a plan."""

    plan: Plan
    change: int | None
    """The number that undoes the change. ``None`` if there was nothing to do."""
    stored: VersionSet | None
    """What the platform now holds as the target. ``None``: the target does not exist."""
    otherwise: tuple[ValueChange, ...] = ()
    """Where what is stored differs from what was sent."""


async def apply_plan(client: ServicesClient, plan: Plan, backups: Backups, *, who: str) -> Applied:
    """Apply a plan, if the platform still holds the state that the plan was made from.

    Everything is read again right before each write. If it differs, :class:`services.changes.errors.MovedError`
    holds both plans. The API has no conditional write, so a change by another client between that reading and the
    write stays unseen. Other Turnlabs with the same data folder wait for each other. The old value is on the disk
    before anything is sent; if that fails, nothing is sent.

    Raises what :func:`services.changes.guarded.carry_out` raises.
    """
    method = "delete_version_set" if plan.after is None else "upsert_version_set"
    if why := client.unsupported.get(method):
        raise UnsupportedError(why)
    async with backups.alone():
        step = _VersionSetStep(client, plan, backups)
        if plan.nothing_to_do:
            await step.look()
            return Applied(plan=plan, change=None, stored=plan.before)
        change, stored = await carry_out(client, step, backups, who)
    otherwise = () if holds(stored, plan.after) else differences(plan.after, stored, plan.newest)
    return Applied(plan=plan, change=change, stored=stored, otherwise=otherwise)


class _VersionSetStep:
    """A :class:`services.changes.guarded.ChangeStep` that replaces or deletes one version set."""

    repeatable = True

    def __init__(self, client: ServicesClient, plan: Plan, backups: Backups) -> None:
        self._client = client
        self._plan = plan
        self._backups = backups
        self._looked = False

    @property
    def what(self) -> str:
        return f"{self._plan.target} of {self._plan.service.name}"

    @property
    def check(self) -> str:
        return f"turnlab version-set get {self._plan.service.id} {self._plan.target}"

    async def look(self) -> None:
        plan = self._plan
        newest = await newest_versions(self._client, plan.service)
        if not self._looked:
            # from here on, the change with state "begun" is this one
            await self._settle_leftovers()
        self._looked = True
        now = await make_plan(self._client, plan.service.id, plan.request, self._backups, newest=newest)
        if now.fingerprint != plan.fingerprint:
            raise MovedError(plan, now)

    async def _settle_leftovers(self) -> None:
        """Settle interrupted changes by what is stored, while that still shows their outcome."""
        plan = self._plan
        entries = await self._backups.entries(Scope.of(self._client.label, plan.service))
        begun = [one for one in entries if one.target == plan.target and one.state == "begun"]
        if begun:
            now = (await self._client.list_version_sets(plan.service.id)).get(plan.target)
            for entry in begun:
                with suppress(StorageError):
                    await self._backups.settle(entry.id, settled(entry, now), canonical(now))

    def entry(self) -> Entry:
        return entry_for(self._client.label, self._plan)

    async def send(self) -> None:
        await write(self._client, self._plan)

    async def read(self) -> VersionSet | None:
        try:
            return (await self._client.list_version_sets(self._plan.service.id)).get(self._plan.target)
        except NotFoundError:
            return None

    def holds(self, stored: VersionSet | None) -> bool:
        return holds(stored, self._plan.after)

    def untouched(self, stored: VersionSet | None) -> bool:
        return same(stored, self._plan.before)

    def shown(self, stored: VersionSet | None) -> str:
        newest = self._plan.newest
        texts = (change_texts(one, newest) for one in differences(self._plan.before, stored, newest))
        return "; ".join(f"{label} is {now}" for label, _, now in texts)

    def stored_text(self, stored: VersionSet | None) -> str:
        return canonical(stored)


def entry_for(connection: str, plan: Plan) -> Entry:
    """Return what to keep of a plan before it is applied."""
    return Entry(
        scope=Scope.of(connection, plan.service),
        service_name=plan.service.name,
        kind="version set",
        action=plan.action,
        target=plan.target,
        source=plan.source,
        undoes=plan.undoes,
        before=canonical(plan.before),
        after=canonical(plan.after),
    )


async def write(client: ServicesClient, plan: Plan) -> None:
    """Send a plan's change without checking."""
    if plan.after is None:
        await client.delete_version_set(plan.service.id, plan.target)
    else:
        await client.upsert_version_set(plan.service.id, plan.target, plan.after)
