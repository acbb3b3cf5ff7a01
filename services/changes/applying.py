"""Carrying out a plan: look again, keep what is there, write, and look at what became of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from services.changes.differences import Change, differences, newest_versions, same
from services.changes.errors import MovedError, UncertainError
from services.changes.ledger import Backups, Scope, holds, settled
from services.changes.plan import Plan, make_plan
from services.client import ServicesClient
from services.errors import (
    BadResponseError,
    NotFoundError,
    ServiceError,
    StorageError,
    UnreachableError,
    UnsupportedError,
)
from services.model import VersionSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What became of a plan."""

    plan: Plan
    change: int | None
    """The number of the change, to take it back by; ``None`` when there was nothing to do."""
    stored: VersionSet | None
    """What the target holds now, as the platform tells it; ``None``: it does not exist."""
    otherwise: tuple[Change, ...] = ()
    """Where what is stored differs from what was sent."""


async def apply_plan(client: ServicesClient, plan: Plan, backups: Backups, *, who: str) -> Applied:
    """Do what a plan says, if the platform still holds what the plan was made from.

    Everything is read again right before it is written; if it moved, :class:`services.changes.errors.MovedError`
    holds both plans. The API has no conditional write, so a change by somebody else in the moment between that
    reading and the writing cannot be seen; other Turnlabs with the same data folder wait for each other. What the
    target held is kept on the disk before anything is sent: if that fails, nothing is sent.

    Raises :class:`services.errors.ServiceError` when the platform refuses, and
    :class:`services.changes.errors.UncertainError` when nobody knows whether the change was stored.
    """
    method = "delete_version_set" if plan.after is None else "upsert_version_set"
    if why := client.unsupported.get(method):
        raise UnsupportedError(why)
    scope = Scope.of(client.label, plan.service)
    async with backups.alone():
        newest = await newest_versions(client, plan.service)
        await _settle_leftovers(client, scope, plan, backups)
        now = await make_plan(client, plan.service.id, plan.request, backups, newest=newest)
        if now.fingerprint != plan.fingerprint:
            raise MovedError(plan, now)
        if plan.nothing_to_do:
            return Applied(plan=plan, change=None, stored=plan.before)
        change = await backups.begin(scope, plan, who)
        try:
            await _write(client, plan)
        except ServiceError as error:
            await _find_out(client, plan, backups, change, error)
        stored = await _read_back(client, plan, change)
        # what is stored tells later, too; a full disk must not make a change look undone
        with suppress(StorageError):
            await backups.settle(change, "done", stored)
    otherwise = () if holds(stored, plan.after) else differences(plan.after, stored, plan.newest)
    return Applied(plan=plan, change=change, stored=stored, otherwise=otherwise)


async def _settle_leftovers(client: ServicesClient, scope: Scope, plan: Plan, backups: Backups) -> None:
    """Judge changes that broke off by what is stored, while that still tells."""
    begun = [one for one in await backups.entries(scope) if one.target == plan.target and one.state == "begun"]
    if begun:
        now = (await client.list_version_sets(plan.service.id)).get(plan.target)
        for entry in begun:
            await backups.settle(entry.id, settled(entry, now), now)


async def _write(client: ServicesClient, plan: Plan) -> None:
    if plan.after is None:
        await client.delete_version_set(plan.service.id, plan.target)
    else:
        await client.upsert_version_set(plan.service.id, plan.target, plan.after)


async def _find_out(client: ServicesClient, plan: Plan, backups: Backups, change: int, error: ServiceError) -> None:
    """Return if a change whose writing failed was stored all the same; otherwise raise."""
    if _surely_not_written(error):
        with suppress(StorageError):
            await backups.settle(change, "not written")
        raise error
    try:
        now = (await client.list_version_sets(plan.service.id)).get(plan.target)
    except ServiceError:
        raise _uncertain(plan, change, error) from None
    if holds(now, plan.after):
        return
    # It may still be on its way, so it stays begun: the next look at it will tell.
    raise error if same(now, plan.before) else _uncertain(plan, change, error)


def _surely_not_written(error: ServiceError) -> bool:
    if isinstance(error, UnreachableError | BadResponseError):
        return False
    return error.status is None or (400 <= error.status < 500 and error.status != 408)


async def _read_back(client: ServicesClient, plan: Plan, change: int) -> VersionSet | None:
    try:
        return (await client.list_version_sets(plan.service.id)).get(plan.target)
    except NotFoundError:
        return None
    except ServiceError as error:
        raise _uncertain(plan, change, error) from None


def _uncertain(plan: Plan, change: int, error: ServiceError) -> UncertainError:
    return UncertainError(
        f"{plan.target} may or may not have been written ({error}); what it held is kept as change {change}: "
        "look at it before trying again",
        status=error.status,
    )
