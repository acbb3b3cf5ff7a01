"""``turnlab calls check``: how close the simulator comes to real calls."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from base.os_errors import os_error_text
from simulator.engine.profile import EngineProfile
from simulator.heard.call_folder import KeptCall, kept_measures
from simulator.heard.check import Check, ReplayedCall, check, settings_of
from simulator.heard.checked import keep_check
from simulator.heard.measure import heard_readouts
from simulator.heard.platform_policy import readings
from simulator.heard.replaying import AUDIO, analysis_of, open_replay
from simulator.measures import limits
from simulator.measures.limits import Measurable
from tui.cli.arms import read_arms
from tui.cli.calls.measuring import measured, unheard
from tui.cli.calls.opening import open_calls
from tui.cli.failure import Faults, WorkError, complain
from tui.cli.opening import end_of_turn_judge, open_profile, progress
from tui.cli.tables import print_line, print_table
from tui.report.gate import Gate
from tui.report.heard_turns import checked_json

_TITLES = {"cut_ins": "cut-ins", "false_barge_ins": "stops for nothing", "hanging_turns": "hanging turns"}

MEASURABLE = (
    *limits.MEASURABLE,
    Measurable("bias_ms", "bias, early or late,", "latency"),
    Measurable("abs_error_ms", "size of the error", "latency", ("p50", "p90")),
    Measurable("within_100_ms", "turns within 100 ms", "count", of="turns"),
    Measurable("within_200_ms", "turns within 200 ms", "count", of="turns"),
)
"""What a gate can be put on: what was heard, and how close the simulator comes to it."""


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """What was asked for on the command line."""

    calls: list[str]
    profile: str
    config: str | None
    eot: str | None


def check_calls(request: CheckRequest, gate: Gate, *, as_json: bool) -> None:
    """Check calls, print how close the simulator comes, and hold that and what was heard against the gate.

    Raises :class:`~tui.cli.failure.WorkError`.
    """
    faults = Faults()
    with gate.watching():
        profile = open_profile(request.profile)
        replayed = replayed_calls(request.calls, request.config, request.eot, faults)
        found = check(replayed, profile)
    heard = [call.heard for call in replayed]
    gate.judge({"calls": {**heard_readouts([one["values"] for one in heard]), **_figures(found)}}, unheard(heard))
    try:
        keep_check(profile.name, found.sentence(), found.to_json())
    except OSError as error:
        complain(f"{os_error_text(error)}; readouts will not say what this check found")
    if as_json:
        shown = {
            **found.to_json(),
            **checked_json(replayed, found, profile),
            "policies": [one.to_json() for one in readings(replayed, profile)],
            "failed": faults.to_json(),
            **gate.to_json(),
        }
        print(json.dumps(shown, allow_nan=False))
    else:
        _print(found, profile)
        for one in readings(replayed, profile):
            print_line(f"{one.words()}.")
    gate.close(faults)
    faults.raise_any()


def _figures(found: Check) -> dict[str, Any]:
    """Return the check's own figures in the shape that readouts have; of the bias its size."""
    shown = found.to_json()
    own = {"bias_ms": None if found.bias_ms is None else abs(found.bias_ms), "abs_error_ms": shown["abs_error_ms"]}
    near = {
        f"within_{limit_ms}_ms": sum(abs(one.error_ms) <= limit_ms for one in found.turns)
        for limit_ms in (100, 200)
    }
    return {**own, **{name: {"count": count, "of": len(found.turns)} for name, count in near.items()}}


def replayed_calls(
    named: Sequence[str], config: str | None, eot: str | None, faults: Faults, *, say_settings: bool = True
) -> list[ReplayedCall]:
    """Return the calls that can be replayed, and say under which settings, and why others cannot.

    ``say_settings`` is false for what tries settings of its own. Raises :class:`~tui.cli.failure.WorkError` if
    none can be.
    """
    given = read_arms([config])[0].config if config else None
    judge = end_of_turn_judge(eot)
    found: list[ReplayedCall] = []
    origins: Counter[str] = Counter()
    calls = open_calls(named, faults)
    with progress("hearing and analysing calls", max(len(calls), 1)) as tell:
        for number, call in enumerate(calls):
            with faults.noting(call.path):
                settings, origin = settings_of(call.record, given)
                heard = _heard(call)
                if heard is not None:
                    recording = open_replay(call.path / AUDIO)
                    found.append(
                        ReplayedCall(call.record, heard, recording, analysis_of(recording, judge), settings)
                    )
                    origins[origin] += 1
            if tell is not None:
                tell(number + 1)
    if not found:
        faults.raise_any()
        raise WorkError("none of these calls can be replayed; see why with: turnlab calls measure")
    for origin, count in origins.items() if say_settings else ():
        complain(f"{count} of {len(found)} calls replayed under {origin}")
    return found


def _heard(call: KeptCall) -> dict[str, Any] | None:
    """Return a call's measures, kept or new; ``None``, said on standard error, where it cannot be replayed.

    Raises :class:`~simulator.errors.SimulatorError`, and :class:`~tui.cli.failure.WorkError` for a lone audio file.
    """
    if call.folder is None:
        raise WorkError(f"{call.path}: is a lone file; import it first: turnlab calls import {call.path}")
    silent = call.why_silent()
    if silent is not None:
        complain(f"{call.record.id}: {silent}; left out")
        return None
    kept = kept_measures(call)
    heard = kept if kept is not None and (call.path / AUDIO).exists() else measured(call)
    if not heard["values"]:
        complain(f"{call.record.id}: left out; {heard['faults'][0]['sentence']}")
        return None
    return heard


def _print(found: Check, profile: EngineProfile) -> None:
    def shown(value: float | None, unit: str = "ms", scale: int = 1) -> str:
        return "–" if value is None else f"{scale * value:.0f} {unit}"

    rows = [
        ["bias: above 0 the simulator is late", shown(found.bias_ms)],
        ["size of the error, median", shown(found.absolute(0.5))],
        ["size of the error, 9 of 10 within", shown(found.absolute(0.9))],
        ["turns within 100 ms", shown(found.within(100), "%", 100)],
        ["turns within 200 ms", shown(found.within(200), "%", 100)],
    ]
    title = f"{found.calls} calls, {len(found.turns)} answers, heard against simulated under {profile.name}"
    print_table(title, ["", "response"], rows)
    counts = [[_TITLES[name], str(a), f"{b:.1f}".removesuffix(".0")] for name, (a, b) in found.counts.items()]
    print_table("", ["", "heard", "simulated"], counts)
    sentence = found.sentence()
    print_line(f"{sentence[0].upper()}{sentence[1:]}.")
