"""``turnlab calls check``: how close the simulator comes to real calls."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any

from base.os_errors import os_error_text
from presets.config import VoiceConfig
from simulator.activity.end_of_turn import EndOfTurnModel
from simulator.engine.profile import EngineProfile
from simulator.executors import in_order, open_executor, runs_here
from simulator.heard.call_folder import KeptCall
from simulator.heard.check import Check, ReplayedCall
from simulator.heard.measure import heard_readouts
from simulator.heard.platform_policy import readings
from simulator.measures import limits
from simulator.measures.limits import Measurable
from tui.calls.replaying import LeftOutError, checked_call, joined, keep_joined, replayed
from tui.calls.words import count_rows, error_rows
from tui.cli.calls.measuring import measured, measured_quietly, seconds_of, unheard
from tui.cli.calls.selection import HeardOnce, open_calls
from tui.cli.config_option import read_arms
from tui.cli.failure import Faults, WorkError, complain
from tui.cli.inputs import end_of_turn_judge, open_profile, progress
from tui.cli.options import WorkOptions
from tui.cli.tables import print_line, print_table
from tui.cli.working import open_work
from tui.report.gate import Gate
from tui.report.heard_turns import checked_json

MEASURABLE = (
    *limits.MEASURABLE,
    Measurable("bias_ms", "bias, early or late,", "latency"),
    Measurable("abs_error_ms", "size of the error", "latency", ("p50", "p90")),
    Measurable("within_100_ms", "turns within 100 ms", "count", of="turns"),
    Measurable("within_200_ms", "turns within 200 ms", "count", of="turns"),
)
"""The figures that a gate can limit: the calls' measurements, and how close the simulator comes to them."""


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """The command's options."""

    calls: list[str]
    profile: str
    config: str | None
    eot: str | None
    work: WorkOptions


def check_calls(request: CheckRequest, gate: Gate, *, as_json: bool) -> None:
    """Check calls, print how close the simulator comes, and check both against the gate.

    Raises :class:`~tui.cli.failure.WorkError`.
    """
    faults = Faults()
    with gate.watching():
        profile = open_profile(request.profile)
        opened = open_calls(request.calls, faults)
        with open_work(request.work, seconds_of(opened)) as executor:
            calls = made_ready(opened, request.config, request.eot, faults, executor)
            check_one = partial(checked_call, profile=profile)
            checks = [check.result() for check in in_order(executor, check_one, calls)]
        found = joined(checks, profile)
    heard = [call.heard for call in calls]
    gate.judge({"calls": {**heard_readouts([one["values"] for one in heard]), **_figures(found)}}, unheard(heard))
    try:
        keep_joined(found)
    except OSError as error:
        complain(f"{os_error_text(error)}; readouts will not say what this check found")
    if as_json:
        shown = {
            **found.to_json(),
            **checked_json(calls, found, profile),
            "policies": [one.to_json() for one in readings(calls, profile)],
            "failed": faults.to_json(),
            **gate.to_json(),
        }
        print(json.dumps(shown, allow_nan=False))
    else:
        _print(found, profile)
        for one in readings(calls, profile):
            print_line(f"{one.words()}.")
    gate.close(faults)
    faults.raise_any()


def _figures(found: Check) -> dict[str, Any]:
    """Return the check's own figures in the shape that readouts have; the bias as an absolute value."""
    shown = found.to_json()
    own = {"bias_ms": None if found.bias_ms is None else abs(found.bias_ms), "abs_error_ms": shown["abs_error_ms"]}
    near = {
        f"within_{limit_ms}_ms": sum(abs(one.error_ms) <= limit_ms for one in found.turns)
        for limit_ms in (100, 200)
    }
    return {**own, **{name: {"count": count, "of": len(found.turns)} for name, count in near.items()}}


def replayed_calls(
    named: Sequence[str],
    config: str | None,
    eot: str | None,
    faults: Faults,
    *,
    say_settings: bool = True,
    executor: Executor | None = None,
) -> list[ReplayedCall]:
    """Return the calls that can be replayed. Report their settings, and why others are left out.

    ``say_settings`` is false for a caller that tries other settings. ``executor`` prepares the calls, by default
    this process. Raises :class:`~tui.cli.failure.WorkError` if none can be.
    """
    calls = open_calls(named, faults)
    if executor is not None:
        return made_ready(calls, config, eot, faults, executor, say_settings=say_settings)
    with open_executor(1) as here:
        return made_ready(calls, config, eot, faults, here, say_settings=say_settings)


def made_ready(
    calls: Sequence[KeptCall],
    config: str | None,
    eot: str | None,
    faults: Faults,
    executor: Executor,
    *,
    say_settings: bool = True,
) -> list[ReplayedCall]:
    """Return calls as :func:`replayed_calls` does."""
    given = read_arms([config])[0].config if config else None
    ready = partial(_ready, judge=end_of_turn_judge(eot), given=given, shown=runs_here(executor))
    found: list[ReplayedCall] = []
    origins: Counter[str] = Counter()
    once = HeardOnce()
    with progress("hearing and analysing calls", max(len(calls), 1)) as tell:
        for number, (call, outcome) in enumerate(zip(calls, in_order(executor, ready, calls), strict=True)):
            with faults.noting(call.path):
                one, origin, said = outcome.result()
                for line in said:
                    complain(line)
                if one is not None and not once.again(call, one.heard):
                    found.append(one)
                    origins[origin] += 1
            if tell is not None:
                tell(number + 1)
    if not found:
        faults.raise_any()
        raise WorkError("none of these calls can be replayed; see why with: turnlab calls measure")
    for origin, count in origins.items() if say_settings else ():
        complain(f"{count} of {len(found)} calls replayed under {origin}")
    return found


def _ready(
    call: KeptCall, *, judge: EndOfTurnModel, given: VoiceConfig | None, shown: bool
) -> tuple[ReplayedCall | None, str, list[str]]:
    """Return a call ready for replay, the source of its settings, and notes. ``shown`` shows progress."""
    if call.folder is None:
        raise WorkError(f"{call.path}: is a lone file; import it first: turnlab calls import {call.path}")
    said: list[str] = []

    def hear(call: KeptCall) -> dict[str, Any]:
        found, why_not_kept = measured_quietly(call)
        said.extend(filter(None, [why_not_kept]))
        return found

    try:
        return (*replayed(call, judge, given, measured if shown else hear), said)
    except LeftOutError as why:
        return None, "", [*said, str(why)]


def _print(found: Check, profile: EngineProfile) -> None:
    title = f"{found.calls} calls, {len(found.turns)} answers, heard against simulated under {profile.name}"
    print_table(title, ["", "response"], error_rows(found))
    print_table("", ["", "heard", "simulated"], count_rows(found))
    sentence = found.sentence()
    print_line(f"{sentence[0].upper()}{sentence[1:]}.")
