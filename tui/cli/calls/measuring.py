"""``turnlab calls measure``: real calls measured from their audio."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from base.os_errors import os_error_text
from simulator.heard.call_folder import KeptCall, kept_measures
from simulator.heard.measure import HEARD_READOUTS, heard_readouts, measure_call
from simulator.heard.replaying import keep_heard
from simulator.heard.sides import sides_of
from simulator.measures.readout_table import BY_NAME, READOUTS
from tui.calls.story import clock
from tui.cli.calls.selection import HeardOnce, open_calls
from tui.cli.failure import Faults, complain
from tui.cli.inputs import progress
from tui.cli.options import WorkOptions
from tui.cli.tables import print_line, print_table
from tui.cli.working import open_work, outcomes
from tui.report.gate import Gate

SCHEMA = "turnlab.calls_measure/1"

LISTED = ("cut_in", "interruption", "interruption_ignored", "stop_for_nothing", "hanging_turn", "missed_turn")
"""The events that a table names one by one."""

_SIDE_BY_SIDE = (("first_sound_ms", "first_audio_ms"), ("response_ms", "response_ms"))


def measure_calls(
    named: Sequence[str], caller_channel: int | None, gate: Gate, work: WorkOptions, *, as_json: bool
) -> None:
    """Measure calls, print them, and check their readouts together against the gate.

    A failure of one call does not stop the others. Raises :class:`~tui.cli.failure.CallError`.
    """
    faults = Faults()
    channel = None if caller_channel is None else caller_channel - 1
    heard, once = list[dict[str, Any]](), HeardOnce()
    with gate.watching():
        calls = open_calls(named, faults, channel)
        with open_work(work, seconds_of(calls)) as executor:
            for call, outcome in outcomes(executor, "hearing calls", _measured_here, measured_quietly, calls):
                with faults.noting(call.path):
                    found, why_not_kept = outcome()
                    heard += [] if once.again(call, found) else [found]
                    if why_not_kept:
                        complain(why_not_kept)
        if not heard:
            faults.raise_any()
    pooled = heard_readouts([one["values"] for one in heard])
    gate.judge({"calls": pooled}, unheard(heard))
    if as_json:
        shown = {"schema": SCHEMA, "calls": heard, "readouts": pooled, "failed": faults.to_json()}
        print(json.dumps({**shown, **gate.to_json()}, allow_nan=False))
    else:
        _print(heard)
    gate.close(faults)
    faults.raise_any()


def unheard(heard: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return why readouts are missing from the calls' measurements, by name."""
    never = {readout.name: readout.unheard for readout in READOUTS if readout.unheard}
    return never | {name: why for one in heard for name, why in one["left_out"].items()}


def measured(call: KeptCall) -> dict[str, Any]:
    """Return a call's measurements and store them. If the audio is gone, return the stored ones.

    Raises :class:`~simulator.errors.SimulatorError`.
    """
    found, why_not_kept = _measured_here(call)
    if why_not_kept:
        complain(why_not_kept)
    return found


def seconds_of(calls: Sequence[KeptCall]) -> float:
    """Return the approximate total length of calls."""
    return sum(call.record.duration_s or 60.0 for call in calls)


def _measured_here(call: KeptCall) -> tuple[dict[str, Any], str | None]:
    if call.why_silent() is not None:
        return measured_quietly(call)
    duration_s = call.record.duration_s or sides_of(call).duration_s()
    with progress(f"hearing {call.record.id}", duration_s or 1.0) as tell:
        return measured_quietly(call, tell)


def measured_quietly(
    call: KeptCall, tell: Callable[[float], None] | None = None
) -> tuple[dict[str, Any], str | None]:
    """Return a call's measurements, and why they could not be stored.

    If the audio is gone, return the stored ones.
    """
    if call.why_silent() is not None and (kept := kept_measures(call)) is not None:
        return kept, None
    heard = measure_call(call, tell)
    try:
        return keep_heard(call, heard), None
    except OSError as error:
        return heard.to_json(), f"{call.path}: {os_error_text(error)}; its measures are not kept"


def _print(heard: list[dict[str, Any]]) -> None:
    for call in heard:
        _print_call(call)
    readouts = heard_readouts([one["values"] for one in heard])
    if not readouts:
        return
    shown = [name for name in HEARD_READOUTS if name in readouts]
    rows = [[BY_NAME[name].title, *_figures(readouts[name])] for name in shown]
    title = f"{len(heard)} call{'s' if len(heard) > 1 else ''} measured from audio"
    print_table(title, ["", "p50, sum or count", "p90", "max", "n"], rows)
    left_out = {why: None for one in heard for why in one["left_out"].values()}
    for why in left_out:
        names = {name for one in heard for name, reason in one["left_out"].items() if reason == why}
        titles = ", ".join(BY_NAME[name].title for name in HEARD_READOUTS if name in names)
        print_line(f"Left out, {titles}: {why.rstrip('.')}.")


def _figures(value: Any) -> list[str]:
    if isinstance(value, dict) and "p50" in value:
        shown = ["–" if value[key] is None else f"{value[key]:.0f} ms" for key in ("p50", "p90", "max")]
        return [*shown, str(value["n"])]
    if isinstance(value, dict):
        return [f"{value['count']} of {value['of']}", "", "", ""]
    return [f"{value:.1f} s", "", "", ""]


def _print_call(call: dict[str, Any]) -> None:
    print_line(f"{call['id']}, {call['duration_s']:.1f} s, {len(call['turns'])} turns")
    for sentence in (*call["notes"], *(one["sentence"] for one in call["faults"])):
        print_line(f"  {sentence}")
    events = [*call["events"], *(event for turn in call["turns"] for event in turn["events"])]
    for event in sorted(events, key=lambda one: float(one["t"])):
        if event["type"] in (*LISTED, "greeting", "end"):
            print_line(f"  {clock(event['t'])}  {event['type'].replace('_', ' ')}: {event['evidence']}")
    for turn in call["turns"]:
        for heard, reported in _SIDE_BY_SIDE:
            if turn[heard] is not None and reported in turn["reported"]:
                print_line(
                    f"  {clock(turn['caller_end_s'])}  {BY_NAME[heard].title}: "
                    f"platform {turn['reported'][reported]:.0f} ms, audible {turn[heard]} ms"
                )
    print_line("")
