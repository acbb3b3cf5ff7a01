"""The caller's audio for the timeline: on one clock for all arms, with its level at every zoom, and what it is.

Extremes are kept for blocks of 1, 8, 64, … frames, so a drawing of two hours reads about as many values as a
drawing of two seconds.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from operator import itemgetter
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.activity.model import Activity
from simulator.audio.injecting import SOUNDS
from simulator.engine.events import BargeIn, BargeInSuppressed, SpeechEnded, SpeechStarted
from simulator.labels import Labels
from simulator.measures.advice import WANTS_FLOOR
from simulator.measures.truth import Truth, moved
from simulator.replay import Played
from simulator.study import Run
from tui.tune.bench import AnalysedRecording

# ---- one clock for arms whose calls took different lengths
#
# Under elastic replay the caller answers the agent, so after one slower answer everything in that arm lies later.
# Side by side on their own clocks the arms drift apart and nothing can be compared. Here both are lined up at the
# start of every stretch of caller audio: within a stretch a second is a second, and the arm that is through with it
# sooner waits for the slowest. The caller's audio then lies at the same place for all.


@dataclass(frozen=True, slots=True)
class ArmClock:
    """An arm's own times (ms) on the shared clock, each stretch shifted as a whole."""

    own_starts: tuple[int, ...]
    shared_starts: tuple[int, ...]
    own_end: int

    def at(self, own_ms: int) -> int:
        """Return an arm's own time on the shared clock."""
        index = max(bisect_right(self.own_starts, own_ms) - 1, 0)
        return self.shared_starts[index] + own_ms - self.own_starts[index]

    def own(self, shared_ms: float) -> int:
        """Return the arm's own time for a time of the shared clock. During a wait, that of its start."""
        index = max(bisect_right(self.shared_starts, shared_ms) - 1, 0)
        own_ms = self.own_starts[index] + int(shared_ms) - self.shared_starts[index]
        ends = (*self.own_starts[1:], self.own_end)
        return max(min(own_ms, ends[index]), 0)

    def until(self, own_ms: int) -> int:
        """Return where something that ends at ``own_ms`` ends: before a wait that may follow."""
        index = max(bisect_left(self.own_starts, own_ms) - 1, 0)
        return self.shared_starts[index] + own_ms - self.own_starts[index]

    def waits(self) -> tuple[tuple[int, int], ...]:
        """Return the stretches of the shared clock in which this arm waits, as (start, end)."""
        found = []
        ends = (*self.own_starts[1:], self.own_end)
        after = (*self.shared_starts[1:], self.shared_starts[-1] + self.own_end - self.own_starts[-1])
        for own, shared, own_end, shared_end in zip(self.own_starts, self.shared_starts, ends, after, strict=True):
            reached = shared + own_end - own
            if reached < shared_end:
                found.append((reached, shared_end))
        return tuple(found)


def align(*arms: Played) -> tuple[tuple[ArmClock, ...], int]:
    """Return the arms' clocks in order, and the length of the shared clock in ms."""
    starts = [_starts(played) for played in arms]
    if len({len(found) for found in starts}) > 1:
        # Different stretches cannot be paired. Each arm then keeps its own time.
        return tuple(ArmClock((0,), (0,), played.duration_ms) for played in arms), max(p.duration_ms for p in arms)
    own_lengths = [_lengths(found, played.duration_ms) for found, played in zip(starts, arms, strict=True)]
    lengths = [max(found) for found in zip(*own_lengths, strict=True)]
    shared = (0, *accumulate(lengths))
    clocks = tuple(
        ArmClock(found, shared[:-1], played.duration_ms) for found, played in zip(starts, arms, strict=True)
    )
    return clocks, shared[-1]


def _starts(played: Played) -> tuple[int, ...]:
    starts = [place.start_ms + place.shift_ms for place in played.placements]
    return tuple(starts) if starts and starts[0] == 0 else (0, *starts)


def _lengths(starts: Sequence[int], end_ms: int) -> list[int]:
    return [after - before for before, after in pairwise((*starts, max(end_ms, starts[-1])))]


# ---- level


FOLD = 8
FINEST = 4
"""The smallest number of values in a block, if there are so many."""

_POWER = 0.7
"""Makes quiet speech visible beside loud speech."""


class Pyramid:
    """The maximum of ``values`` ``[n]`` over blocks of them."""

    def __init__(self, values: NDArray[np.float32]) -> None:
        self._levels = [values]
        while len(self._levels[-1]) > FOLD:
            below = self._levels[-1]
            self._levels.append(np.maximum.reduceat(below, np.arange(0, len(below), FOLD)))

    def __len__(self) -> int:
        return len(self._levels[0])

    @property
    def is_there(self) -> bool:
        """Whether any value is above 0."""
        return bool(self._levels[-1].any())

    def highest(self, first: float, step: float, count: int) -> NDArray[np.float32]:
        """Return the maximum of each of ``count`` blocks of ``step`` values, starting at ``first``.

        Blocks outside the values use those at the ends.
        """
        level, values = 0, self._levels[0]
        while step / FOLD ** (level + 1) >= FINEST and level + 1 < len(self._levels):
            level += 1
            values = self._levels[level]
        size = FOLD**level
        edges = ((first + np.arange(count + 1) * step) / size).astype(np.intp)
        np.clip(edges, 0, len(values) - 1, out=edges)
        found = np.maximum.reduceat(values, edges[:-1])
        # Otherwise the last block would reach to the end of all values.
        found[-1] = values[edges[-2] : max(edges[-1], edges[-2] + 1)].max()
        return found


class Waveform:
    """A recording's lowest and highest samples, and voice probability; 0…1 each, by frame.

    The loudest sample is 1, or ``loudest`` if all are quieter.
    """

    def __init__(self, activity: Activity, loudest: float = 1e-6) -> None:
        envelope = activity.envelope
        loudest = max(float(np.abs(envelope).max(initial=0.0)), loudest)
        lows, highs = (np.power(np.clip(one / loudest, 0, 1), _POWER) for one in (-envelope[:, 0], envelope[:, 1]))
        self.below = Pyramid(lows.astype(np.float32))
        self.above = Pyramid(highs.astype(np.float32))
        self.voice = Pyramid(activity.probability)


@lru_cache(maxsize=64)
def waveform(activity: Activity) -> Waveform:
    """Return an analysed recording's waveform, computed once."""
    return Waveform(activity)


# ---- kinds of speech


SpeechKind = Literal["turn", "interruption", "backchannel", "noise"]
SPEECH_KINDS: tuple[SpeechKind, ...] = ("turn", "interruption", "backchannel", "noise")


class Speech(NamedTuple):
    """A stretch of caller audio: its kind, and its words or the source of the noise."""

    start_ms: int
    end_ms: int
    text: str = ""
    kind: SpeechKind = "turn"


def speech_of(
    analysed: AnalysedRecording, run: Run, clock: ArmClock
) -> tuple[tuple[Speech, ...], tuple[Speech, ...]]:
    """Return the caller's turns and interruptions, and the backchannels and noises."""
    labels, put_in = analysed.recording.labels, _put_in(analysed, run.played, clock)
    if not run.measured.labelled or labels is None:
        turns, asides = detected(run, clock)
    else:
        turns = _labelled_turns(labels, run.measured.truth, clock)
        places = run.played.placements
        moves = ((moved(places, start_s, end_s), text, kind) for start_s, end_s, text, kind in _asides(labels))
        asides = [
            Speech(clock.at(span[0]), clock.until(span[1]), text.replace("_", " "), kind)
            for span, text, kind in moves
            if span is not None
        ]
    return tuple(turns), tuple(sorted([*asides, *put_in]))


def _labelled_turns(labels: Labels, truth: Truth, clock: ArmClock) -> list[Speech]:
    """Return the true turns with their words. Those that take the floor from the agent are interruptions."""
    texts = [turn.text for turn in labels.caller_turns()]
    found = [(turn.start_ms, turn.end_ms, texts[turn.index]) for turn in truth.turns]
    for start_ms, end_ms in truth.interruptions:
        if not any(start_ms < end and start < end_ms for start, end, _ in found):
            found.append((start_ms, end_ms, ""))
    wanted = sorted(truth.interruptions)
    speech = []
    for start_ms, end_ms, text in sorted(found):
        over = bisect_right(wanted, start_ms, key=itemgetter(1))
        interrupts = over < len(wanted) and wanted[over][0] < end_ms
        kind: SpeechKind = "interruption" if interrupts else "turn"
        speech.append(Speech(clock.at(start_ms), clock.until(end_ms), text, kind))
    return speech


def _asides(labels: Labels) -> tuple[tuple[float, float, str, SpeechKind], ...]:
    """Return the labelled backchannels and noises (s), each once, without continuous background noise."""
    found: dict[tuple[float, float], tuple[str, SpeechKind]] = {}
    for start_s, end_s, what in labels.noises:
        if " bed" not in what:
            found[start_s, end_s] = what, "noise"
    found |= dict.fromkeys(labels.backchannels, ("", "backchannel"))
    for event in labels.events:
        if not event.should_barge_in:
            extra = event.model_extra or {}
            kind: SpeechKind = "backchannel" if event.type == "backchannel" else "noise"
            found[event.start_s, event.end_s] = str(extra.get("text") or extra.get("what") or ""), kind
    return tuple((*span, *rest) for span, rest in found.items())


def detected(run: Run, clock: ArmClock) -> tuple[list[Speech], list[Speech]]:
    """Return the detected speech: turns and interruptions, and backchannels.

    Speech over the agent has the listener's judgement, or else the rule's.
    """
    over = (event for event in run.played.events if isinstance(event, BargeIn | BargeInSuppressed))
    advice = {event.span: isinstance(event, BargeIn) for event in over}
    advice |= {one.span: one.score >= WANTS_FLOOR for one in run.measured.overlaps}
    begun: dict[int, int] = {}
    turns, asides = [], []
    for event in run.played.events:
        if isinstance(event, SpeechStarted):
            begun[event.span] = event.start_ms
        elif isinstance(event, SpeechEnded) and event.span in begun:
            stretch = clock.at(begun[event.span]), clock.until(event.end_ms)
            if advice.get(event.span, True):
                turns.append(Speech(*stretch, "", "interruption" if event.span in advice else "turn"))
            else:
                asides.append(Speech(*stretch, "", "backchannel"))
    return turns, asides


def _put_in(analysed: AnalysedRecording, played: Played, clock: ArmClock) -> list[Speech]:
    """Return the injected sounds that were played."""
    found = []
    for one in analysed.recording.source.what_if.injections:
        span = moved(played.placements, one.at_ms / 1000, one.end_ms / 1000)
        if span is not None:
            kind: SpeechKind = "backchannel" if SOUNDS[one.sound].kind == "backchannel" else "noise"
            found.append(Speech(clock.at(span[0]), clock.until(span[1]), f"+ {one.sound}", kind))
    return found
