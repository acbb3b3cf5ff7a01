"""The truth about the caller's side of one run, on the run's own clock."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from operator import attrgetter

from base.records import record
from simulator.engine.events import BargeIn, EndOfTurn, Event
from simulator.labels import Labels
from simulator.replay import Placement, Played

_START, _END = attrgetter("start_ms"), attrgetter("end_ms")

Stretch = tuple[int, int]
"""Start and end, ms."""


@record
class TrueTurn:
    """A caller turn; ``index`` identifies it across the arms of a comparison."""

    index: int
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Truth:
    """Caller turns, and the other labelled stretches that could or should stop the agent.

    Without labels, ``labelled`` is false, turns are the detected ones, and the rest is empty.
    """

    labelled: bool
    turns: tuple[TrueTurn, ...]
    interruptions: tuple[Stretch, ...] = ()
    distractors: tuple[Stretch, ...] = ()


@dataclass(frozen=True, slots=True)
class LabelledTimes:
    """Labelled times, ms of the file: turns, what should stop the agent, and what should not."""

    turns: tuple[Stretch, ...]
    interruptions: tuple[Stretch, ...]
    distractors: tuple[Stretch, ...]

    @classmethod
    def of(cls, labels: Labels | None) -> LabelledTimes | None:
        """Return the times of labels; ``None`` where they contain no truth."""
        if labels is None or not labels.has_truth:
            return None
        return cls(
            tuple(_ms(turn.start_s, turn.end_s) for turn in labels.caller_turns()),
            tuple(_ms(event.start_s, event.end_s) for event in labels.events if event.should_barge_in),
            tuple(_ms(event.start_s, event.end_s) for event in labels.events if not event.should_barge_in),
        )

    def truth(self, places: tuple[Placement, ...]) -> Truth:
        """Return the truth about a run that played the file at ``places``."""
        turns = [_placed(places, *turn) for turn in self.turns]
        wanted = [_placed(places, *span) for span in self.interruptions]
        others = [_placed(places, *span) for span in self.distractors]
        return Truth(
            True,
            tuple([TrueTurn(index, *place) for index, place in enumerate(turns) if place is not None]),
            tuple([span for span in wanted if span is not None]),
            tuple([span for span in others if span is not None]),
        )


def truth_of(played: Played, labels: Labels | None) -> Truth:
    """Return the truth about a run: the labels moved to where their audio was played, else the detected turns."""
    times = LabelledTimes.of(labels)
    return detected_truth(played.events) if times is None else times.truth(played.placements)


def moved(places: tuple[Placement, ...], start_s: float, end_s: float) -> Stretch | None:
    """Return a labelled stretch on the run's clock, ms; ``None`` if its audio was not played.

    A stretch over several moves begins in the first and ends in the last of them.
    """
    return _placed(places, *_ms(start_s, end_s))


def _ms(start_s: float, end_s: float) -> Stretch:
    return round(start_s * 1000), round(end_s * 1000)


def _placed(places: tuple[Placement, ...], start_ms: int, end_ms: int) -> Stretch | None:
    begin, until = bisect_right(places, start_ms, key=_END), bisect_left(places, end_ms, key=_START)
    if begin >= until:
        return None
    first, last = places[begin], places[until - 1]
    return max(start_ms, first.start_ms) + first.shift_ms, min(end_ms, last.end_ms) + last.shift_ms


def detected_truth(events: tuple[Event, ...]) -> Truth:
    """Return the machine's own turns as the truth."""
    return Truth(False, _detected_turns(events))


def _detected_turns(events: tuple[Event, ...]) -> tuple[TrueTurn, ...]:
    """Return the machine's turns, each by its last end of turn.

    A turn's index is the span of speech it ended with, which is the same audio in every arm.
    """
    last = {event.turn: event for event in events if isinstance(event, EndOfTurn)}
    return tuple(
        TrueTurn(ended.span, ended.onset_ms, ended.speech_end_ms)
        for _, ended in sorted(last.items(), key=lambda item: item[0])
    )


# ---- stretches in which the caller really takes the floor


LABEL_TOLERANCE_MS = 50


def false_barge_ins(events: tuple[Event, ...], truth: Truth) -> list[BargeIn]:
    """Return the barge-ins that were not caused by speech in which the caller really takes the floor."""
    barge_ins = [event for event in events if isinstance(event, BargeIn)]
    wanted = floor_takings(truth) if barge_ins else []
    return [event for event in barge_ins if not is_about(event, wanted)]


def floor_takings(truth: Truth) -> list[Stretch]:
    """Return every stretch in which the caller really takes the floor, without duplicates."""
    turns = [(turn.start_ms, turn.end_ms) for turn in truth.turns]
    extra = [
        (start, end)
        for start, end in truth.interruptions
        if not any(start < other_end and other_start < end for other_start, other_end in turns)
    ]
    return sorted(turns + extra)


def is_about(barge_in: BargeIn, stretches: list[Stretch]) -> bool:
    """Whether a barge-in or its speech overlaps one of the stretches, within the tolerance of labels."""
    return any(
        start - LABEL_TOLERANCE_MS < barge_in.t_ms and barge_in.speech_start_ms < end + LABEL_TOLERANCE_MS
        for start, end in stretches
    )
