"""A label file as a list of marks a person can move: turns, interruptions, backchannels, noises, hesitations, and
what replay goes by: moves, and when the agent spoke.

The file may say one thing twice: an interruption is a turn and an event, a cough over the agent a noise and an
event.
Entries of the same stretch that are about the same thing are one mark, so that they stay together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from simulator.labels.model import Labels

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
