"""Opening what a sweep is over: recordings, or the callers of kept calls, each with what was heard in it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from base.json_text import TextError
from base.os_errors import os_error_text
from simulator.errors import SimulatorError
from tui.sweep.sources import CALLS, Sources

if TYPE_CHECKING:
    from simulator.recording import Recording
    from simulator.sweep.plan import SweepCall


def open_calls(
    over: str, sources: Sources, listen: Callable[[str, float], object], cancelled: Callable[[], bool]
) -> tuple[tuple[SweepCall, ...], tuple[str, ...]]:
    """Open and analyse what was chosen; return the calls, and a sentence about each that cannot be used.

    ``listen`` gets what is said meanwhile and the share that is done, 0…1. Where it is ``cancelled``, it returns
    what it has. Raises :class:`~simulator.errors.SimulatorError` where nothing can be used.
    """
    from simulator.activity.end_of_turn import end_of_turn_model
    from simulator.heard.replaying import analysis_anywhere
    from simulator.sweep.plan import sweep_call

    judge = end_of_turn_model(late=True)
    found: list[SweepCall] = []
    faults: list[str] = []
    paths = sources.calls if over == CALLS else sources.recordings(over)
    for number, (path, open_one) in enumerate(_openers(over, paths)):
        if cancelled():
            break
        listen(f"Listening, once: {number + 1} of {len(paths)}", number / len(paths))
        try:
            recording = open_one()
            activity = analysis_anywhere(recording, judge)
            found.append(sweep_call(recording, activity, _caller(path) if over == CALLS else ""))
        except SimulatorError as error:
            faults.append(str(error))
        except OSError as error:
            faults.append(f"{path}: {os_error_text(error)}")
    if not found and not cancelled():
        raise SimulatorError(faults[0] if faults else "there is nothing to sweep over")
    return tuple(found), tuple(faults)


def _openers(over: str, paths: tuple[Path, ...]) -> Iterator[tuple[Path, Callable[[], Recording]]]:
    from functools import partial

    from simulator.recording import open_recording

    for path in paths:
        yield path, partial(_open_call, path) if over == CALLS else partial(open_recording, path)


def _open_call(folder: Path) -> Recording:
    from simulator.heard.replaying import open_replay
    from tui.calls.measuring import caller_recording

    return open_replay(caller_recording(folder))


def _caller(folder: Path) -> str:
    """Return what tells a caller from others, never the number itself; without one, a call has its own caller."""
    from services.calls.folders import CallFolders

    try:
        number = CallFolders().read(folder).phone_number
    except TextError:
        number = None
    return hashlib.sha256(number.encode()).hexdigest()[:12] if number else folder.name
