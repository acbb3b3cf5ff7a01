"""What a sweep starts from: recordings and kept calls, and the settings of today that it compares with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING

from presets.config import VoiceConfig
from presets.layers import Layer
from services.errors import ServiceError

if TYPE_CHECKING:
    from services.client import ServicesClient
    from services.model import Service


BUNDLED, OWN, RECORDINGS, CALLS = "bundled", "own", "recordings", "calls"
_FOLDER, _SERVICE = "folder ", "service "
LEAST_CALLS = 8
"""With fewer own calls, a sweep uses the bundled recordings by default."""


@dataclass(frozen=True)
class Sources:
    """Audio files by source, and folders of kept calls. ``said`` while they are being searched."""

    bundled: tuple[Path, ...] = ()
    own: tuple[Path, ...] = ()
    calls: tuple[Path, ...] = ()
    service: str = ""
    others: tuple[tuple[str, str, tuple[Path, ...]], ...] = ()
    """Other services: name, id and calls."""
    folders: tuple[tuple[Path, tuple[Path, ...]], ...] = ()
    """Folders of recordings that the user added, if there are several."""
    said: str = "Looking for recordings and calls…"

    @cached_property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """The choices: a key and a label."""
        found = []
        if self.calls:
            of = f" of {self.service}" if self.service else ""
            found.append((CALLS, f"{_count(self.calls, 'call')}{of}"))
        if self.own:
            found.append((OWN, f"{_count(self.own, 'recording')} of yours"))
        if self.bundled:
            found.append((BUNDLED, f"the {_count(self.bundled, 'bundled recording')}"))
        if self.own and self.bundled:
            found.append((RECORDINGS, f"all {_count(self.own + self.bundled, 'recording')}"))
        found += [(f"{_FOLDER}{at}", f"{_count(inside, 'recording')} in {at.name}") for at, inside in self.folders]
        found += [(f"{_SERVICE}{own}", f"{_count(calls, 'call')} of {name}") for name, own, calls in self.others]
        return tuple(found)

    def of_calls(self, over: str) -> bool:
        """Whether a choice has calls, which need preparation, instead of recordings."""
        return over == CALLS or over.startswith(_SERVICE)

    def chosen(self, over: str, only: str = "") -> tuple[Path, ...]:
        """Return the audio files, or folders of calls, of a choice. ``only`` restricts them to names.

        ``only`` has names separated by commas, without folder and suffix, in which ``*`` and ``?`` stand for any
        text and any character.
        """
        named = {CALLS: self.calls, OWN: self.own, BUNDLED: self.bundled, RECORDINGS: self.bundled + self.own}
        named |= {f"{_FOLDER}{at}": inside for at, inside in self.folders}
        named |= {f"{_SERVICE}{own}": calls for _, own, calls in self.others}
        wanted = [one.strip() for one in only.split(",") if one.strip()]
        found = named.get(over, ())
        if not wanted:
            return found
        names = [path.name if self.of_calls(over) else path.stem for path in found]
        matching = [any(fnmatchcase(name, one) for one in wanted) for name in names]
        return tuple(compress(found, matching))

    @property
    def usual(self) -> str:
        """The default choice: the user's own calls, if there are enough."""
        if len(self.calls) >= LEAST_CALLS:
            return CALLS
        if len(self.own) >= LEAST_CALLS or not self.bundled:
            return OWN if self.own else CALLS if self.calls else ""
        return BUNDLED

    @property
    def help(self) -> str:
        """How to get more of them."""
        hint = "A in Tune adds a folder of recordings"
        return f"{hint}; p in Calls (4) pulls calls of the service." if self.service else f"{hint}."


def _count(things: Sequence[object], noun: str) -> str:
    return f"{len(things):,} {noun}{'s' * (len(things) != 1)}"


def look(service_id: str | None, service: str, places: Sequence[Path]) -> Sources:
    """Return the available calls. ``places`` are folders and files that the user added in Tune. Blocks."""
    from services.calls.folders import CallFolders
    from services.calls.overview import overviews
    from simulator.errors import SimulatorError
    from simulator.recording import audio_in, bundled_folder, find_audio
    from tui.tune.bench import audio_of, is_call, own_folder

    try:
        bundled = tuple(find_audio([bundled_folder()]))
    except (SimulatorError, OSError):
        bundled = ()
    try:
        own = list(audio_in(own_folder()))
    except OSError:
        own = []
    folders: dict[Path, tuple[Path, ...]] = {own_folder(): tuple(own)} if own else {}
    for place in places:
        # a call that was opened in Tune counts as a call in the sweep
        inside = tuple(file for file in audio_of(place) if not is_call(file.absolute()))
        own += inside
        folders |= {place: inside} if len(inside) > 1 else {}
    kept = sorted(overviews(CallFolders()), key=lambda one: one.order, reverse=True)
    here = [one for one in kept if one.audio_state == "here"]
    calls = [one.folder for one in here if service_id is not None and one.is_of(service_id)]
    others: dict[tuple[str, str], list[Path]] = {}
    for one in here:
        if one.folder not in calls and one.service_name:
            others.setdefault((one.service_name, one.service_id or one.service_name), []).append(one.folder)
    none = "" if bundled or own or calls else "Nothing to sweep over: A in Tune adds a folder of recordings"
    return Sources(
        bundled,
        tuple(dict.fromkeys(own)),
        tuple(calls),
        service,
        tuple((*key, tuple(theirs)) for key, theirs in sorted(others.items())),
        tuple(folders.items()) if len(folders) > 1 else (),
        none,
    )


@dataclass(frozen=True, slots=True)
class Today:
    """A service's own settings, and the layers it inherits. ``unknown`` says what could not be loaded.

    ``service_id`` is ``None`` for the built-in defaults, which belong to no service.
    """

    config: VoiceConfig = field(default_factory=VoiceConfig)
    inherited: tuple[Layer, ...] = ()
    unknown: str = ""
    service_id: str | None = None


async def today_of(client: ServicesClient | None, service: Service | None) -> Today:
    """Return what a service's callers get now, from the platform. Without a service, the built-in defaults."""
    if service is None or client is None:
        return Today() if service is None else Today(service.voice_config, service_id=service.id)
    unknown = ""
    inherited: tuple[Layer, ...] = ()
    try:
        service = await client.get_service(service.id)
        settings = await client.workspace_voice_settings()
    except ServiceError as error:
        unknown = f"Today's settings are as they were last seen, without what the workspace sets: {error}"
    else:
        if settings.voice_config.set_values():
            inherited = (Layer("workspace", settings.voice_config),)
    return Today(service.voice_config, inherited, unknown, service.id)
