"""``turnlab voice-config``: stored values, changes of fields, and rollback."""

from __future__ import annotations

import difflib
import json
from typing import Any

from pydantic import JsonValue

from presets.config import ConfigError, check, parse
from presets.library import preset_fields, whole
from services.changes.change_record import KeptFields
from services.changes.fields import FieldsPlan, fields_history, plan_fields, plan_rollback, shown_value
from services.changes.ledger import Backups
from services.client import ServicesClient
from services.errors import UnsupportedError
from services.model import Service
from tui.cli.connecting import connected, find_service
from tui.cli.failure import CallError, complain
from tui.cli.field_changes import change_fields, fields_history_json, print_fields_history
from tui.cli.options import Wish, read_body
from tui.cli.tables import print_line, print_table
from tui.cli.version_set_words import service_json
from tui.user_presets import all_presets

SCHEMA = "turnlab.voice-config/1"


def show_voice_config(service: str, connection: str | None, *, as_json: bool) -> None:
    """Show the stored values. Unset fields are inherited."""

    async def work(client: ServicesClient) -> Service:
        _refuse_unsupported(client)
        return await find_service(client, service)

    found = connected(connection, work)
    values = found.voice_config.set_values()
    problems = [str(problem) for problem in found.voice_problems]
    if as_json:
        payload = {"service": service_json(found), "voice_config": values, "problems": problems}
        print(json.dumps({"schema": SCHEMA, **payload}))
        return
    if values:
        rows = [[name, shown_value("voice_config", name, value)] for name, value in values.items()]
        print_table(f"voice_config of {found.name}", ["field", "value"], rows, left=2)
    else:
        print_line(f"{found.name} sets no field of voice_config: all are inherited.")
    for problem in problems:
        print_line(f"! {problem}")


def show_history(service: str, connection: str | None, *, as_json: bool) -> None:
    """Show the changes made from here."""

    async def work(client: ServicesClient) -> tuple[Service, tuple[KeptFields, ...]]:
        _refuse_unsupported(client)
        found = await find_service(client, service)
        return found, await fields_history(client, found, "voice_config", Backups())

    found, kept = connected(connection, work)
    if as_json:
        payload = {"service": service_json(found), "from_here": fields_history_json(kept)}
        print(json.dumps({"schema": "turnlab.voice-config-history/1", **payload}))
    else:
        print_fields_history(f"voice_config of {found.name}", kept)


def change_voice_config(
    service: str, preset: str | None, body: str | None, wish: Wish, *, keep_others: bool
) -> None:
    """Change single fields, or apply a preset."""
    wanted, notes = _wanted(preset, body, keep_others=keep_others)

    async def planned(client: ServicesClient, _: Backups) -> FieldsPlan:
        _refuse_unsupported(client)
        found = await find_service(client, service)
        return plan_fields(found, "voice_config", wanted, source=preset, notes=notes)

    change_fields(planned, wish, schema=SCHEMA, heading=_heading)


def rollback_voice_config(service: str, to: int | None, wish: Wish) -> None:
    """Restore what the last change from here replaced, or what the change ``to`` replaced."""

    async def planned(client: ServicesClient, backups: Backups) -> FieldsPlan:
        _refuse_unsupported(client)
        found = await find_service(client, service)
        return await plan_rollback(client, found.id, "voice_config", backups, to)

    change_fields(planned, wish, schema=SCHEMA, heading=_heading)


def _heading(plan: FieldsPlan) -> str:
    return f"voice_config of {plan.service.name}"


def _refuse_unsupported(client: ServicesClient) -> None:
    # Classic sends none, which does not mean "everything is inherited".
    if why := client.unsupported.get("update_voice_config"):
        raise UnsupportedError(why)


def voice_values(preset: str | None, body: str | None, option: str) -> dict[str, JsonValue]:
    """Return a new service's values from a preset's name or the JSON of ``option``.

    Raises :class:`CallError` for invalid values.
    """
    if preset is not None and body is not None:
        raise CallError(f"--preset and {option} exclude each other; give one")
    if preset is not None:
        return _of_preset(preset, keep_others=True)[0]
    values = _of_body(body or "", option)
    return {name: value for name, value in values.items() if value is not None}


def _wanted(
    preset: str | None, body: str | None, *, keep_others: bool
) -> tuple[dict[str, JsonValue], tuple[str, ...]]:
    """Return the fields to set (``None``: inherit), and notes on them."""
    if preset is not None:
        return _of_preset(preset, keep_others=keep_others)
    if keep_others:
        raise CallError("--keep-others goes with --preset; --body changes only the fields it names")
    return _of_body(body or "", "--body"), ()


def _of_body(text: str, option: str) -> dict[str, JsonValue]:
    raw = read_body(text, "voice_config", option=option)
    try:
        config = parse(raw, source=option)
    except ConfigError as error:
        raise CallError(str(error)) from None
    if wrong := check(config):
        raise CallError(f"{option}: {'; '.join(map(str, wrong))}; nothing was sent")
    return raw


def _of_preset(name: str, *, keep_others: bool) -> tuple[dict[str, Any], tuple[str, ...]]:
    there, problems = all_presets()
    if name in there:
        if keep_others:
            return there[name].config.set_values(), ()
        spoken = ", ".join(preset_fields(there.values()))
        return whole(there[name], there.values()), (f"a preset replaces all preset fields: it sets {spoken}",)
    for problem in problems:
        complain(problem)
    near = difflib.get_close_matches(name.replace("-", "_"), there, n=1, cutoff=0.5)
    meant = f"; did you mean {near[0]}?" if near else ""
    raise CallError(f"no preset is called {name!r}; there are {', '.join(there)}{meant}")
