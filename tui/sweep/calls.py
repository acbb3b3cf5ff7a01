"""Opening what a sweep is over: recordings, or the callers of kept calls, each with what was heard in it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from pathlib import Path

from base.os_errors import os_error_text
from simulator.activity.end_of_turn import EndOfTurnModel, end_of_turn_model
from simulator.errors import SimulatorError
from simulator.executors import in_order
from simulator.heard.call_folder import read_call_folder
from simulator.heard.replaying import analysis_anywhere, open_replay
from simulator.recording import open_recording
from simulator.sweep.plan import SweepCall, sweep_call
from tui.calls.measuring import caller_recording


def open_calls(
    paths: tuple[Path, ...],
    executor: Executor,
    listen: Callable[[str, float], object],
    cancelled: Callable[[], bool],
    *,
    are_calls: bool,
) -> tuple[tuple[SweepCall, ...], tuple[str, ...]]:
    """Open and analyse audio files, or folders of calls; return them, and a sentence about each that failed.

    ``executor`` does it. ``listen`` gets what is said meanwhile and the share that is done, 0…1. Where it is
    ``cancelled``, it returns what it has. Raises :class:`~simulator.errors.SimulatorError` where none can be used.
    """
    found: list[SweepCall] = []
    faults: list[str] = []

    def say(done: int) -> None:
        listen(f"Listening, once: {done + 1} of {len(paths)}", done / len(paths))

    hear = partial(_heard_call if are_calls else _heard_recording, end_of_turn_model(late=True))
    if paths and not cancelled():
        say(0)
        for number, (path, outcome) in enumerate(zip(paths, in_order(executor, hear, paths), strict=False)):
            try:
                found.append(outcome.result())
            except SimulatorError as error:
                faults.append(str(error))
            except OSError as error:
                faults.append(f"{path}: {os_error_text(error)}")
            if cancelled():
                break
            say(min(number + 1, len(paths) - 1))
    if not found and not cancelled():
        raise SimulatorError(faults[0] if faults else "there is nothing to sweep over")
    return tuple(found), tuple(faults)


def _heard_recording(judge: EndOfTurnModel, path: Path) -> SweepCall:
    recording = open_recording(path)
    return sweep_call(recording, analysis_anywhere(recording, judge))


def _heard_call(judge: EndOfTurnModel, folder: Path) -> SweepCall:
    """Return the caller of a kept call as a recording, with what tells that caller from others."""
    recording = open_replay(caller_recording(folder))
    caller = read_call_folder(folder).record.phone_number or ""
    return sweep_call(recording, analysis_anywhere(recording, judge), caller)
