"""``turnlab profiles``: the engine profiles, every value with where it comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from simulator.engine.profile import Latency, ProfileFile, read_profile, shipped_profiles, unit
from simulator.errors import ProfileError
from tui.cli.failure import CallError
from tui.cli.tables import print_line, print_table

ASSUMED = "* assumed: nobody documented or measured it."


def show_profiles(name_or_path: str | None, *, as_json: bool) -> None:
    """List the shipped profiles, or show one with every value. Raises :class:`~tui.cli.failure.CallError`."""
    with refusals():
        if name_or_path is None:
            _list([read_profile(name) for name in shipped_profiles()], as_json=as_json)
        else:
            _show(read_profile(name_or_path), as_json=as_json)


@contextmanager
def refusals() -> Iterator[None]:
    """Turn a profile that cannot be used into a wrong call."""
    try:
        yield
    except ProfileError as error:
        raise CallError(str(error)) from None


def _list(found: list[ProfileFile], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps([_heading(one) | {"assumed": list(one.profile.assumed())} for one in found]))
        return
    rows = []
    for one in found:
        total, assumed = len(one.written_in), len(one.profile.assumed())
        rows.append([one.profile.name, one.profile.description, f"{assumed} of {total}"])
    print_table("Engine profiles", ["profile", "what", "assumed"], rows, left=2)
    print_line("Show one, or check a file of yours: turnlab profiles NAME|FILE")


def _show(found: ProfileFile, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(_heading(found) | {"values": {row["name"]: row for row in _values(found)}}))
        return
    rows = [[row["name"], _shown(row), _origin(row), row["note"]] for row in _values(found)]
    headers = ["", "value, or p50 / p95", "origin", "note"]
    print_table(f"{found.profile.name}: {found.profile.description}", headers, rows, left=4, whole=2)
    print_line(ASSUMED)
    if found.extends:
        own = [name for name, place in found.written_in.items() if place == found.profile.name]
        print_line(f"Its own: {', '.join(own) or 'nothing'}; the rest is of {', '.join(found.extends)}.")


def _heading(found: ProfileFile) -> dict[str, Any]:
    return {
        "name": found.profile.name,
        "description": found.profile.description,
        "path": str(found.path),
        "extends": list(found.extends),
    }


def _values(found: ProfileFile) -> list[dict[str, Any]]:
    rows = []
    for name, value in found.profile.values:
        figures = {"p50": value.p50, "p95": value.p95} if isinstance(value, Latency) else {"value": value.value}
        row = {"name": name, **figures, "unit": unit(name), "origin": value.origin, "note": value.note}
        rows.append(row | {"assumed": value.origin == "assumed", "written_in": found.written_in[name]})
    return rows


def _shown(row: dict[str, Any]) -> str:
    if "p50" in row:
        return f"{row['p50']:g} / {row['p95']:g} {row['unit']}"
    value = row["value"]
    if isinstance(value, bool):
        return "on" if value else "off"
    return value if isinstance(value, str) else f"{value:g} {row['unit']}"


def _origin(row: dict[str, Any]) -> str:
    return "* assumed" if row["assumed"] else str(row["origin"])
