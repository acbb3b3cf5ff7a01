"""The calls a sweep can be over: the bundled recordings, a person's own, and the kept calls of the service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

BUNDLED, OWN, RECORDINGS, CALLS = "bundled", "own", "recordings", "calls"
LEAST_CALLS = 8
"""With fewer of a person's own, a sweep is over the bundled recordings unless others are chosen."""


@dataclass(frozen=True)
class Sources:
    """Audio files by where they come from, and the folders of kept calls; ``said`` while they are looked for."""

    bundled: tuple[Path, ...] = ()
    own: tuple[Path, ...] = ()
    calls: tuple[Path, ...] = ()
    service: str = ""
    said: str = "Looking for recordings and calls…"

    @cached_property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """What there is to choose from: a key, and what people call it."""
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
        return tuple(found)

    @property
    def usual(self) -> str:
        """What a sweep is over unless a person says: what is theirs, where there is enough of it."""
        if len(self.calls) >= LEAST_CALLS:
            return CALLS
        if len(self.own) >= LEAST_CALLS or not self.bundled:
            return OWN if self.own else CALLS if self.calls else ""
        return BUNDLED

    @property
    def help(self) -> str:
        """What can be done for more of them."""
        hint = "A in Tune adds a folder of recordings"
        return f"{hint}; p in Calls (4) pulls calls of the service." if self.service else f"{hint}."

    def recordings(self, over: str) -> tuple[Path, ...]:
        """Return the audio files of a choice; none for calls, which have to be prepared."""
        return {OWN: self.own, BUNDLED: self.bundled, RECORDINGS: self.bundled + self.own}.get(over, ())


def _count(things: Sequence[object], noun: str) -> str:
    return f"{len(things):,} {noun}{'s' * (len(things) != 1)}"


def look(service_id: str | None, service: str, places: Sequence[Path]) -> Sources:
    """Return what there is: ``places`` are folders and files that a person added in Tune. Blocks."""
    from services.calls.folders import CallFolders
    from services.calls.overview import overviews
    from simulator.errors import SimulatorError
    from simulator.recording import bundled_folder, find_audio
    from tui.tune.bench import audio_in, audio_of, is_call, own_folder

    try:
        bundled = tuple(find_audio([bundled_folder()]))
    except (SimulatorError, OSError):
        bundled = ()
    try:
        own = list(audio_in(own_folder()))
    except OSError:
        own = []
    for place in places:
        # a call that was opened in Tune is swept over as a call
        own += [file for file in audio_of(place) if not is_call(file.absolute())]
    calls = []
    if service_id is not None:
        kept = sorted(overviews(CallFolders()), key=lambda one: one.order, reverse=True)
        calls = [one.folder for one in kept if one.is_of(service_id) and one.audio_state == "here"]
    none = "" if bundled or own or calls else "Nothing to sweep over: A in Tune adds a folder of recordings"
    return Sources(bundled, tuple(dict.fromkeys(own)), tuple(calls), service, none)
