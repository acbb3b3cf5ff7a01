"""Opening what a sweep is over: recordings, or the callers of kept calls, each with what was heard in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from base.os_errors import os_error_text
from simulator.activity.end_of_turn import end_of_turn_model
from simulator.errors import SimulatorError
from simulator.heard.call_folder import read_call_folder
from simulator.heard.replaying import analysis_anywhere, open_replay
from simulator.recording import Recording, open_recording
from simulator.sweep.plan import SweepCall, sweep_call
from tui.calls.measuring import caller_recording
from tui.sweep.sources import CALLS, Sources


def open_calls(
    over: str, sources: Sources, listen: Callable[[str, float], object], cancelled: Callable[[], bool]
) -> tuple[tuple[SweepCall, ...], tuple[str, ...]]:
    """Open and analyse what was chosen; return the calls, and a sentence about each that cannot be used.

    ``listen`` gets what is said meanwhile and the share that is done, 0…1. Where it is ``cancelled``, it returns
    what it has. Raises :class:`~simulator.errors.SimulatorError` where nothing can be used.
    """
    judge = end_of_turn_model(late=True)
    found: list[SweepCall] = []
    faults: list[str] = []
    paths = sources.calls if over == CALLS else sources.recordings(over)
    for number, path in enumerate(paths):
        if cancelled():
            break
        listen(f"Listening, once: {number + 1} of {len(paths)}", number / len(paths))
        try:
            recording, caller = _open_call(path) if over == CALLS else (open_recording(path), "")
            found.append(sweep_call(recording, analysis_anywhere(recording, judge), caller))
        except SimulatorError as error:
            faults.append(str(error))
        except OSError as error:
            faults.append(f"{path}: {os_error_text(error)}")
    if not found and not cancelled():
        raise SimulatorError(faults[0] if faults else "there is nothing to sweep over")
    return tuple(found), tuple(faults)


def _open_call(folder: Path) -> tuple[Recording, str]:
    """Return the caller of a kept call as a recording, and what tells that caller from others."""
    audio = caller_recording(folder)
    return open_replay(audio), read_call_folder(folder).record.phone_number or ""
