"""Audacity label tracks: one label a line, ``start TAB end TAB text``, times in seconds.

The text says what the label marks: ``turn``, ``agent``, ``backchannel``, ``cough``, ``noise: what``,
``interruption``, ``hesitation`` or ``speech``. Words may follow a turn or an interruption (``turn: I'd like to
book``). Where several people share a channel, ``turn by Ann: …`` names the speaker. Lines that begin with a
backslash are Audacity's frequency ranges and are ignored.

The rest follows from a label's position. An interruption that no turn overlaps is also a turn. A backchannel or a
noise over the agent (except background noise: ``noise: street bed``) is also an event that must not stop it.

A conversion names everything in our JSON that a track cannot represent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from simulator.errors import LabelError
from simulator.labels.faults import first_fault
from simulator.labels.model import Labels, Span

VOCABULARY = ("turn", "agent", "backchannel", "cough", "noise", "interruption", "hesitation", "speech")
SPAN_GROUPS = {"agent": "agent", "backchannel": "backchannels", "hesitation": "hesitations", "speech": "speech"}
_WITH_WORDS = ("turn", "interruption", "noise")

_LOOKS_LIKE_A_LABEL = re.compile(r"\s*-?\d+[.,]?\d*\t-?\d+[.,]?\d*(\t|$)")


@dataclass(frozen=True, slots=True)
class TrackLabel:
    """One label of a track; ``words`` is what follows the kind."""

    start_s: float
    end_s: float
    kind: str
    words: str = ""
    speaker: str = ""

    @property
    def span(self) -> Span:
        """Start and end, seconds."""
        return self.start_s, self.end_s

    def line(self) -> str:
        """Return the line as Audacity writes it, to the microsecond."""
        text = f"{self.kind} by {self.speaker}" if self.speaker else self.kind
        text = " ".join((f"{text}: {self.words}" if self.words else text).split())
        return f"{self.start_s:.6f}\t{self.end_s:.6f}\t{text}\n"


def is_track(text: str) -> bool:
    """Whether a text is meant as a label track: some line begins with two numbers separated by a tab."""
    return any(_LOOKS_LIKE_A_LABEL.match(line) for line in text.splitlines())


def from_track(text: str, source: str) -> Labels:
    """Parse a label track. Raises :class:`~simulator.errors.LabelError` with the line and the remedy."""
    marks = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and not line.startswith("\\"):
            marks.append(_mark(line.rstrip("\r"), f"{source}: line {number}"))
    return labels_of(marks, source)


def labels_of(marks: list[TrackLabel], source: str) -> Labels:
    """Return marks as labels. Raises :class:`~simulator.errors.LabelError` if they contradict each other."""
    try:
        return Labels.model_validate(_as_labels(marks))
    except ValidationError as error:
        raise LabelError(f"{source}: {first_fault(error)}; correct the label file") from None


def to_track(labels: Labels) -> str:
    """Return labels as a label track, in time order."""
    marks = [TrackLabel(turn.start_s, turn.end_s, "turn", turn.text, turn.speaker) for turn in labels.turns]
    for kind, group in SPAN_GROUPS.items():
        marks += [TrackLabel(start_s, end_s, kind) for start_s, end_s in getattr(labels, group)]
    for start_s, end_s, what in labels.noises:
        kind, words = ("cough", "") if what == "cough" else ("noise", what)
        marks.append(TrackLabel(start_s, end_s, kind, words))
    for event in labels.events:
        if event.type == "interruption":
            words = str((event.model_extra or {}).get("text", ""))
            marks.append(TrackLabel(event.start_s, event.end_s, "interruption", words))
    order = VOCABULARY.index
    return "".join(mark.line() for mark in sorted(marks, key=lambda one: (one.span, order(one.kind))))


def _mark(line: str, where: str) -> TrackLabel:
    parts = line.split("\t", 2)
    if len(parts) < 2:
        raise LabelError(f"{where}: is not 'start TAB end TAB text'; export the label track from Audacity again")
    start_s, end_s = (_seconds(part, where) for part in parts[:2])
    text = parts[2].strip() if len(parts) == 3 else ""
    name, _, words = text.partition(":")
    kind, _, speaker = (part.strip() for part in name.partition(" by "))
    kind = kind.lower()
    if kind not in VOCABULARY:
        raise LabelError(f"{where}: {_shown(text)} is not a label Turnlab knows; use {', '.join(VOCABULARY)}")
    words = " ".join(words.split())
    if words and kind not in _WITH_WORDS:
        raise LabelError(f"{where}: {kind} takes no words; write '{kind}' alone")
    if speaker and kind != "turn":
        raise LabelError(f"{where}: {kind} takes no speaker, only a turn does; leave out 'by {speaker}'")
    if end_s <= start_s:
        raise LabelError(f"{where}: {kind} ends at {end_s:g} s, not after its start; mark a stretch, not a point")
    return TrackLabel(start_s, end_s, kind, words, speaker)


def _shown(text: str) -> str:
    return f"'{text[:40]}…'" if len(text) > 40 else f"'{text}'"


def _seconds(text: str, where: str) -> float:
    try:
        # a decimal comma, by Audacity's language
        seconds = float(text.replace(",", ".", 1))
    except ValueError:
        raise LabelError(f"{where}: '{text[:40]}' is not a time in seconds; write it like 1.250000") from None
    if not 0 <= seconds < float("inf"):
        raise LabelError(f"{where}: {text.strip()} s is not in the recording; labels begin at 0")
    return seconds


def _as_labels(marks: list[TrackLabel]) -> dict[str, Any]:
    def of(*kinds: str) -> list[TrackLabel]:
        return [mark for mark in marks if mark.kind in kinds]

    agent = of("agent")
    turns = of("turn")
    turns += [mark for mark in of("interruption") if not any(_overlap(mark, turn) for turn in of("turn"))]
    over = [
        mark
        for mark in of("backchannel", "cough", "noise")
        if " bed" not in mark.words and any(_overlap(mark, window) for window in agent)
    ]
    return {
        "turns": [_stretch(mark) | {"text": mark.words, "speaker": mark.speaker} for mark in _in_time(turns)],
        **{group: [mark.span for mark in _in_time(of(kind))] for kind, group in SPAN_GROUPS.items()},
        "noises": [(*mark.span, _what(mark)) for mark in _in_time(of("cough", "noise"))],
        "events": [_event(mark) for mark in _in_time([*of("interruption"), *over])],
    }


def _event(mark: TrackLabel) -> dict[str, Any]:
    event = _stretch(mark) | {
        "type": mark.kind if mark.kind in ("interruption", "backchannel") else "noise",
        "should_barge_in": mark.kind == "interruption",
    }
    if mark.kind == "interruption" and mark.words:
        event["text"] = mark.words
    elif event["type"] == "noise":
        event["what"] = _what(mark)
    return event


def _what(mark: TrackLabel) -> str:
    return mark.words or mark.kind


def _stretch(mark: TrackLabel) -> dict[str, Any]:
    return {"start_s": mark.start_s, "end_s": mark.end_s}


def _in_time(marks: Iterable[TrackLabel]) -> list[TrackLabel]:
    return sorted(marks, key=lambda mark: mark.span)


def _overlap(one: TrackLabel, other: TrackLabel) -> bool:
    return one.start_s < other.end_s and other.start_s < one.end_s


# ---- conversion to and from our JSON


_CARRIED = ("turns", "noises", "events", *SPAN_GROUPS.values())
_FOLLOWS = ("id", "audio", "duration_s")
"""Fields that identify the recording, as the file's name does."""


def track_and_losses(labels: Labels) -> tuple[str, list[str]]:
    """Return labels as a label track, and a list of what the track cannot represent."""
    track = to_track(labels)
    back = from_track(track, "the label track")
    raw = labels.model_dump(exclude_unset=True)
    lost = [_counted(name, raw[name]) for name in raw if name not in (*_CARRIED, *_FOLLOWS) and _filled(raw[name])]
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
    """Return a label file's content for labels from a track, and what it kept and dropped of the previous content.

    Kept is what a label track cannot represent: moves, titles, conditions. Dropped are other details of single
    turns and events, which may have changed identity. Labels changed by a person lose their ``provisional`` mark.
    """
    kept = {name: value for name, value in before.items() if name not in (*_CARRIED, "label_origin")}
    if before.get("provisional") and not _same_marks(track, before):
        del kept["provisional"]
    fresh = {name: _plain(track, name) for name in _CARRIED}
    content = kept | {"label_origin": origin} | {name: value for name, value in fresh.items() if value}
    words = [_counted(name, value) for name, value in kept.items() if name not in _FOLLOWS and _filled(value)]
    dropped = _details(before) - _details(content)
    return content, words, sorted(dropped)


def _same_marks(track: Labels, before: dict[str, Any]) -> bool:
    try:
        return to_track(Labels.model_validate(before)) == to_track(track)
    except ValidationError:
        return False


def _details(raw: dict[str, Any]) -> set[str]:
    """Return the detail fields of a label file's turns and events; the file may be malformed."""
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


def _filled(value: Any) -> bool:
    return value not in (None, "", [], (), {})


def _counted(name: str, value: Any) -> str:
    return f"{len(value)} {name}" if isinstance(value, list | tuple) else name
