"""A summary line for each kept call. Ten thousand calls take seconds to read. A line holds no words of the call."""

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
"""The file of measurements from audio, beside ``call.json``."""

CHECKED: Final = "checked.json"
"""The file of simulated times, beside ``call.json``. It holds for the settings that the call has."""

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Counted:
    """How often something happened, of how many times it could have happened."""

    count: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallMeasures:
    """A call's measurements from its audio. ``None`` for what audio alone does not show."""

    response_ms: float | None = None
    """The median response time, in ms."""
    cut_ins: Counted | None = None
    stops: Counted | None = None
    """How often the agent stopped without an interruption by the caller."""
    hanging: Counted | None = None
    """Turns after which the agent was silent for 5 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOverview:
    """One line of a list of calls."""

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
    """The ``voice_config`` of the call as canonical JSON; ``null`` if it is unknown."""

    @property
    def order(self) -> datetime:
        """The sort key of lists."""
        return self.started_at or _NEVER

    def is_of(self, service: str) -> bool:
        """Return whether the call belongs to a service, given by id or name."""
        known = ((self.service_id or "").casefold(), self.service_name.casefold())
        return service.casefold() in known


def overviews(folders: CallFolders, workspace: str | None = None) -> Iterator[CallOverview]:
    """Yield a line for each readable call, of one workspace or of all, in no particular order."""
    for path in folders.records(workspace):
        if (found := overview(path.parent)) is not None:
            yield found


def overview(folder: Path) -> CallOverview | None:
    """Return the line of one kept call. ``None`` if the call cannot be read."""
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
        # a service's calls share few different texts: keep each once
        settings=intern(canonical_json(raw.get("voice_config"))),
    )


def heard_of(folder: Path) -> CallMeasures | None:
    """Return the measurements of a kept call. ``None`` if it was not measured."""
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
    """Return the JSON object in a file. Empty if the file is missing or cannot be read."""
    try:
        found = json_of(path.read_bytes())
    except (OSError, NotJsonError):
        return {}
    return found if isinstance(found, dict) else {}
