"""``turnlab version-set promote``, ``upsert``, ``rollback``, ``delete``: shown first, written with ``--apply``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress

from pydantic import JsonValue

from base.json_text import json_line
from services.changes.applying import Applied, apply_plan
from services.changes.errors import MovedError
from services.changes.fields import why_confirm
from services.changes.history import who
from services.changes.ledger import Backups
from services.changes.plan import Plan, make_plan
from services.changes.requests import (
    ChangedSinceError,
    Delete,
    Promote,
    Request,
    Rollback,
    Upsert,
    next_stage,
)
from services.client import Dialect, ServicesClient
from services.errors import StorageError
from services.model import RELEASE
from services.writing import JsonObject
from tui.cli.connecting import confirm, connected, find_service
from tui.cli.failure import CallError, WorkError
from tui.cli.options import Wish, read_body
from tui.cli.tables import print_line, print_whole
from tui.cli.version_set_words import changes_json, plan_json, print_body, print_changes, print_plan, set_json

SCHEMA = "turnlab.version-set-plan/1"


def promote(service: str, source: str, target: str | None, wish: Wish) -> None:
    """Copy the content of ``source`` to ``target``, by default the next set on the path."""
    to = target or next_stage(source)
    if to is None:

        async def look(client: ServicesClient) -> None:
            found = await find_service(client, service)
            found.version_set(source)

        connected(wish.connection, look)
        raise CallError(f"nothing comes after {source!r} on the path; name the version set to promote to")
    _change(service, Promote(source, to), wish)


def upsert(
    service: str,
    name: str,
    versions: Mapping[str, str | None],
    models: list[str],
    body: str | None,
    wish: Wish,
) -> None:
    """Change the named fields of a version set, or create it."""
    fields: dict[str, JsonValue] = {} if body is None else dict(read_body(body, "version_set"))
    for field, text in versions.items():
        if text is not None:
            if field in fields:
                raise CallError(f"{field} is given twice, in --body and as an option; give it once")
            fields[field] = _version(text)
    preferences = dict(_preference(one) for one in models)
    if not fields and not preferences and body is None:
        raise CallError("say what to change: --agent-version, --context-graph-version, --model or --body")
    _change(service, Upsert(name, fields, preferences), wish)


def rollback(service: str, name: str, to: int | None, wish: Wish) -> None:
    """Restore a version set's earlier content."""
    _change(service, Rollback(name, to), wish)


def delete(service: str, name: str, wish: Wish) -> None:
    """Delete a version set."""
    _change(service, Delete(name), wish)


def _version(text: str) -> int | None:
    if text == "latest":
        return None
    if text.isascii() and text.isdigit():
        return int(text[:9])
    raise CallError(f"a version is a whole number or 'latest', not {text!r}")


def _preference(text: str) -> tuple[str, str | None]:
    use, equals, model = text.partition("=")
    if not equals or not use:
        raise CallError(f"--model takes USE=MODEL, such as navigation=gpt-4.1, not {text!r}")
    return use, model or None


def _change(service: str, request: Request, wish: Wish) -> None:
    backups = Backups()

    async def planned(client: ServicesClient) -> tuple[Plan, Dialect]:
        found = await find_service(client, service)
        plan = await make_plan(client, found.id, request, backups)
        if not wish.apply and not plan.nothing_to_do:
            # if it cannot be stored, --expect still recognises its fingerprint
            with suppress(StorageError):
                await backups.note_shown(plan.fingerprint, plan_json(plan, client.dialect))
        return plan, client.dialect

    async def expected(_: ServicesClient) -> JsonValue:
        return await backups.shown(wish.expect or "")

    try:
        plan, dialect = connected(wish.connection, planned)
    except WorkError as error:
        if isinstance(error.__cause__, ChangedSinceError):
            _show_changed_since(error.__cause__, wish)
        raise
    payload = plan_json(plan, dialect)
    if wish.expect and wish.expect != plan.fingerprint:
        _refuse_moved(connected(wish.connection, expected), payload, wish)
    if not wish.as_json:
        print_plan(payload, _heading(payload))
        print_body(payload)
    if not wish.apply or plan.nothing_to_do:
        _finish_dry(payload, wish)
        return
    if plan.needs_confirmation:
        confirm(plan.target, wish.confirm, why_confirm(plan.target, plan.service))
    _apply(plan, payload, backups, wish)


def _apply(plan: Plan, payload: JsonObject, backups: Backups, wish: Wish) -> None:
    async def work(client: ServicesClient) -> Applied:
        return await apply_plan(client, plan, backups, who=who())

    try:
        applied = connected(wish.connection, work)
    except WorkError as error:
        if isinstance(error.__cause__, MovedError):
            _refuse_moved(payload, plan_json(error.__cause__.now, "platform"), wish)
        raise
    if wish.as_json:
        more: JsonObject = {
            "change": applied.change,
            "stored": set_json(applied.stored),
            "stored_otherwise": changes_json(applied.otherwise),
        }
        _print_json(payload, applied=True, **more)
    else:
        done = "deleted" if applied.stored is None else "written"
        print_line(f"{plan.target} of {plan.service.name} is {done}.")
        back = f"turnlab version-set rollback {plan.service.id} {plan.target} --to {applied.change} --apply"
        print_whole(
            f"Its old content is stored as change {applied.change}; to go back: {back}{_confirming(plan.target)}"
        )
    if applied.otherwise:
        if not wish.as_json:
            print_changes("Stored otherwise", ["what", "sent", "stored"], applied.otherwise, plan.newest)
        raise WorkError(f"the platform stored {plan.target} differently from what was sent; look at it now")


def _finish_dry(payload: JsonObject, wish: Wish) -> None:
    if wish.as_json:
        _print_json(payload, applied=False)
    elif not payload["nothing_to_do"]:
        needed = f"--apply --expect {payload['plan']}{_confirming(str(payload['target']))}"
        print_line(f"Nothing was written. To write exactly this, repeat the command with: {needed}")


def _confirming(target: str) -> str:
    """Return the extra option for a printed command if callers get the target."""
    return f" --confirm {target}" if target == RELEASE else ""


def _refuse_moved(before: JsonValue, now: JsonObject, wish: Wish) -> None:
    """Show the plan and the current state, and fail."""
    if wish.as_json:
        _print_json(now, applied=False, moved=True, planned=before)
    else:
        # the plan stored under this fingerprint may belong to another command, or not exist
        if isinstance(before, dict) and before.get("target") == now["target"]:
            print_plan(before, f"As it was planned: {_heading(before)}")
        print_plan(now, f"As it would be now: {_heading(now)}")
    since = "something changed since the plan was made" if before else f"no plan {wish.expect} was shown here"
    further = f"--expect {now['plan']}{_confirming(str(now['target']))}"
    raise WorkError(f"{since}, so nothing was written: look at it, then continue with {further}")


def _show_changed_since(error: ChangedSinceError, wish: Wish) -> None:
    left, now = set_json(error.entry.after), set_json(error.now)
    if wish.as_json:
        payload = {"change": error.entry.id, "target": error.entry.target, "left": left, "now": now}
        print(json.dumps({"schema": SCHEMA, "applied": False, "moved": True, **payload}))
        return
    print_whole(f"change {error.entry.id} left: {json_line(left)}")
    print_whole(f"what is there now: {json_line(now)}")


def _heading(payload: JsonObject) -> str:
    service = payload["service"]
    assert isinstance(service, dict)
    way = f"{payload['source']} → {payload['target']}" if payload["source"] else f"{payload['target']}"
    return f"{payload['action']} {way} of {service['name']}"


def _print_json(payload: JsonObject, *, applied: bool, **more: JsonValue) -> None:
    shown = {name: value for name, value in payload.items() if name != "rows"}
    print(json.dumps({"schema": SCHEMA, "applied": applied, **shown, **more}))
