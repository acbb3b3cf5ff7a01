"""What truly happened on the caller's side of one run, on the run's own clock."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.engine.events import Event
from simulator.labels import Labels
from simulator.replay import Placement, Played

Stretch = tuple[int, int]
"""Start and end, ms."""


@dataclass(frozen=True, slots=True)
class TrueTurn:
    """A caller turn; ``index`` names it across the arms of a comparison."""

    index: int
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Truth:
    """Caller turns, and what else the labels say could or should stop the agent.

    Without labels, ``labelled`` is false, turns are what was detected, and the rest is empty.
    """

    labelled: bool
    turns: tuple[TrueTurn, ...]
    interruptions: tuple[Stretch, ...] = ()
    distractors: tuple[Stretch, ...] = ()


def truth_of(played: Played, labels: Labels | None) -> Truth:
    """Return the truth about a run: the labels moved to where their audio was played, else what was detected."""
    if labels is None or not (labels.turns or labels.events):
        return Truth(False, _detected_turns(played.events))
    places = played.placements
    turns = []
    for index, turn in enumerate(labels.caller_turns()):
        moved = _moved(places, turn.start_s, turn.end_s)
        if moved is not None:
            turns.append(TrueTurn(index, *moved))
    wanted = [_moved(places, event.start_s, event.end_s) for event in labels.events if event.should_barge_in]
    others = [_moved(places, event.start_s, event.end_s) for event in labels.events if not event.should_barge_in]
    return Truth(
        True,
        tuple(turns),
        tuple(span for span in wanted if span is not None),
        tuple(span for span in others if span is not None),
    )


def _moved(places: tuple[Placement, ...], start_s: float, end_s: float) -> Stretch | None:
    """Return a labelled stretch on the run's clock; ``None`` if its audio was not played."""
    start_ms, end_ms = round(start_s * 1000), round(end_s * 1000)
    middle = (start_ms + end_ms) // 2
    for place in places:
        if place.start_ms <= middle <= place.end_ms:
            return start_ms + place.shift_ms, end_ms + place.shift_ms
    return None


def _detected_turns(events: tuple[Event, ...]) -> tuple[TrueTurn, ...]:
    starts: dict[int, int] = {}
    ends: dict[int, int] = {}
    for event in events:
        if event.type in ("speech_start", "barge_in"):
            onset = event.data["start"] if event.type == "speech_start" else event.data["speech_start"]
            turn = event.turn + (event.type == "barge_in")
            starts.setdefault(turn, round(onset * 1000))
        elif event.type == "end_of_turn":
            ends[event.turn] = round(event.data["speech_end"] * 1000)
    return tuple(TrueTurn(turn, starts[turn], ends[turn]) for turn in sorted(starts.keys() & ends.keys()))
