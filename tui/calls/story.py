"""One stored call in words: its facts, its turns with times, and measured events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from base.json_text import TextError
from presets.config import to_show
from services.calls.folders import CallFolders
from services.calls.overview import HEARD, CallMeasures, object_in
from services.calls.record import CallRecord, CallTurn
from services.reading import as_objects

NOTHING: Final = "—"
"""Shown in a list for a missing figure of a call."""

SETTINGS: Final = {
    "changes": "settings of the time, from the record of changes",
    "platform": "settings as the platform names them",
    "today": "settings of today: the record of changes does not reach back to this call",
}
_NOTABLE: Final = frozenset({"cut_in", "interruption", "interruption_ignored", "stop_for_nothing", "hanging_turn"})
"""Measured events that are shown between the turns."""


def how_it_went(duration_s: float | None, heard: CallMeasures | None, quality: float | None) -> list[str]:
    """Return a call's length, response, cut-ins, unneeded stops, hanging turns and quality, as in lists."""
    counts = (heard.cut_ins, heard.stops, heard.hanging) if heard else (None,) * 3
    return [
        NOTHING if duration_s is None else f"{int(duration_s // 60)}:{int(duration_s % 60):02d}",
        NOTHING if heard is None or heard.response_ms is None else f"{heard.response_ms:,.0f} ms",
        *(NOTHING if one is None else f"{one.count}/{one.of}" for one in counts),
        NOTHING if quality is None else f"{quality:.2f}",
    ]


def call_story(folders: CallFolders, folder: Path) -> str:
    """Return a call as lines of text with its numbers masked, or why it cannot be read."""
    try:
        record = folders.read(folder).masked()
    except TextError as error:
        return str(error)
    return "\n".join([*facts(record), "", *(f"{at}  {text}" for at, text in moments(record, folder))])


def story_before(story: str, at_ms: int) -> str:
    """Return a story's lines up to the last one before a moment of the call."""
    lines = story.split("\n")
    facts_end = lines.index("") if "" in lines else 0
    shown = facts_end + 1
    for number, line in enumerate(lines[facts_end + 1 :], facts_end + 1):
        minutes, _, seconds = line.partition("  ")[0].partition(":")
        try:
            at_s = 60 * int(minutes) + float(seconds)
        except ValueError:
            continue
        if at_s * 1000 <= at_ms + 10:
            shown = number + 1
    return "\n".join(lines[:shown])


def moments(record: CallRecord, folder: Path) -> list[tuple[str, str]]:
    """Return the words and measured events as times and sentences, in order."""
    heard = object_in(folder / HEARD)
    took = _by_ear(heard)
    timed = [*((turn.from_s, _turn(turn, took)) for turn in record.turns), *_notable(heard)]
    timed.sort(key=lambda one: (one[0] is None, one[0] or 0.0))
    return [(clock(at_s), text) for at_s, text in timed]


def facts(record: CallRecord) -> Iterator[str]:
    """Yield the facts of a call, one line each."""
    started = record.started_at.astimezone().strftime("%Y-%m-%d %H:%M") if record.started_at else ""
    service = record.service.name if record.service else ""
    ended = (record.ended_by or "").replace("_", " ")
    first = (service, started, record.direction or "", record.phone_number or "", ended)
    yield " · ".join(part for part in first if part)
    if record.voice_config_from is not None:
        values = ", ".join(f"{name} {value}" for name, value in to_show(record.voice_config or {}).items())
        yield f"{SETTINGS[record.voice_config_from]}: {values or 'all inherited'}"
    judge = (record.model_extra or {}).get("voice_judge")
    if isinstance(judge, dict) and isinstance(judge.get("overall"), int | float):
        yield f"the platform's voice judge gives {judge['overall']:g}"
    if record.audio_state == "archived":
        when = record.restore_at.astimezone().strftime(" until %Y-%m-%d %H:%M") if record.restore_at else ""
        yield f"the recording is archived{when}; pull again then"
    elif record.audio_state != "here":
        yield "there is no recording" if record.audio_state == "none" else "the audio was deleted; measures only"
    for start_s, end_s in record.operator:
        yield f"a human operator spoke from {clock(start_s)} to {clock(end_s)}: measures leave that out"
    if record.simulated:
        yield "the platform simulated the caller"
    if record.made_by_turnlab:
        yield "Turnlab made this call for its demo workspace: it involves no patient"


def _turn(turn: CallTurn, took: Mapping[float, float]) -> str:
    who = f"{turn.speaker}{f' ({turn.kind})' if turn.kind in ('filler', 'greeting') else ''}"
    tools = "".join(
        f" [tool call {tool.name}{f' took {tool.ms:,.0f} ms' if tool.ms is not None else ''}]"
        for tool in turn.tools
    )
    response_ms, times = turn.reported.get("response_ms"), ""
    if response_ms is not None:
        heard_ms = took.get(response_ms)
        by_ear = "" if heard_ms is None else f", heard {heard_ms:,.0f} ms"
        times = f" [platform says {response_ms:,.0f} ms{by_ear}]"
    return f"{who}: {turn.text or '(no transcript)'}{tools}{times}"


def _by_ear(heard: dict[str, Any]) -> dict[float, float]:
    """Return the measured responses in ms, by the platform's figure for each.

    Figures that occur twice are left out.
    """
    found: dict[float, list[float]] = {}
    for turn in as_objects(heard.get("turns")):
        reported, by_ear = turn.get("reported"), turn.get("response_ms")
        says = reported.get("response_ms") if isinstance(reported, dict) else None
        if isinstance(says, int | float) and isinstance(by_ear, int | float):
            found.setdefault(float(says), []).append(float(by_ear))
    return {says: took[0] for says, took in found.items() if len(took) == 1}


def _notable(heard: dict[str, Any]) -> Iterator[tuple[float | None, str]]:
    """Yield the notable events."""
    found: list[Any] = []
    for part in (heard, *as_objects(heard.get("turns"))):
        events = part.get("events")
        found += events if isinstance(events, list) else []
    for event in found:
        if isinstance(event, dict) and event.get("type") in _NOTABLE and isinstance(event.get("t"), int | float):
            yield float(event["t"]), f"▲ {str(event['type']).replace('_', ' ')}: {event.get('evidence') or ''}"


def clock(at_s: float | None) -> str:
    """Return a time in a call as minutes and seconds, with hundredths."""
    if at_s is None:
        return "   —   "
    minutes, seconds = divmod(round(max(at_s, 0.0), 2), 60)
    return f"{int(minutes)}:{seconds:05.2f}"
