"""A label file as a list of movable marks.

The marks are turns, interruptions, backchannels, noises, hesitations and, for replay, moves and agent windows. A
file may contain one thing twice: an interruption is a turn and an event; a cough over the agent is a noise and an
event. Entries about one thing over the same stretch are one mark, so they move together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from simulator.labels.model import Labels

if TYPE_CHECKING:
    from simulator.activity.model import Activity

TURN_GAP_S = 2.0
"""A caller's turn ends when another person begins to speak, or after this much silence."""

Kind = Literal["turn", "interruption", "backchannel", "noise", "hesitation", "agent", "move"]
KINDS: tuple[Kind, ...] = ("turn", "interruption", "backchannel", "noise", "hesitation", "agent", "move")
REPLAYED: tuple[Kind, ...] = ("agent", "move")
"""The kinds used by replay; the other kinds are the truth about the caller."""
MOVE_KINDS = ("turn", "interruption", "backchannel", "noise")
"""The possible contents of a move; a move's ``words`` are one of them."""

Place = tuple[str, int]
"""An entry's position in the file: the name of its list, and its index there."""

_SAME_MS = 5
_LISTS = ("turns", "events", "backchannels", "noises", "hesitations", "agent", "moves")
_HOLDS: Mapping[Kind, tuple[str, ...]] = {
    "turn": ("turns",),
    "interruption": ("turns", "events"),
    "backchannel": ("backchannels", "events"),
    "noise": ("noises", "events"),
    "hesitation": ("hesitations",),
    "agent": ("agent",),
    "move": ("moves",),
}
"""The lists in which a mark of a kind has an entry."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A fact about a stretch of the recording.

    ``words`` are a turn's words, the source of a noise, or a move's content. ``anchor`` is a move's anchor and its
    offset in seconds.
    """

    kind: Kind
    start_ms: int
    end_ms: int
    words: str = ""
    places: tuple[Place, ...] = ()
    anchor: tuple[str, float] | None = None

    @property
    def stretch(self) -> tuple[int, int]:
        """Start and end, ms."""
        return self.start_ms, self.end_ms


def lists_of(mark: Mark) -> tuple[str, ...]:
    """Return the lists of the file in which a mark has an entry; background noise has none."""
    return ("noises",) if mark.kind == "noise" and " bed" in mark.words else _HOLDS[mark.kind]


def marks(raw: Mapping[str, Any]) -> tuple[Mark, ...]:
    """Return the marks of a valid label file, in time order."""
    found: list[Mark] = []
    for one in _entries(raw):
        twin = next((number for number, other in enumerate(found) if _same(one, other)), None)
        if twin is None:
            found.append(one)
        else:
            other = found[twin]
            kind = one.kind if one.kind != "turn" else other.kind
            found[twin] = Mark(kind, *other.stretch, other.words or one.words, (*other.places, *one.places))
    return tuple(sorted(found, key=lambda mark: (mark.stretch, KINDS.index(mark.kind))))


def entry_stretch(entry: Any) -> tuple[int, int]:
    """Return an entry's start and end, ms."""
    start, end = (entry["start_s"], entry["end_s"]) if isinstance(entry, Mapping) else entry[:2]
    # numbers may be written as text
    return round(float(start) * 1000), round(float(end) * 1000)


def _entries(raw: Mapping[str, Any]) -> Iterator[Mark]:
    # As the simulator reads them, which is more lenient than JSON.
    labels = Labels.model_validate(raw).model_dump()
    for name in _LISTS:
        for number, entry in enumerate(labels[name]):
            anchor = _anchor(entry) if name == "moves" else None
            yield Mark(_kind(name, entry), *entry_stretch(entry), _words(name, entry), ((name, number),), anchor)


def _anchor(move: Any) -> tuple[str, float]:
    return next((name, float(value)) for name, value in move["anchor"].items() if value is not None)


def _kind(name: str, entry: Any) -> Kind:
    if name == "events":
        if entry.get("should_barge_in"):
            return "interruption"
        return "backchannel" if entry["type"] == "backchannel" else "noise"
    kinds: dict[str, Kind] = {"turns": "turn", "backchannels": "backchannel", "noises": "noise"}
    kinds |= {"agent": "agent", "moves": "move"}
    return kinds.get(name, "hesitation")


def _words(name: str, entry: Any) -> str:
    if name == "noises":
        return str(entry[2])
    if name == "moves":
        return str(entry["kind"])
    return str(entry.get("text") or entry.get("what") or "") if isinstance(entry, Mapping) else ""


def _same(one: Mark, other: Mark) -> bool:
    # Two people may talk at once, so two entries of one list are two marks.
    if {name for name, _ in one.places} & {name for name, _ in other.places}:
        return False
    kinds = {one.kind, other.kind}
    about_one_thing = len(kinds) == 1 or kinds == {"turn", "interruption"}
    near = all(abs(a - b) <= _SAME_MS for a, b in zip(one.stretch, other.stretch, strict=True))
    return about_one_thing and near


# ---- suggestions from detected speech


SHORT_MS = 600
"""A shorter sound alone is more likely an "mm-hm" or a noise than a turn; the user decides."""
_OTHERWISE_MS = 1000
"""The length of a new label where no sound was detected."""


def is_one_turn(end: float, start: float, others: Iterable[float], gap: float) -> bool:
    """Return whether speech that begins at ``start`` continues the turn that reached ``end``.

    It does unless one of the ``others`` lies between, or a silence of ``gap``. All values have one unit of time.
    """
    return start - end < gap and not any(end <= edge < start for edge in others)


def edges(activity: Activity) -> tuple[int, ...]:
    """Return the times at which speech begins and ends, ms, in order."""
    return tuple(sorted({edge for span in activity.spans for edge in (span.start_ms, span.end_ms)}))


def detected_turns(activity: Activity, agent: Iterable[tuple[int, int]] = ()) -> tuple[tuple[int, int], ...]:
    """Return the detected turns (ms) by :data:`TURN_GAP_S`; ``agent`` is when the agent speaks (ms).

    They do not depend on an end-of-turn model, so they can score one. Speech over the agent and speech after it are
    separate turns.
    """
    agent_edges = [edge for window in agent for edge in window]
    turns: list[tuple[int, int]] = []
    for span in activity.spans:
        if turns and is_one_turn(turns[-1][1], span.start_ms, agent_edges, TURN_GAP_S * 1000):
            turns[-1] = (turns[-1][0], span.end_ms)
        else:
            turns.append((span.start_ms, span.end_ms))
    return tuple(turns)


def free_turns(activity: Activity, marks: Sequence[Mark]) -> list[tuple[int, int]]:
    """Return the detected turns (ms) of which no label covers any part."""
    agent = [one.stretch for one in marks if one.kind == "agent"]
    covering = [one for one in marks if one.kind not in (*REPLAYED, "hesitation")]
    return [
        (start_ms, end_ms)
        for start_ms, end_ms in detected_turns(activity, agent)
        if not any(one.start_ms < end_ms and start_ms < one.end_ms for one in covering)
    ]


def stretch_for(kind: Kind, place_ms: int, activity: Activity, marks: Iterable[Mark] = ()) -> tuple[int, int]:
    """Return a new label's stretch (ms): the speech at a time (for a hesitation, the silence), or else a second.

    A turn is the whole detected turn, unless a label of ``marks`` covers part of it. An agent window also takes the
    silence.
    """
    spans = [(span.start_ms, span.end_ms) for span in activity.spans]
    if kind in ("hesitation", "agent"):
        spans = [(before[1], after[0]) for before, after in pairwise(spans)]
    if kind == "turn":
        spans = [*free_turns(activity, tuple(marks)), *spans]
    found = next((span for span in spans if span[0] <= place_ms < span[1]), None)
    if found is not None:
        return found
    end_ms = min(place_ms + _OTHERWISE_MS, activity.duration_ms)
    return min(place_ms, max(end_ms - _OTHERWISE_MS, 0)), end_ms


SPOKEN: tuple[Kind, ...] = ("turn", "interruption", "backchannel")
"""The kinds that are the caller's voice."""
_EDGE_MS = 300
"""How far detected speech may reach beyond its label."""


def holds_voice(mark: Mark, activity: Activity) -> bool:
    """Return whether voice was detected in a mark's stretch."""
    return any(span.start_ms < mark.end_ms and mark.start_ms < span.end_ms for span in activity.spans)


def unlabelled_speech_ms(labels: Labels, activity: Activity) -> int:
    """Return how much detected speech lies outside every label, ms; shorter sounds than a turn do not count.

    Stretches marked ``unheard`` count as labelled, and so does the agent where the audio contains it.
    """
    covered = [(one.start_s, one.end_s) for group in (labels.turns, labels.events) for one in group]
    covered += [*labels.backchannels, *labels.unheard, *((start, end) for start, end, _ in labels.noises)]
    covered += labels.agent if labels.channel == "mix" or labels.has_echo else ()
    stretches = sorted((round(start * 1000) - _EDGE_MS, round(end * 1000) + _EDGE_MS) for start, end in covered)
    found = 0
    for span in activity.spans:
        at_ms = span.start_ms
        for start_ms, end_ms in [*stretches, (span.end_ms, span.end_ms)]:
            free_ms = min(start_ms, span.end_ms) - at_ms
            found += free_ms if free_ms >= SHORT_MS else 0
            at_ms = max(at_ms, end_ms)
    return found


def unlabelled_text(labels: Labels, activity: Activity) -> str:
    """Return half a sentence about detected speech without a label; "" if there is none, or no truth."""
    left_ms = unlabelled_speech_ms(labels, activity) if labels.has_truth else 0
    return unlabelled_words(left_ms) if left_ms else ""


def unlabelled_words(left_ms: int) -> str:
    """Return half a sentence about an amount of detected speech without a label."""
    return f"{left_ms / 1000:.1f} s of detected speech carry no label; readouts that need truth count it as noise"


def label_doubts(there: Iterable[Mark], labels: Labels, activity: Activity) -> str:
    """Return what is doubtful about labels, one sentence a line: labels without voice, voice without a label."""
    empty = [one for one in there if one.kind in SPOKEN and not holds_voice(one, activity)]
    found = []
    if empty:
        what: str = empty[0].kind if len({one.kind for one in empty}) == 1 else "label"
        what += " holds" if len(empty) == 1 else "s hold"
        more = ", …" if len(empty) > _NAMED else ""
        found.append(f"{len(empty)} {what} no voice: {', '.join(map(_span_text, empty[:_NAMED]))}{more}.")
    if left := unlabelled_text(labels, activity):
        found.append(f"{left}.")
    return "\n".join(found)


_NAMED = 3
"""The most labels named in one doubt."""


def _span_text(mark: Mark) -> str:
    """Return a mark's start and end, to a tenth of a second."""
    return "–".join(f"{ms // 60_000}:{ms % 60_000 / 1000:04.1f}" for ms in mark.stretch)


def parted(mark: Mark, place_ms: int, activity: Activity) -> tuple[Mark, Mark] | None:
    """Return a mark split at the silence around a time, or at the time; ``None`` if the time lies outside it."""
    if not mark.start_ms < place_ms < mark.end_ms:
        return None
    found = edges(activity)
    spans = [(span.start_ms, span.end_ms) for span in activity.spans]
    if any(start <= place_ms < end for start, end in spans):
        ends_ms = begins_ms = place_ms
    else:
        ends_ms = max([edge for edge in found if mark.start_ms < edge <= place_ms], default=place_ms)
        begins_ms = min([edge for edge in found if place_ms <= edge < mark.end_ms], default=place_ms)
    return replace(mark, end_ms=ends_ms), Mark(mark.kind, begins_ms, mark.end_ms)
