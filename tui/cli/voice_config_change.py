"""``turnlab voice-config``: what is stored, and changes of fields, shown first and written with ``--apply``."""

from __future__ import annotations

import difflib
import json
from typing import Any

from pydantic import JsonValue

from base.json_text import canonical_json, json_line
from presets.config import ConfigError, check, parse, suggest
from presets.fields import BY_NAME
from services.client import ServicesClient
from services.errors import UnsupportedError
from services.model import Service
from services.writing import JsonObject
from tui.cli.connecting import connected, find_service
from tui.cli.failure import CallError, WorkError, complain
from tui.cli.json_text import read_body
from tui.cli.shown_plans import Shown, fingerprint_of
from tui.cli.tables import print_line, print_table, print_whole
from tui.cli.version_set_words import service_json
from tui.cli.wish import Wish
from tui.user_presets import all_presets

SCHEMA = "turnlab.voice-config/1"


def show_voice_config(service: str, connection: str | None, *, as_json: bool) -> None:
    """Show what is stored; what is not set is inherited."""

    async def work(client: ServicesClient) -> Service:
        _refuse_unsupported(client)
        return await find_service(client, service)

    found = connected(connection, work)
    values = found.voice_config.set_values()
    problems = [str(problem) for problem in found.voice_problems]
    if as_json:
        told = {"service": service_json(found), "voice_config": values, "problems": problems}
        print(json.dumps({"schema": SCHEMA, **told}))
        return
    if values:
        print_table(f"voice_config of {found.name}", ["field", "value"], [[*one] for one in _shown(values)], left=2)
    else:
        print_line(f"{found.name} sets no field of voice_config: all are inherited.")
    for problem in problems:
        print_line(f"! {problem}")


def change_voice_config(service: str, preset: str | None, body: str | None, wish: Wish) -> None:
    """Change single fields."""
    wanted = _wanted(preset, body)

    async def work(client: ServicesClient) -> tuple[JsonObject, Service | None]:
        _refuse_unsupported(client)
        found = await find_service(client, service)
        told = _plan(found, wanted)
        changes = told["body"]
        assert isinstance(changes, dict)
        await Shown(wish.expect, wish.apply).compare(told)
        if not wish.apply or not changes:
            return told, None
        inner = changes["voice_config"]
        assert isinstance(inner, dict)
        return told, await client.update_voice_config(found.id, inner)

    told, after = connected(wish.connection, work)
    applied = after is not None
    if wish.as_json:
        print(json.dumps({"schema": SCHEMA, "applied": applied, **told}))
    else:
        _print_plan(told)
    if after is not None:
        _check_stored(told, after)
        if not wish.as_json:
            print_line("Written.")
    elif not wish.as_json and told["body"]:
        print_whole(
            f"Nothing was written. To write just this, the same command with: --apply --expect {told['plan']}"
        )


def _refuse_unsupported(client: ServicesClient) -> None:
    # Classic sends none, which must not be taken for "everything is inherited".
    if why := client.unsupported.get("update_voice_config"):
        raise UnsupportedError(why)


def _wanted(preset: str | None, body: str | None) -> dict[str, Any]:
    """Return the fields to set, ``None`` to inherit. Raises :class:`CallError` for what cannot be set."""
    if preset is not None and body is not None:
        raise CallError("--preset and --body exclude each other; give one, then the other")
    if preset is not None:
        there, problems = all_presets()
        if preset in there:
            return there[preset].config.set_values()
        for problem in problems:
            complain(problem)
        near = difflib.get_close_matches(preset.replace("-", "_"), there, n=1, cutoff=0.5)
        meant = f"; did you mean {near[0]}?" if near else ""
        raise CallError(f"no preset is called {preset!r}; there are {', '.join(there)}{meant}")
    raw = read_body(body or "", "voice_config")
    try:
        config = parse(raw, source="--body")
    except ConfigError as error:
        raise CallError(str(error)) from None
    if wrong := check(config):
        raise CallError(f"--body: {'; '.join(map(str, wrong))}; nothing was sent")
    return raw


def _plan(service: Service, wanted: dict[str, Any]) -> JsonObject:
    """Return what would be sent and what it changes; only what differs from what is stored is sent."""
    stored = service.voice_config.set_values()
    odd = {problem.field for problem in service.voice_problems}
    changes = {
        name: value
        for name, value in wanted.items()
        # what is stored and cannot be read is not among the stored values
        if _text(stored.get(name)) != _text(value) or (value is None and name in odd)
    }
    told: JsonObject = {
        "service": service_json(service),
        "before": {name: stored.get(name) for name in changes},
        "body": {"voice_config": changes} if changes else {},
        "warnings": [*_cautions(service, wanted, changes)],
    }
    return told | {"plan": fingerprint_of(told)}


def _cautions(service: Service, wanted: dict[str, Any], changes: dict[str, Any]) -> list[str]:
    found = []
    for name in wanted:
        if name not in BY_NAME:
            meant = f"; did you mean {near}?" if (near := suggest(name)) else ""
            found.append(f"{name} is not a field Turnlab knows and is sent as it is{meant}")
    left = [problem for problem in service.voice_problems if problem.field not in changes]
    return found + [f"stored and left as it is: {problem}" for problem in left]


def _print_plan(told: JsonObject) -> None:
    service, before, body = told["service"], told["before"], told["body"]
    assert isinstance(service, dict)
    assert isinstance(before, dict)
    assert isinstance(body, dict)
    if body:
        after = body["voice_config"]
        assert isinstance(after, dict)
        rows = [[name, *(_value(name, side[name]) for side in (before, after))] for name in after]
        print_table(f"voice_config of {service['name']}", ["field", "now", "then"], rows, left=3)
        print_whole(f"  body: {json_line(body)}")
    else:
        print_line(f"voice_config of {service['name']}: nothing would change")
    warnings = told["warnings"]
    assert isinstance(warnings, list)
    for warning in warnings:
        print_line(f"! {warning}")


def _check_stored(told: JsonObject, after: Service) -> None:
    stored, body = after.voice_config.set_values(), told["body"]
    assert isinstance(body, dict)
    sent = body["voice_config"]
    assert isinstance(sent, dict)
    otherwise = [name for name, value in sent.items() if _text(stored.get(name)) != _text(value)]
    if otherwise:
        raise WorkError(f"the platform stored {', '.join(otherwise)} otherwise than sent; look at it with --get")


def _shown(values: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name, _value(name, value)) for name, value in values.items()]


def _value(name: str, value: JsonValue) -> str:
    if value is None:
        return "inherit"
    if name in BY_NAME and not isinstance(value, dict):
        return BY_NAME[name].show(value)
    return json_line(value)


def _text(value: JsonValue) -> str:
    return canonical_json(value)
