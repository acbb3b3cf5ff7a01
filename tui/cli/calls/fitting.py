"""``turnlab profiles fit --calls``: an engine profile fitted to half of some calls, judged on the others."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from base.json_text import json_bytes
from simulator.engine.profile import read_profile
from simulator.errors import ProfileError
from simulator.heard.fitting import FittedProfile, fit_heard
from tui.cli.calls.checking import replayed_calls
from tui.cli.failure import Faults, WorkError, complain
from tui.cli.profiles import refusals, write_profile
from tui.cli.tables import print_line, print_table
from tui.streams import write_content


@dataclass(frozen=True, slots=True)
class HeardFitRequest:
    """What was asked for on the command line."""

    calls: list[str]
    name: str
    config: str | None
    extends: str
    output: Path | None
    force: bool
    take_policy: bool = False


def fit_calls(request: HeardFitRequest, *, as_json: bool) -> None:
    """Fit a profile to calls and print or write it. Raises what :func:`tui.cli.profiles.fit_profile` raises."""
    with refusals():
        base = read_profile(request.extends)
    faults = Faults()
    calls = replayed_calls(request.calls, request.config, None, faults)
    try:
        fitted = fit_heard(calls, request.name, base, take_policy=request.take_policy)
    except ProfileError as error:
        raise WorkError(str(error)) from None
    for sentence in (*fitted.not_offered, *fitted.doubts, f"eager_role: {fitted.role.words()}"):
        complain(sentence)
    content = json_bytes(fitted.content)
    if request.output is None:
        write_content(content)
    else:
        write_profile(request.output, content, force=request.force)
        if as_json:
            print(json.dumps(_to_json(request.output, fitted, faults), allow_nan=False))
        else:
            _print(request, fitted)
    faults.raise_any()


def _to_json(written: Path, fitted: FittedProfile, faults: Faults) -> dict[str, Any]:
    return {
        "schema": "turnlab.profile-fit/1",
        "written": str(written),
        "profile": fitted.content,
        "counted_once": [],
        "doubts": [*fitted.not_offered, *fitted.doubts],
        "eager_role": fitted.role.to_json(),
        "policies": [one.to_json() for one in fitted.policies],
        "judged": {"before": fitted.before.to_json(), "after": fitted.after.to_json()},
        "failed": faults.to_json(),
    }


def _print(request: HeardFitRequest, fitted: FittedProfile) -> None:
    rows = [[name, _shown(value), value["note"]] for name, value in fitted.content["values"].items()]
    print_table(f"{request.name}, fitted", ["", "value, or p50 / p95", "how"], rows, left=3)
    before, after = fitted.before, fitted.after
    judged = [
        ["bias", _figure(before.bias_ms), _figure(after.bias_ms)],
        ["size of the error, median", _figure(before.absolute(0.5)), _figure(after.absolute(0.5))],
        ["size of the error, 9 of 10 within", _figure(before.absolute(0.9)), _figure(after.absolute(0.9))],
    ]
    title = f"Judged on {after.calls} calls, {len(after.turns)} answers, it was not fitted on"
    print_table(title, ["response", f"under {request.extends}", f"under {request.name}"], judged)
    for one in fitted.policies:
        print_line(f"{one.words()}.")
    if fitted.policies and not request.take_policy:
        print_line("The platform's reading is taken with --take-policy.")
    print_line(f"It is in {request.output}; use it with: turnlab calls check ... --profile {request.output}")


def _shown(value: dict[str, Any]) -> str:
    if isinstance(value.get("value"), str):
        return str(value["value"]).replace("_", " ")
    return f"{value['p50']:g} / {value['p95']:g}" if "p50" in value else f"{value['value']:g}"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f} ms"
