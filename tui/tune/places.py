"""The folders and files of recordings that the user adds: stored, and watched for changes."""

from __future__ import annotations

import os
import shlex
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

from base.folders import typed_path
from base.json_text import NotJsonError, json_of
from base.os_errors import os_error_text
from simulator.audio.what_if import AS_IT_IS
from tui.host import Host, Job
from tui.preferences import remember, remembered_list
from tui.screens import key_for
from tui.tune.bench import FoundRecording, audio_of, is_call, key_of, open_found, own_folder

if TYPE_CHECKING:
    from tui.tune.recordings import RecordingsController


GONE = " · gone"
"""The suffix of a group's title if its folder or file is gone."""
REMEMBERED = "recordings"
"""The name under which the folders are stored."""

Stamp = tuple[tuple[str, int, int], ...]
"""Name, modification time in ns and size of an audio file, and of each file beside it."""


class Places:
    """The added folders and files. Folders are stored if ``remembers``; files are not.

    All screens share it, and it reads what another window stored.
    """

    def __init__(self, opened: Iterable[Path] = (), *, remembers: bool = True) -> None:
        self._opened = [_absolute(path) for path in opened]
        self._remembers = remembers
        self._left: set[Path] = set()

    def all(self) -> tuple[Path, ...]:
        """Return their absolute paths, those of this session first."""
        known = dict.fromkeys([*self._opened, *map(Path, remembered_list(REMEMBERED))])
        return tuple(place for place in known if place not in self._left)

    def add(self, paths: Sequence[Path]) -> None:
        """Add folders or files before the others. Raises :class:`OSError` if they cannot be stored."""
        added = [_absolute(path) for path in paths]
        self._opened = list(dict.fromkeys([*added, *self._opened]))
        self._left -= {*added}
        self.keep()

    def keep(self) -> None:
        """Store the folders of this session. Raises :class:`OSError`."""
        known = remembered_list(REMEMBERED)
        folders = [str(path) for path in self._opened if path.is_dir() and str(path) not in known]
        if folders and self._remembers:
            remember(REMEMBERED, [*folders, *known])

    def forget(self, place: Path) -> None:
        """Remove a folder or file from the list. Its files stay. Raises :class:`OSError` as :meth:`add` does."""
        self._opened = [path for path in self._opened if path != place]
        self._left.add(place)
        known = remembered_list(REMEMBERED)
        if str(place) in known and self._remembers:
            remember(REMEMBERED, [path for path in known if path != str(place)])


def _absolute(path: Path) -> Path:
    """Return a path that means the same from any folder. A link stays a link, because its target may change."""
    return Path(os.path.normpath(path.absolute()))


@dataclass(frozen=True, slots=True)
class News:
    """What changed since the last check: ``places`` with their groups' titles, and recordings.

    ``came`` are new. ``changed`` have other audio, ``relabelled`` only other files beside it.
    """

    places: tuple[tuple[Path, str], ...] = ()
    came: tuple[FoundRecording, ...] = ()
    changed: tuple[FoundRecording, ...] = ()
    relabelled: tuple[FoundRecording, ...] = ()
    gone: tuple[str, ...] = ()
    """Keys."""


class Watch:
    """Compares the added places and the user's own recordings with the last check.

    Everything here blocks, so it runs in a worker.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._seen: dict[Path, Stamp] = {}
        self._taken: dict[Path, Stamp] = {}
        self._one_at_a_time = Lock()

    def look(self, known: Mapping[str, FoundRecording], *, patient: bool) -> News:
        """Return what changed. ``patient`` skips files that changed since the last check, as while one is written.

        ``known`` says, by key, which sounds are injected into a recording.
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
    """Return short names of places, with the parent folder if two have the same name."""
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
        return False  # it exists, but cannot be read
    return False


def _call_name(place: Path) -> str:
    """Return the name of a kept call's caller from the labels beside it. Empty for any other file."""
    if not is_call(place):
        return ""
    try:
        labels = json_of(place.with_suffix(".json").read_bytes())
    except (OSError, NotJsonError):
        return ""
    title = labels.get("title") if isinstance(labels, dict) else None
    return title if isinstance(title, str) else ""


def _stamps(files: Mapping[Path, Path | None]) -> dict[Path, Stamp]:
    """Return the stamps of audio files and of the files beside each, if they exist."""
    beside = {folder: _states(folder) for folder in {file.parent for file in files}}
    stamps = {}
    for file in files:
        states = beside[file.parent].get(file.stem, [])
        if any(name == file.name for name, _, _ in states):
            # The audio first, so that it is clear whether only labels changed.
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
                    state = (entry.name, 0, 0)  # such as a broken link, which is listed with its error
                else:
                    state = (entry.name, about.st_mtime_ns, about.st_size)
                name = Path(entry.name)
                # NAME.json and NAME.scenario.json both belong to NAME.wav
                for stem in {name.stem, Path(name.stem).stem}:
                    states[stem].append(state)
    except OSError:
        return {}
    return states


def pasted_paths(text: str) -> tuple[Path, ...]:
    """Return the paths in pasted text, as terminals paste them for dropped files. Empty for other text.

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
    """Return the path in a text, if it exists. A bare word is not a path."""
    if text.startswith("file://"):
        text = unquote(urlsplit(text).path)
    if not text.startswith("~") and not Path(text).is_absolute():
        return None
    path = typed_path(text)
    try:
        return path if path.exists() else None
    except (OSError, ValueError):
        return None


LOOK_EVERY_S = 1.5
"""Seconds between two checks of the folders."""


class FolderQuestions(Protocol):
    """The questions about a folder to add."""

    async def folder(self, start: Path) -> Path | None:
        """Ask for a folder of recordings or one recording. The dialog begins in ``start``."""

    def look_at_added(self) -> None:
        """Go to what is added next."""


class PlacesController:
    """Adds to ``places`` what the user chooses with ``ask``, and passes their recordings to ``recordings``."""

    def __init__(
        self,
        host: Host,
        places: Places,
        watch: Watch,
        recordings: RecordingsController,
        ask: FolderQuestions,
    ) -> None:
        self._host, self._places, self._watch, self._recordings, self._ask = host, places, watch, recordings, ask
        self._looking = 0

    def follow(self) -> None:
        """Check the folders repeatedly."""
        self._host.every(LOOK_EVERY_S, self.look)

    def choose(self) -> None:
        """Ask for a folder or file, and add it."""
        self._host.start(self._choose, "adding", exclusive=True)

    async def _choose(self) -> None:
        known = self._places.all()
        chosen = await self._ask.folder(known[0].parent if known else Path.home())
        if chosen is not None:
            self.add([chosen])

    def add(self, paths: Sequence[Path]) -> None:
        """List the recordings of folders or files, and show the first one."""
        self._ask.look_at_added()
        try:
            self._places.add(paths)
        except OSError as error:
            self._tell_not_remembered(error)
        self.look(show=paths[0], then=partial(self._offer_group, paths[0]))

    def _offer_group(self, place: Path) -> None:
        """Say how to compare over the added recordings alone."""
        found, titles = self._recordings.found(), dict(self._recordings.state.places)
        count = sum(one.place == place for one in found.values())
        if place in titles and 1 < count < len(found):
            key = key_for("tune.all")
            self._host.tell(
                f"{key} on the heading {titles[place]} in the list compares over its {count} recordings alone;"
                f" {key} elsewhere, over all {len(found)}.",
                "Recordings added",
            )

    def drop(self, text: str) -> bool:
        """Add files that were dropped on the terminal, which pastes their paths.

        Return whether the text was paths.
        """
        paths, path = pasted_paths(text), text.strip()
        if paths:
            self.add(paths)
        elif path.startswith(("/", "~/", "file://")) and "\n" not in path:
            self._host.tell(f"{path}: no such file or folder; drop another, or type its path.", severity="warning")
        else:
            return False
        return True

    def forget(self, place: Path) -> None:
        """Remove an added folder or file from the list. Its files stay."""
        try:
            self._places.forget(place)
        except OSError as error:
            self._tell_not_remembered(error)
        else:
            again = key_for("tune.add-folder")
            self._host.tell(f"{place} is no longer listed; its files stay as they are. {again} adds it again.")
        self.look(show=place)

    def _tell_not_remembered(self, error: OSError) -> None:
        self._host.tell(
            f"This applies until you quit, but cannot be remembered: {os_error_text(error)}.", severity="warning"
        )

    def look(self, show: Path | None = None, then: Callable[[], object] = lambda: None) -> None:
        """Update the list, once files are unchanged between two checks.

        With ``show``, list everything at once, and show the first recording of that folder or file. ``then`` is
        called afterwards.
        """
        if self._looking and show is None:
            return
        self._looking += 1

        def look(job: Job) -> None:
            news = self._watch.look(self._recordings.found(), patient=show is None)
            job.report(partial(self._take, partial(self._recordings.take_news, news, show), then))

        self._host.start_thread(look, "places")

    def _take(self, deliver: Callable[[], None], then: Callable[[], object]) -> None:
        self._looking -= 1
        deliver()
        then()
