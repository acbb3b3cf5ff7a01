"""Changes of a service's fields from the command line: shown first, written with ``--apply``."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from pydantic import JsonValue

from base.json_text import json_line
from services.changes.change_record import KeptFields
from services.changes.fields import AppliedFields, FieldsPlan, apply_fields
from services.changes.history import who
from services.changes.ledger import Backups
from services.client import ServicesClient
from services.errors import ConflictError, StorageError
from services.writing import JsonObject
from tui.cli.connecting import confirm, connected
from tui.cli.failure import WorkError
from tui.cli.options import Wish
from tui.cli.tables import print_line, print_table, print_whole
from tui.cli.version_set_words import STATES, moment, service_json, what_it_was

Planned = Callable[[ServicesClient, Backups], Awaitable[FieldsPlan]]


def change_fields(planned: Planned, wish: Wish, *, schema: str, heading: Callable[[FieldsPlan], str]) -> None:
    """Show a plan, and apply it with ``--apply``."""
    backups = Backups()

    async def plan_it(client: ServicesClient) -> FieldsPlan:
        plan = await planned(client, backups)
        await _compare(plan, backups, wish)
        return plan

    async def apply_it(client: ServicesClient) -> AppliedFields:
        return await apply_fields(client, plan, backups, who=who())

    plan = connected(wish.connection, plan_it)
    if not wish.as_json:
        print_plan(plan, heading(plan))
    if not wish.apply or plan.nothing_to_do:
        if wish.as_json:
            _print_json(plan, schema, applied=False)
        elif not plan.nothing_to_do:
            _print_how_to_go_on(plan)
        return
    if plan.confirmation:
        confirm(plan.confirmation, wish.confirm, plan.why_confirm)
    applied = connected(wish.connection, apply_it)
    if wish.as_json:
        _print_json(plan, schema, applied=True, change=applied.change)
    if applied.otherwise:
        listed = ", ".join(applied.otherwise)
        raise WorkError(f"the platform stored {listed} differently from what was sent; look at the service now")
    if not wish.as_json:
        print_line("Written.")
        _print_way_back(applied)


def _print_way_back(applied: AppliedFields) -> None:
    plan = applied.plan
    confirming = f" --confirm {plan.confirmation}" if plan.confirmation else ""
    voice = plan.subject == "voice_config"
    command = f"voice-config {plan.service.id} --rollback" if voice else f"service rollback {plan.service.id}"
    back = f"turnlab {command} --to {applied.change} --apply{confirming}"
    print_whole(f"What it replaced is kept as change {applied.change}; to go back: {back}")


def _print_how_to_go_on(plan: FieldsPlan) -> None:
    confirming = f" --confirm {plan.confirmation}" if plan.confirmation else ""
    needed = f"--apply --expect {plan.fingerprint}{confirming}"
    print_whole(f"Nothing was written. To write exactly this, repeat the command with: {needed}")


async def _compare(plan: FieldsPlan, backups: Backups, wish: Wish) -> None:
    """Store a plan that is only shown. Refuse one that is not the expected plan.

    Raises :class:`services.errors.ConflictError` with the planned and the current state.
    """
    payload = plan_json(plan)
    if wish.expect and wish.expect != plan.fingerprint:
        planned = await backups.shown(wish.expect)
        further = f"look at it, then continue with --expect {plan.fingerprint}"
        if not isinstance(planned, dict) or planned.get("service") != payload["service"]:
            raise ConflictError(
                f"no plan {wish.expect} for this service was shown here, so nothing was written; now it "
                f"would be {_side(payload)}: {further}"
            )
        raise ConflictError(
            f"something changed since plan {wish.expect} was shown, so nothing was written; it was "
            f"{_side(planned)}, and now it would be {_side(payload)}: {further}"
        )
    if not wish.apply and not plan.nothing_to_do:
        # if it cannot be stored, --expect still recognises its fingerprint
        with suppress(StorageError):
            await backups.note_shown(plan.fingerprint, payload)


def plan_json(plan: FieldsPlan) -> JsonObject:
    """Return a plan as JSON."""
    return {
        "action": plan.action,
        "service": service_json(plan.service),
        "before": plan.before,
        "body": plan.body,
        "notes": list(plan.notes),
        "warnings": list(plan.warnings),
        "plan": plan.fingerprint,
    }


def print_plan(plan: FieldsPlan, heading: str) -> None:
    """Print a plan."""
    if plan.nothing_to_do:
        print_line(f"{heading}: nothing would change")
    else:
        rows = [list(row) for row in plan.rows]
        print_table(heading, ["field", "now", "then"], rows, left=3)
    for note in plan.notes:
        print_line(f"  {note}")
    for warning in plan.warnings:
        print_line(f"! {warning}")
    if plan.body:
        print_whole(f"  body: {json_line(plan.body)}")


def print_fields_history(heading: str, kept: Sequence[KeptFields]) -> None:
    """Print the changes from here."""
    if not kept:
        print_line(f"{heading}: no changes were made from here.")
        return
    rows = [
        [str(one.id), moment(one.at), one.who, what_it_was(one, "preset"), ", ".join(one.after), STATES[one.state]]
        for one in kept
    ]
    headers = ["change", "when", "who", "what", "fields", ""]
    print_table(f"{heading}: changed from here", headers, rows, left=6, whole=2)


def fields_history_json(kept: Sequence[KeptFields]) -> list[JsonValue]:
    """Return the changes from here as JSON."""
    return [
        {
            "change": one.id,
            "at": one.at.isoformat(),
            "who": one.who,
            "action": one.action,
            "preset": one.source,
            "undoes": one.undoes,
            "state": one.state,
            "before": one.before,
            "after": one.after,
        }
        for one in kept
    ]


def _side(payload: JsonObject) -> str:
    return f"from {json.dumps(payload['before'])} with {json.dumps(payload['body'])}"


def _print_json(plan: FieldsPlan, schema: str, *, applied: bool, **more: JsonValue) -> None:
    print(json.dumps({"schema": schema, "applied": applied, **plan_json(plan), **more}))
