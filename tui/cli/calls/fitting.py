"""``turnlab profiles fit --calls``: an engine profile fitted to half of some calls, tested on the others."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from base.json_text import json_bytes
from base.os_errors import os_error_text
from simulator.engine.profile import read_profile
from simulator.errors import ProfileError
from simulator.heard.checked import keep_fit
from simulator.heard.fitting import FittedProfile, fit_heard
from tui.calls.words import judged_rows, value_rows
from tui.cli.calls.checking import replayed_calls
from tui.cli.failure import Faults, WorkError, complain, write_output
from tui.cli.profiles import refusals
from tui.cli.tables import print_line, print_table
from tui.streams import write_content


@dataclass(frozen=True, slots=True)
class HeardFitRequest:
    """The command's options."""

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
    for sentence in (*fitted.not_offered, *fitted.doubts, fitted.role.words()):
        complain(sentence)
    content = json_bytes(fitted.content)
    try:
        keep_fit(request.name, fitted.fitted_on)
    except OSError as error:
        complain(f"{os_error_text(error)}; checks will not say which calls the profile was fitted to")
    if request.output is None:
        write_content(content)
    else:
        write_output(str(request.output), request.output, content, force=request.force)
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
    print_table(f"{request.name}, fitted", ["", "value, or p50 / p95", "how"], value_rows(fitted), left=3)
    after = fitted.after
    title = f"Judged on {after.calls} calls, {len(after.turns)} answers, it was not fitted on"
    heads = ["response", f"under {request.extends}", f"under {request.name}"]
    print_table(title, heads, judged_rows(fitted))
    for one in fitted.policies:
        print_line(f"{one.words()}.")
    if fitted.policies and not request.take_policy:
        print_line("The platform's reading is taken with --take-policy.")
    print_line(f"It is in {request.output}; use it with: turnlab calls check ... --profile {request.output}")
