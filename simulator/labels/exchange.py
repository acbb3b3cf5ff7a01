"""Between our JSON and Audacity's label tracks, with an account of what gets lost on the way."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from simulator.labels.audacity import SPAN_GROUPS, from_track, to_track
from simulator.labels.model import Labels

_CARRIED = ("turns", "noises", "events", *SPAN_GROUPS.values())
_FOLLOWS = ("id", "audio", "duration_s")
"""Fields that say which recording the labels are for, as the file's name does."""


def track_and_losses(labels: Labels) -> tuple[str, list[str]]:
    """Return labels as a label track, and what of them it cannot carry, in words."""
    track = to_track(labels)
    back = from_track(track, "the label track")
    raw = labels.model_dump(exclude_unset=True)
    lost = [_counted(name, raw[name]) for name in raw if name not in (*_CARRIED, *_FOLLOWS) and _told(raw[name])]
    missing = len(_events(labels) - _events(back))
    if missing:
        lost.append(f"{missing} event(s) that do not follow from where their labels lie")
    extras = {name for event in labels.events for name in event.model_extra or {}}
    extras |= {name for turn in labels.turns for name in turn.model_extra or {}}
    lost += sorted(extras - {"text", "what"})
    return track, lost


def json_of_track(
    track: Labels, before: dict[str, Any], origin: str
) -> tuple[dict[str, Any], list[str], list[str]]:
    """Return a label file's content for labels read from a track, and what it kept and dropped of the one before.

    Kept is what a label track cannot carry: moves, titles, conditions. Dropped are further details of single turns
    and events, which may not be the same ones any more. A machine's guess that was changed is none any more.
    """
    kept = {name: value for name, value in before.items() if name not in (*_CARRIED, "label_origin")}
    if before.get("provisional") and not _same_marks(track, before):
        del kept["provisional"]
    fresh = {name: _plain(track, name) for name in _CARRIED}
    content = kept | {"label_origin": origin} | {name: value for name, value in fresh.items() if value}
    words = [_counted(name, value) for name, value in kept.items() if name not in _FOLLOWS and _told(value)]
    dropped = _details(before) - _details(content)
    return content, words, sorted(dropped)


def _same_marks(track: Labels, before: dict[str, Any]) -> bool:
    try:
        return to_track(Labels.model_validate(before)) == to_track(track)
    except ValidationError:
        return False


def _details(raw: dict[str, Any]) -> set[str]:
    """Return what the turns and events of a label file, which may be malformed, tell of themselves."""
    groups = (raw.get(name) for name in ("turns", "events"))
    parts = [part for group in groups if isinstance(group, list) for part in group]
    return {str(name) for part in parts if isinstance(part, dict) for name in part}


def _plain(labels: Labels, name: str) -> list[Any]:
    return [
        {key: value for key, value in part.model_dump().items() if value != ""}
        if hasattr(part, "model_dump")
        else part
        for part in getattr(labels, name)
    ]


def _events(labels: Labels) -> set[tuple[float, float, str, bool]]:
    return {(round(e.start_s, 6), round(e.end_s, 6), e.type, e.should_barge_in) for e in labels.events}


def _told(value: Any) -> bool:
    return value not in (None, "", [], (), {})


def _counted(name: str, value: Any) -> str:
    return f"{len(value)} {name}" if isinstance(value, list | tuple) else name
