"""``turnlab profiles``: every value of the engine profiles with its origin, and fitting a profile to calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import simulator
from base.files import is_file, is_folder
from base.json_text import json_bytes, read_json
from simulator.errors import ProfileError
from tui.cli.failure import CallError, WorkError, complain, write_output
from tui.cli.tables import print_line, print_table
from tui.streams import write_content

if TYPE_CHECKING:
    from simulator.engine.profile import ProfileFile
    from simulator.profile_fitting import Fit
    from tui.cli.failure import Faults

ASSUMED = "* assumed: neither documented nor measured."


def show_profiles(name_or_path: str | None, *, as_json: bool) -> None:
    """List the shipped profiles, or show one with every value. Raises :class:`~tui.cli.failure.CallError`."""
    if name_or_path is None:
        _list(as_json=as_json)
        return
    from simulator.engine.profile import read_profile

    with refusals():
        _show(read_profile(name_or_path), as_json=as_json)


@contextmanager
def refusals() -> Iterator[None]:
    """Turn an unusable profile into a command-line error."""
    try:
        yield
    except ProfileError as error:
        raise CallError(str(error)) from None


def _list(*, as_json: bool) -> None:
    """List the shipped profiles directly from their files: validating them would import pydantic."""
    files = {path.stem: path for path in sorted(Path(simulator.__path__[0], "profiles").glob("*.json"))}
    written = {name: read_json(path, nan=True) for name, path in files.items()}
    found = []
    for name in sorted(files, key=lambda name: name != "default"):
        chain = [name]
        while base := written[chain[-1]].get("extends"):
            chain.append(base)
        values = {key: value for one in reversed(chain) for key, value in written[one]["values"].items()}
        about = {"name": name, "description": written[name]["description"], "path": str(files[name])}
        assumed = [key for key, value in values.items() if value["origin"] == "assumed"]
        found.append((about | {"extends": chain[1:], "assumed": assumed}, len(values)))
    if as_json:
        print(json.dumps([about for about, _ in found]))
        return
    rows = [[one["name"], one["description"], f"{len(one['assumed'])} of {total}"] for one, total in found]
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
    from simulator.engine.end_of_turn import sensitivity_of

    sensitivity, threshold = sensitivity_of(found.profile.values), found.profile.values.eot_threshold.value
    equal = sensitivity.equal_to(threshold)
    if equal is not None and not sensitivity.head_start:
        print_line(f"eager_eot_threshold {equal:.2f} ends turns at its eot_threshold, {threshold:g}.")
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
    from simulator.engine.profile import Latency, unit

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


@dataclass(frozen=True, slots=True)
class FitRequest:
    """The command's options."""

    calls: list[Path]
    name: str
    config: str | None
    extends: str
    output: Path | None
    force: bool


def fit_profile(request: FitRequest, *, as_json: bool) -> None:
    """Fit a profile to real calls, and print or write it.

    Without an output path, prints the profile as JSON. Raises :class:`~tui.cli.failure.CallError` or
    :class:`~tui.cli.failure.WorkError`.
    """
    # Imported here because showing profiles needs neither recordings nor numpy.
    from simulator.engine.end_of_turn import sensitivity_of
    from simulator.engine.profile import read_profile
    from simulator.profile_fitting import FittedCall, distinct, fit, read_call
    from tui.cli.config_option import read_arms
    from tui.cli.failure import Faults

    config = read_arms([request.config or "{}"])[0].resolved
    with refusals():
        base = read_profile(request.extends)
    if config.eager_eot_threshold is not None and sensitivity_of(base.profile.values).head_start:
        complain("a head start begins work before the turn is over, which shortens these latencies")
    for path in request.calls:
        if not is_file(path):
            what = "is a folder; name the call files in it" if is_folder(path) else "no such file; check the path"
            raise CallError(f"{path}: {what}")
    faults, read = Faults(), list[FittedCall]()
    for path in request.calls:
        with faults.noting(path):
            read.append(read_call(path))
    if not read:
        faults.raise_any()
    calls, again = distinct(read)
    try:
        fitted = fit(calls, request.name, base, config)
    except ProfileError as error:
        raise WorkError(str(error)) from None
    for sentence in (*again, *fitted.doubts):
        complain(sentence)
    content = json_bytes(fitted.content)
    if request.output is None:
        write_content(content)
    else:
        write_output(str(request.output), request.output, content, force=request.force)
        if as_json:
            print(json.dumps(_fit_json(request.output, fitted, again, faults)))
        else:
            print_line(f"{request.name} is in {request.output}; see it with: turnlab profiles {request.output}")
    faults.raise_any()


def _fit_json(written: Path, fitted: Fit, again: tuple[str, ...], faults: Faults) -> dict[str, Any]:
    return {
        "schema": "turnlab.profile-fit/1",
        "written": str(written),
        "profile": fitted.content,
        "counted_once": list(again),
        "doubts": list(fitted.doubts),
        "failed": faults.to_json(),
    }
