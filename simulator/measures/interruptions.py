"""Did the agent stop when it should have, and only then?"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.engine.events import BargeIn, Event
from simulator.measures.truth import Stretch, Truth
from simulator.measures.turns import Sound

STOP_WITHIN_MS = 2000
"""A true interruption is missed if the agent is still talking this long after its onset."""

LABEL_TOLERANCE_MS = 50


@dataclass(frozen=True, slots=True)
class Interruptions:
    """``stop_ms``: for each true interruption that stopped the agent, onset to silence.

    ``distractors`` counts what was over the agent and should not have stopped it: labelled backchannels and
    noises, and whatever else a false barge-in was about.
    """

    true: int
    missed: int
    stop_ms: tuple[int, ...]
    distractors: int
    false: int


def interruptions(events: tuple[Event, ...], sounds: tuple[Sound, ...], truth: Truth) -> Interruptions:
    """Hold barge-ins against the true turns spoken over the agent."""
    barge_ins = [event for event in events if isinstance(event, BargeIn)]
    wanted = _wanted(truth)
    over, missed, stops = 0, 0, []
    for onset, _ in wanted:
        under = next((sound for sound in sounds if sound.start_ms < onset < sound.end_ms), None)
        if under is None:
            continue
        over += 1
        # filler and response to one turn are one floor: it is held until the last of them ends
        floor = [sound for sound in sounds if sound.turn == under.turn and sound.end_ms > onset]
        if floor[-1].end_ms > onset + STOP_WITHIN_MS:
            missed += 1
        elif floor[-1].interrupted:
            stops.append(floor[-1].end_ms - onset)
    false = [event for event in barge_ins if not is_about(event, wanted)]
    heard = [
        (start, end)
        for start, end in truth.distractors
        if any(sound.start_ms < end and start < sound.end_ms for sound in sounds)
    ]
    about = {stretch for stretch in heard if any(is_about(event, [stretch]) for event in false)}
    return Interruptions(over, missed, tuple(stops), len(heard) + max(0, len(false) - len(about)), len(false))


def _wanted(truth: Truth) -> list[Stretch]:
    """Return every stretch in which the caller truly takes the floor, each once."""
    turns = [(turn.start_ms, turn.end_ms) for turn in truth.turns]
    extra = [
        (start, end)
        for start, end in truth.interruptions
        if not any(start < other_end and other_start < end for other_start, other_end in turns)
    ]
    return sorted(turns + extra)


def is_about(barge_in: BargeIn, stretches: list[Stretch]) -> bool:
    """Whether a barge-in came during one of some stretches, or of speech that did, as exactly as labels are."""
    return any(
        start - LABEL_TOLERANCE_MS < barge_in.t_ms and barge_in.speech_start_ms < end + LABEL_TOLERANCE_MS
        for start, end in stretches
    )
