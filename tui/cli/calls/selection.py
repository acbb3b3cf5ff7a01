"""The calls that a command works on: folders of calls, audio files, or the ids and services of stored calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from base.files import is_file, is_folder
from base.json_text import canonical_json
from services.calls.folders import CallFolders
from services.calls.record import CallRecord
from simulator.audio.source import SUFFIXES
from simulator.errors import SimulatorError
from simulator.executors.urls import place_of
from simulator.heard.call_folder import KeptCall, calls_in, lone_audio, read_call_folder
from simulator.recording import find_audio
from tui.cli.calls.purge import purge_old
from tui.cli.failure import CallError, Faults, complain


def open_calls(named: Sequence[str], faults: Faults, caller_channel: int | None = None) -> list[KeptCall]:
    """Return the named calls, each once; those that cannot be read are reported and left out.

    Raises :class:`~tui.cli.failure.CallError` for a name without calls.
    """
    folders = CallFolders()
    purge_old(folders)
    kept = cache(lambda: [(one.path, one.record) for one in folders.find() if one.record is not None])
    paths: dict[Path, None] = {}
    for name in named:
        paths |= dict.fromkeys(_paths(name, kept))
    found: list[KeptCall] = []
    first: dict[tuple[str | None, str], Path] = {}
    for path in paths:
        with faults.noting(path):
            call = lone_audio(path, caller_channel) if is_file(path) else read_call_folder(path)
            own = (call.record.workspace, call.record.id)
            if call.folder is not None and first.setdefault(own, path) != path:
                complain(f"{path}: is the same call as {first[own]}; it counts once")
                continue
            found.append(call)
    return found


class HeardOnce:
    """Recognises calls that were already measured under another name, by their audio."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}

    def again(self, call: KeptCall, heard: Mapping[str, Any]) -> bool:
        """Return whether a call equals an earlier one. If so, report it on standard error."""
        if not heard["values"]:
            return False
        sound = canonical_json(heard["stretches"])
        first = self._first.setdefault(sound, call.record.id)
        if first == call.record.id:
            return False
        complain(f"{call.record.id}: sounds the same as {first}, to the millisecond; it counts once")
        return True


def _paths(name: str, kept: Callable[[], list[tuple[Path, CallRecord]]]) -> list[Path]:
    place = place_of(name)
    if not isinstance(place, Path):
        raise CallError(f"{place}: calls are measured where they are kept, not at a URL; import it first")
    path = place
    if is_folder(path):
        return calls_in(path) or _audio(path)
    if is_file(path):
        if path.suffix.lower() not in SUFFIXES:
            raise CallError(f"{path}: is not audio; name the call's folder, or its audio file")
        return [path]
    own = [path for path, record in kept() if record.id == name]
    served = [path for path, record in kept() if record.is_of(name)]
    if not own and not served:
        # as lists show it and ``show`` accepts it
        begun = [path for path, record in kept() if name and record.id.startswith(name)]
        if len(begun) == 1:
            return begun
        if begun:
            raise CallError(f"{len(begun)} calls begin with {name!r}; give more of the id")
        services = [one.service.name for _, one in kept() if one.service is not None and one.service.name]
        near = get_close_matches(name, services, n=1, cutoff=0.6)
        hint = f"did you mean {near[0]}?" if near else "pull calls with: turnlab calls pull SERVICE"
        raise CallError(f"{name}: no such file or folder, and no stored call or service of that name; {hint}")
    return own or served


def _audio(folder: Path) -> list[Path]:
    try:
        return find_audio([folder])
    except SimulatorError as error:
        raise CallError(f"{error}; a folder of calls holds call.json files") from None
