"""What truly happened on the caller's side of one run, on the run's own clock."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from operator import attrgetter

from simulator.engine.events import EndOfTurn, Event
from simulator.labels import Labels
from simulator.replay import Placement, Played

_START, _END = attrgetter("start_ms"), attrgetter("end_ms")

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
    if labels is None or not labels.tells_truth:
        return Truth(False, _detected_turns(played.events))
    places = played.placements
    turns = []
    for index, turn in enumerate(labels.caller_turns()):
        place = moved(places, turn.start_s, turn.end_s)
        if place is not None:
            turns.append(TrueTurn(index, *place))
    wanted = [moved(places, event.start_s, event.end_s) for event in labels.events if event.should_barge_in]
    others = [moved(places, event.start_s, event.end_s) for event in labels.events if not event.should_barge_in]
    return Truth(
        True,
        tuple(turns),
        tuple(span for span in wanted if span is not None),
        tuple(span for span in others if span is not None),
    )


def moved(places: tuple[Placement, ...], start_s: float, end_s: float) -> Stretch | None:
    """Return a labelled stretch on the run's clock; ``None`` if its audio was not played.

    A stretch that reaches over several moves begins with the first and ends with the last of them.
    """
    start_ms, end_ms = round(start_s * 1000), round(end_s * 1000)
    found = slice(bisect_right(places, start_ms, key=_END), bisect_left(places, end_ms, key=_START))
    played = places[found]
    if not played:
        return None
    first, last = played[0], played[-1]
    return max(start_ms, first.start_ms) + first.shift_ms, min(end_ms, last.end_ms) + last.shift_ms


def _detected_turns(events: tuple[Event, ...]) -> tuple[TrueTurn, ...]:
    """Return the turns the machine took, each as its last end of turn tells it.

    They are named by the span of speech they ended with, which is the same stretch of audio in every arm.
    """
    last = {event.turn: event for event in events if isinstance(event, EndOfTurn)}
    return tuple(
        TrueTurn(ended.span, ended.onset_ms, ended.speech_end_ms)
        for _, ended in sorted(last.items(), key=lambda item: item[0])
    )
