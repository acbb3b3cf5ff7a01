"""A label file as a list of marks a person can move: turns, interruptions, backchannels, noises, hesitations, and
what replay goes by: moves, and when the agent spoke.

The file may say one thing twice: an interruption is a turn and an event, a cough over the agent a noise and an
event.
Entries of the same stretch that are about the same thing are one mark, so that they stay together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from simulator.labels.model import Labels

if TYPE_CHECKING:
    from simulator.activity.model import Activity

TURN_GAP_S = 2.0
"""What a caller says is one turn until another begins to speak, or the caller is silent for so long."""

Kind = Literal["turn", "interruption", "backchannel", "noise", "hesitation", "agent", "move"]
KINDS: tuple[Kind, ...] = ("turn", "interruption", "backchannel", "noise", "hesitation", "agent", "move")
REPLAYED: tuple[Kind, ...] = ("agent", "move")
"""The kinds that replay goes by; the others are the truth about the caller."""
MOVE_KINDS = ("turn", "interruption", "backchannel", "noise")
"""What a move may hold; a move's ``words`` are one of them."""

Place = tuple[str, int]
"""Where an entry stands in the file: the name of its list, and its number there."""

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
"""In which lists a mark of a kind has an entry."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that is true of a stretch of the recording.

    ``words`` are a turn's, what makes a noise, or what a move holds; ``anchor`` is what a move waits for, and how
    many seconds.
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
    """Return the lists of the file in which a mark has an entry; a bed of noise has none."""
    return ("noises",) if mark.kind == "noise" and " bed" in mark.words else _HOLDS[mark.kind]


def marks(raw: Mapping[str, Any]) -> tuple[Mark, ...]:
    """Return the marks of a label file that was found good, in order of time."""
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
    """Return where an entry of a label file begins and ends, ms."""
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


# ---- what the detected voice suggests


SHORT_MS = 600
"""A shorter sound alone is more likely an "mm-hm" or a noise than a turn: the user decides."""
_OTHERWISE_MS = 1000
"""The length of a new label without detected sound."""


def is_one_turn(end: float, start: float, others: Iterable[float], gap: float) -> bool:
    """Return whether what begins at ``start`` continues the turn that reached ``end``.

    It does unless one of the ``others`` lies between, or a silence of ``gap``; all are in one unit of time.
    """
    return start - end < gap and not any(end <= edge < start for edge in others)


def edges(activity: Activity) -> tuple[int, ...]:
    """Return where the voice begins and ends, ms, in order."""
    return tuple(sorted({edge for span in activity.spans for edge in (span.start_ms, span.end_ms)}))


def detected_turns(activity: Activity, agent: Iterable[tuple[int, int]] = ()) -> tuple[tuple[int, int], ...]:
    """Return the stretches (ms) that are turns by :data:`TURN_GAP_S`; ``agent`` is when the agent speaks (ms).

    No end-of-turn model has a say, so that such turns can judge its decisions. What is said over the agent is apart
    from what is said after it.
    """
    agent_edges = [edge for window in agent for edge in window]
    turns: list[tuple[int, int]] = []
    for span in activity.spans:
        if turns and is_one_turn(turns[-1][1], span.start_ms, agent_edges, TURN_GAP_S * 1000):
            turns[-1] = (turns[-1][0], span.end_ms)
        else:
            turns.append((span.start_ms, span.end_ms))
    return tuple(turns)


def stretch_for(kind: Kind, place_ms: int, activity: Activity) -> tuple[int, int]:
    """Return where a new label goes (ms): over the voice at the place (a hesitation: the silence), or a second."""
    spans = [(span.start_ms, span.end_ms) for span in activity.spans]
    if kind in ("hesitation", "agent"):
        spans = [(before[1], after[0]) for before, after in pairwise(spans)]
    found = next((span for span in spans if span[0] <= place_ms < span[1]), None)
    if found is not None:
        return found
    end_ms = min(place_ms + _OTHERWISE_MS, activity.duration_ms)
    return min(place_ms, max(end_ms - _OTHERWISE_MS, 0)), end_ms


def parted(mark: Mark, place_ms: int, activity: Activity) -> tuple[Mark, Mark] | None:
    """Return a mark as two, parted by the silence at a place, or there; ``None`` where the place is not in it."""
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
