"""Opens the calls of a sweep: recordings, or the callers of kept calls, each with its analysis."""

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
    """Open and analyse audio files or folders of calls. Return them, and a sentence about each failure.

    ``executor`` does the work. ``listen`` gets the progress as words and as a share, 0…1. If ``cancelled`` returns
    true, the result has what is finished. Raises :class:`~simulator.errors.SimulatorError` if nothing is usable.
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
    """Return the caller of a kept call as a recording, with what identifies the caller."""
    recording = open_replay(caller_recording(folder))
    caller = read_call_folder(folder).record.phone_number or ""
    return sweep_call(recording, analysis_anywhere(recording, judge), caller)
