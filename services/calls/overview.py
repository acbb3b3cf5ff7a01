"""A line about each kept call, read quickly, ten thousand of them in seconds; no word of the call is in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from sys import intern
from typing import Any, Final

from base.json_text import NotJsonError, canonical_json, json_of
from services.calls.folders import RECORD, CallFolders
from services.calls.reading import as_number
from services.reading import as_bool, as_int, as_object, as_text, as_time

HEARD: Final = "heard.json"
"""What was measured from audio, beside ``call.json``."""

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Counted:
    """How often something was heard, of how many times it could have been."""

    count: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallMeasures:
    """The measures of a call from its audio; ``None`` for what audio alone does not show."""

    response_ms: float | None = None
    """The median."""
    cut_ins: Counted | None = None
    stops: Counted | None = None
    """The agent stopped for nothing."""
    hanging: Counted | None = None
    """Turns left without a sound for 5 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOverview:
    """What a list shows of one kept call."""

    folder: Path
    id: str
    service_id: str | None = None
    service_name: str = ""
    started_at: datetime | None = None
    duration_s: float | None = None
    audio_state: str = "none"
    ended_by: str | None = None
    quality: float | None = None
    simulated: bool = False
    operator: bool = False
    made_by_turnlab: bool = False
    kept_since: datetime | None = None
    heard: CallMeasures | None = None
    settings: str = "null"
    """The ``voice_config`` it was made with, as canonical JSON; ``null`` where that is not known."""

    @property
    def order(self) -> datetime:
        """What lists are sorted by."""
        return self.started_at or _NEVER

    def is_of(self, service: str) -> bool:
        """Tell whether it is a call of a service, by its id or its name."""
        known = ((self.service_id or "").casefold(), self.service_name.casefold())
        return service.casefold() in known


def overviews(folders: CallFolders, workspace: str | None = None) -> Iterator[CallOverview]:
    """Yield a line about each kept call that can be read, of one workspace or of all, in no order."""
    for path in folders.records(workspace):
        if (found := overview(path.parent)) is not None:
            yield found


def overview(folder: Path) -> CallOverview | None:
    """Return a line about one kept call; ``None`` if it cannot be read."""
    raw = object_in(folder / RECORD)
    call_id = as_text(raw.get("id"))
    if not call_id:
        return None
    service = as_object(raw.get("service")) or {}
    return CallOverview(
        folder=folder,
        id=call_id,
        service_id=as_text(service.get("id")),
        service_name=as_text(service.get("name")) or "",
        started_at=as_time(raw.get("started_at")),
        duration_s=as_number(raw.get("duration_s")),
        audio_state=as_text(raw.get("audio_state")) or "none",
        ended_by=as_text(raw.get("ended_by")),
        quality=as_number(raw.get("quality_score")),
        simulated=as_bool(raw.get("simulated")) or False,
        operator=bool(raw.get("operator")),
        made_by_turnlab=as_bool(raw.get("made_by_turnlab")) or False,
        kept_since=as_time(raw.get("kept_since")),
        heard=heard_of(folder),
        # a service's calls have few different ones: each text is held once
        settings=intern(canonical_json(raw.get("voice_config"))),
    )


def heard_of(folder: Path) -> CallMeasures | None:
    """Return what was measured of a kept call; ``None`` if nothing was."""
    raw = object_in(folder / HEARD)
    if not raw:
        return None
    readouts = as_object(raw.get("readouts")) or {}
    response = as_object(readouts.get("response_ms")) or {}
    return CallMeasures(
        response_ms=as_number(response.get("p50")),
        cut_ins=_counted(readouts.get("cut_ins")),
        stops=_counted(readouts.get("false_barge_ins")),
        hanging=_counted(readouts.get("hanging_turns")),
    )


def _counted(raw: Any) -> Counted | None:
    found = as_object(raw) or {}
    count, of = as_int(found.get("count")), as_int(found.get("of"))
    return None if count is None or of is None else Counted(count, of)


def object_in(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file; an empty one where there is none that can be read."""
    try:
        found = json_of(path.read_bytes())
    except (OSError, NotJsonError):
        return {}
    return found if isinstance(found, dict) else {}
