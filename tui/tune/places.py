"""The folders and files of recordings that a person added: remembered, and watched for what changes in them."""

from __future__ import annotations

import os
import shlex
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from urllib.parse import unquote, urlsplit

from base.folders import typed_path
from base.json_text import NotJsonError, json_of
from simulator.audio.what_if import AS_IT_IS
from tui.preferences import remember, remembered_list
from tui.tune.bench import FoundRecording, audio_of, is_call, key_of, open_found, own_folder

GONE = " · gone"
"""What the title of a group ends with whose folder or file is no longer there."""
REMEMBERED = "recordings"
"""What the folders are remembered under."""

Stamp = tuple[tuple[str, int, int], ...]
"""Name, time of change in ns and size of an audio file, and of each file that stands beside it."""


class Places:
    """The folders and files that were added. Folders are remembered, unless not ``remembers``; files are not.

    All screens share it, and it reads what another window remembers.
    """

    def __init__(self, opened: Iterable[Path] = (), *, remembers: bool = True) -> None:
        self._opened = [_absolute(path) for path in opened]
        self._remembers = remembers
        self._left: set[Path] = set()

    def all(self) -> tuple[Path, ...]:
        """Return them, absolute: those of this sitting first."""
        known = dict.fromkeys([*self._opened, *map(Path, remembered_list(REMEMBERED))])
        return tuple(place for place in known if place not in self._left)

    def add(self, paths: Sequence[Path]) -> None:
        """Put folders or files before the others. Raises :class:`OSError` where it cannot be remembered."""
        added = [_absolute(path) for path in paths]
        self._opened = list(dict.fromkeys([*added, *self._opened]))
        self._left -= {*added}
        self.keep()

    def keep(self) -> None:
        """Remember the folders of this sitting. Raises :class:`OSError` where that cannot be."""
        known = remembered_list(REMEMBERED)
        folders = [str(path) for path in self._opened if path.is_dir() and str(path) not in known]
        if folders and self._remembers:
            remember(REMEMBERED, [*folders, *known])

    def forget(self, place: Path) -> None:
        """List a folder or file no more; nothing in it is touched. Raises :class:`OSError` as :meth:`add` does."""
        self._opened = [path for path in self._opened if path != place]
        self._left.add(place)
        known = remembered_list(REMEMBERED)
        if str(place) in known and self._remembers:
            remember(REMEMBERED, [path for path in known if path != str(place)])


def _absolute(path: Path) -> Path:
    """Return a path that names the same from any folder; a link stays one, since it may lead elsewhere tomorrow."""
    return Path(os.path.normpath(path.absolute()))


@dataclass(frozen=True, slots=True)
class News:
    """What is other than at the last look: ``places`` with the titles of their groups, and recordings.

    ``came`` are new; of ``changed`` the audio is another, of ``relabelled`` only what stands beside it.
    """

    places: tuple[tuple[Path, str], ...] = ()
    came: tuple[FoundRecording, ...] = ()
    changed: tuple[FoundRecording, ...] = ()
    relabelled: tuple[FoundRecording, ...] = ()
    gone: tuple[str, ...] = ()
    """Keys."""


class Watch:
    """Compares what the places, and the folder of one's own recordings, hold with the last look.

    Everything here blocks, so it runs in a worker.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._seen: dict[Path, Stamp] = {}
        self._taken: dict[Path, Stamp] = {}
        self._one_at_a_time = Lock()

    def look(self, known: Mapping[str, FoundRecording], *, patient: bool) -> News:
        """Return what changed; ``patient``: leave files that changed since the last look, as while one is written.

        What is ``known`` of a recording by its key says which sounds are put in.
        """
        with self._one_at_a_time:
            return self._look(known, patient=patient)

    def _look(self, known: Mapping[str, FoundRecording], *, patient: bool) -> News:
        places = self._places.all()
        held: dict[Path, Path | None] = {}
        for place in places:
            for file in audio_of(place):
                held.setdefault(file, place)
        for file in audio_of(own_folder()):
            held.setdefault(file, None)
        now = _stamps(held)
        before, seen, self._seen = self._taken, self._seen, now
        taken = {file: now[file] for file in now if not patient or seen.get(file) == now[file]}
        self._taken = {file: taken.get(file) or before[file] for file in now if file in taken or file in before}

        def opened(files: Iterable[Path]) -> tuple[FoundRecording, ...]:
            return tuple(_open(file, held[file], known) for file in files)

        other = [file for file in taken if file in before and before[file] != taken[file]]
        return News(
            tuple(zip(places, _titles(places), strict=True)),
            opened(file for file in taken if file not in before),
            opened(file for file in other if before[file][0] != taken[file][0]),
            opened(file for file in other if before[file][0] == taken[file][0]),
            tuple(
                key_of(file, None if file.parent == own_folder() else file) for file in before if file not in now
            ),
        )


def _open(file: Path, place: Path | None, known: Mapping[str, FoundRecording]) -> FoundRecording:
    before = known.get(key_of(file, place))
    what_if = before.recording.source.what_if if before is not None and before.recording is not None else AS_IT_IS
    return open_found(file, what_if, place)


def _titles(places: Sequence[Path]) -> list[str]:
    """Return short names of places, with the folder above where two are called the same."""
    names = [_call_name(place) or place.name or str(place) for place in places]
    return [
        (name if names.count(name) == 1 else str(Path(place.parent.name) / name)) + GONE * _is_gone(place)
        for name, place in zip(names, places, strict=True)
    ]


def _is_gone(place: Path) -> bool:
    try:
        place.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False  # it is there, and cannot be looked at
    return False


def _call_name(place: Path) -> str:
    """Return what the caller of a kept call is called, by the labels beside it; nothing for any other file."""
    if not is_call(place):
        return ""
    try:
        labels = json_of(place.with_suffix(".json").read_bytes())
    except (OSError, NotJsonError):
        return ""
    title = labels.get("title") if isinstance(labels, dict) else None
    return title if isinstance(title, str) else ""


def _stamps(files: Mapping[Path, Path | None]) -> dict[Path, Stamp]:
    """Return the state of audio files with their places, and of what stands beside each, if they are there."""
    beside = {folder: _states(folder) for folder in {file.parent for file in files}}
    stamps = {}
    for file in files:
        states = beside[file.parent].get(file.stem, [])
        if any(name == file.name for name, _, _ in states):
            # The audio first, so that one can tell whether only its labels changed.
            states = sorted(states, key=lambda state: (state[0] != file.name, state))
            stamps[file] = (*states, (str(files[file]), 0, 0))
    return stamps


def _states(folder: Path) -> dict[str, list[tuple[str, int, int]]]:
    states: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    about = entry.stat()
                except OSError:
                    state = (entry.name, 0, 0)  # such as a link to nothing, which is listed with what is wrong
                else:
                    state = (entry.name, about.st_mtime_ns, about.st_size)
                name = Path(entry.name)
                # NAME.json and NAME.scenario.json both stand beside NAME.wav
                for stem in {name.stem, Path(name.stem).stem}:
                    states[stem].append(state)
    except OSError:
        return {}
    return states


def pasted_paths(text: str) -> tuple[Path, ...]:
    """Return the paths in a text that a terminal pastes where files are dropped on it; nothing if it is another.

    Terminals put quotes around a path or a backslash before its spaces, and some write a ``file://`` address.
    """
    text = text.strip()
    whole = _path(text)
    if whole is not None:
        return (whole,)
    try:
        parts = shlex.split(text, posix=os.name != "nt")
    except ValueError:
        return ()
    paths = [_path(part.strip("'\"")) for part in parts]
    return tuple(path for path in paths if path is not None) if all(paths) else ()


def _path(text: str) -> Path | None:
    """Return the path that a text is, if something is there; a bare word names nothing."""
    if text.startswith("file://"):
        text = unquote(urlsplit(text).path)
    if not text.startswith("~") and not Path(text).is_absolute():
        return None
    path = typed_path(text)
    try:
        return path if path.exists() else None
    except (OSError, ValueError):
        return None
