"""The agent's sounds and the outcome of each true caller turn: the input of every readout and A/B comparison."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from statistics import NormalDist
from typing import Any, TypeVar

from base.records import record
from simulator.engine.events import (
    BargeIn,
    EagerEndOfTurn,
    EndOfTurn,
    Event,
    FillerEnded,
    FillerStarted,
    MissedResponse,
    ResponseEnded,
    ResponseStarted,
    ResponseTruncated,
    TurnReopened,
    TurnResumed,
    Underrun,
)
from simulator.measures.advice import Overlap
from simulator.measures.truth import Stretch, TrueTurn, Truth, false_barge_ins, floor_takings, is_about

_Z95 = NormalDist().inv_cdf(0.975)


def unseen_rate(times: int) -> float:
    """Return the highest rate, 0…1, in Wilson's 95 % interval for zero of ``times`` cases."""
    return _Z95**2 / (times + _Z95**2)


@record
class Count:
    """How often something happened, and how often it could have."""

    count: int
    of: int

    @property
    def upper95(self) -> float | None:
        """The highest rate, 0…1, consistent with a count of zero; ``None`` for other counts."""
        return unseen_rate(self.of) if self.of and not self.count else None


@record
class HeardSound:
    """A filler, a response or the greeting as heard, ms; ``interrupted``: the caller stopped it."""

    kind: str
    start_ms: int
    end_ms: int
    interrupted: bool
    text: str
    turn: int


def sounds_of(events: tuple[Event, ...]) -> tuple[HeardSound, ...]:
    """Return the agent's sounds in order."""
    sounds = []
    begun: FillerStarted | ResponseStarted | None = None
    for event in events:
        if isinstance(event, (FillerStarted, ResponseStarted)):
            begun = event
        elif begun is not None and isinstance(event, (FillerEnded, ResponseEnded)):
            kind = "filler" if isinstance(event, FillerEnded) else "response"
            if isinstance(begun, ResponseStarted) and begun.greeting:
                kind = "greeting"
            sounds.append(HeardSound(kind, begun.t_ms, event.t_ms, event.interrupted, begun.text, begun.turn))
            begun = None
    return tuple(sounds)


CUT_IN_TOLERANCE_MS = 100
"""Tolerance for early ends: labels are exact to about this."""

HANGING_MS = 5000
"""A caller who hears nothing for this long after a turn is left hanging."""

_FOREVER_MS = 1 << 60


@record
class TurnOutcome:
    """One true turn. Latencies are ms after its true end; ``None`` without one before the next turn.

    A turn that was ended too early is a ``cut_in`` if agent sound began before its true end, at ``cut_in_ms`` of
    the call, else an ``early_end``. ``hanging``: nothing was heard for 5 s after it. ``stages_ms`` splits
    ``response_ms`` and adds up to it exactly.
    """

    turn: TrueTurn
    cut_in_ms: int | None
    early_end: bool
    missed: bool
    hanging: bool
    eot_delay_ms: int | None
    first_sound_ms: int | None
    response_ms: int | None
    filler_overhang_ms: int | None
    stages_ms: dict[str, int] | None
    dead_air_ms: int

    @property
    def cut_in(self) -> bool:
        """Whether agent sound began in it after an early end of turn."""
        return self.cut_in_ms is not None


def outcomes(
    events: tuple[Event, ...], sounds: tuple[HeardSound, ...], truth: Truth, duration_ms: int
) -> tuple[TurnOutcome, ...]:
    """Return the outcome of every true turn, in order."""
    run = _Run(
        [event for event in events if isinstance(event, EndOfTurn)],
        [event for event in events if isinstance(event, ResponseStarted) and event.stages_ms is not None],
        sounds,
        duration_ms,
    )
    return tuple([run.outcome(turn, limit_ms) for turn, limit_ms in with_limits(truth.turns)])


def with_limits(turns: tuple[TrueTurn, ...]) -> list[tuple[TrueTurn, int]]:
    """Return each turn with the start of the next, by which it must be answered, ms; the last has no limit."""
    limits = [after.start_ms for _, after in pairwise(turns)] + [_FOREVER_MS]
    return list(zip(turns, limits, strict=False))


class _Run:
    """A run's events in time order, indexed for lookup."""

    def __init__(
        self,
        ends: list[EndOfTurn],
        responses: list[ResponseStarted],
        sounds: tuple[HeardSound, ...],
        duration_ms: int,
    ) -> None:
        self._ends, self._responses, self._sounds, self._duration_ms = ends, responses, sounds, duration_ms
        self._ends_ms = [event.t_ms for event in ends]
        self._responses_ms = [event.t_ms for event in responses]
        self._sounds_ms = [sound.start_ms for sound in sounds]
        self._silences_ms = [sound.end_ms for sound in sounds]

    def outcome(self, turn: TrueTurn, limit_ms: int) -> TurnOutcome:
        """Return the outcome of a true turn before ``limit_ms``."""
        mine = self._ends[bisect_left(self._ends_ms, turn.start_ms) : bisect_left(self._ends_ms, limit_ms)]
        earliest_ms = turn.end_ms - CUT_IN_TOLERANCE_MS
        # the end of other speech, such as a cough long after, does not belong to this turn
        latest_ms = turn.end_ms + CUT_IN_TOLERANCE_MS
        closing = early_ms = first_ms = response = cut_in_ms = None
        for event in mine:
            # an end so late that the next turn has begun is early for neither
            if event.t_ms < earliest_ms:
                if early_ms is None and event.speech_end_ms > turn.start_ms:
                    early_ms = event.t_ms
            elif event.onset_ms <= latest_ms:
                closing = event
                break
        if closing is not None:
            first_ms = self._sound_ms(closing.t_ms, limit_ms)
            place = bisect_left(self._responses_ms, closing.t_ms)
            if place < len(self._responses) and self._responses_ms[place] < limit_ms:
                response = self._responses[place]
        if early_ms is not None:
            cut_in_ms = self._sound_ms(early_ms, earliest_ms)
        heard = bisect_right(self._silences_ms, turn.end_ms)
        heard_ms = self._sounds_ms[heard] if heard < len(self._sounds_ms) else limit_ms
        waited_ms = min(heard_ms, limit_ms) - turn.end_ms
        followed_ms = min(waited_ms, max(self._duration_ms - turn.end_ms, 0))
        return TurnOutcome(
            turn,
            cut_in_ms,
            early_ms is not None and cut_in_ms is None,
            not mine,
            # the last turn is followed until the agent has nothing more to say
            waited_ms >= HANGING_MS,
            closing.t_ms - turn.end_ms if closing else None,
            first_ms - turn.end_ms if first_ms is not None else None,
            response.t_ms - turn.end_ms if response else None,
            response.filler_overhang_ms if response else None,
            _stages(response, turn) if response and response.stages_ms else None,
            max(0, followed_ms - 1000),
        )

    def _sound_ms(self, from_ms: int, before_ms: int) -> int | None:
        """Return when the first sound in a time range began, ms."""
        place = bisect_left(self._sounds_ms, from_ms)
        found = place < len(self._sounds_ms) and self._sounds_ms[place] < before_ms
        return self._sounds_ms[place] if found else None


def _stages(response: ResponseStarted, turn: TrueTurn) -> dict[str, int]:
    """Return the response's stages, ms, counted from the turn's true end instead of the detected one."""
    stages = dict(response.stages_ms or {})
    detected_end_ms = response.t_ms - sum(stages.values())
    stages["end_of_turn"] += detected_end_ms - turn.end_ms
    return stages


# ---- barge-in: did the agent stop exactly when it should have?


STOP_WITHIN_MS = 2000
"""A true interruption is missed if the agent is still talking this long after its onset."""


@dataclass(frozen=True, slots=True)
class Interruptions:
    """``stop_ms``: for each true interruption that stopped the agent, the time from onset to silence.

    ``distractors`` counts what was over the agent and should not have stopped it: labelled backchannels and noises,
    and any other cause of a false barge-in.
    """

    true: int
    missed: int
    stop_ms: tuple[int, ...]
    distractors: int
    false: int


def interruptions(events: tuple[Event, ...], sounds: tuple[HeardSound, ...], truth: Truth) -> Interruptions:
    """Compare barge-ins with the true turns spoken over the agent."""
    wanted = floor_takings(truth)
    ends_ms = [sound.end_ms for sound in sounds]
    over, missed, stops = 0, 0, []
    for onset, _ in wanted:
        place = bisect_right(ends_ms, onset)
        if place == len(sounds) or sounds[place].start_ms >= onset:
            continue
        over += 1
        # a filler and the response after it count as one sound, which ends with the last of them
        last = [sound for sound in sounds[place:] if sound.turn == sounds[place].turn][-1]
        if last.end_ms > onset + STOP_WITHIN_MS:
            missed += 1
        elif last.interrupted:
            stops.append(last.end_ms - onset)
    false = false_barge_ins(events, truth)
    heard = []
    for start, end in truth.distractors:
        place = bisect_right(ends_ms, start)
        if place < len(sounds) and sounds[place].start_ms < end:
            heard.append((start, end))
    about = {stretch for stretch in heard if any(is_about(event, [stretch]) for event in false)}
    return Interruptions(over, missed, tuple(stops), len(heard) + max(0, len(false) - len(about)), len(false))


def talk_over(sounds: tuple[HeardSound, ...], truth: Truth) -> list[Stretch]:
    """Return the stretches in which the agent spoke during a true caller turn, ms, in order."""
    starts_ms, ends_ms = [sound.start_ms for sound in sounds], [sound.end_ms for sound in sounds]
    return [
        (max(starts_ms[place], turn.start_ms), min(ends_ms[place], turn.end_ms))
        for turn in truth.turns
        for place in range(bisect_right(ends_ms, turn.start_ms), bisect_left(starts_ms, turn.end_ms))
    ]


E = TypeVar("E", bound=Event)

NO_GENERATION = -1
"""The generation number of a greeting, whose text is in the scenario: no model writes it."""


@lru_cache(maxsize=4096)
def _words(text: str) -> int:
    return len(text.split())


@record
class Material:
    """The input of readouts: the truth of a call, the agent's sounds, and the outcome of each turn.

    ``events`` are those of the simulation; a call measured from outside has none. ``anchored`` counts the times the
    caller waited for the agent, and ``missed_responses`` the times they waited in vain. ``duration_ms`` is the
    length of the call. ``overlaps`` is the speech over the agent, with advice.
    """

    truth: Truth
    sounds: tuple[HeardSound, ...]
    turns: tuple[TurnOutcome, ...]
    over: Interruptions
    events: tuple[Event, ...]
    anchored: int
    missed_responses: int
    duration_ms: int
    overlaps: tuple[Overlap, ...] = ()
    _kinds: dict[type[Event], list[Any]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The events by kind, filled on first use."""

    @property
    def greeting(self) -> HeardSound | None:
        """The greeting as heard, where the agent speaks first."""
        return next((sound for sound in self.sounds if sound.kind == "greeting"), None)

    def first(self, turns: int) -> Material:
        """Return the material before the turn after the first ``turns``; all of it where there is no such turn."""
        if turns >= len(self.turns):
            return self
        end_ms = self.turns[turns].turn.start_ms
        truth = replace(
            self.truth,
            turns=tuple(turn for turn in self.truth.turns if turn.start_ms < end_ms),
            interruptions=tuple(one for one in self.truth.interruptions if one[0] < end_ms),
            distractors=tuple(one for one in self.truth.distractors if one[0] < end_ms),
        )
        events = tuple(event for event in self.events if event.t_ms < end_ms)
        sounds = tuple(sound for sound in self.sounds if sound.start_ms < end_ms)
        return replace(
            self,
            truth=truth,
            sounds=sounds,
            turns=self.turns[:turns],
            over=interruptions(events, sounds, truth),
            events=events,
            missed_responses=sum(isinstance(event, MissedResponse) for event in events),
        )

    def of(self, kind: type[E]) -> list[E]:
        """Return the events of one kind, in order."""
        if not self._kinds:
            for event in self.events:
                self._kinds.setdefault(type(event), []).append(event)
        return self._kinds.get(kind, [])

    def stops_against_advice(self) -> Count:
        """Count the barge-ins that a listener would not have made, out of all."""
        return Count(sum(one.against_advice for one in self.overlaps), len(self.of(BargeIn)))

    def forced_ends(self) -> Count:
        """Count the ends of turn by the timeout."""
        ends = self.of(EndOfTurn)
        return Count(sum(event.reason == "timeout" for event in ends), len(ends))

    def repeated_fillers(self) -> Count:
        """Count the fillers that follow another filler, out of all fillers."""
        fillers = sum(sound.kind == "filler" for sound in self.sounds)
        repeated = sum(before.kind == after.kind == "filler" for before, after in pairwise(self.sounds))
        return Count(repeated, fillers)

    def fillers(self) -> Count:
        """Count the fillers, out of all ends of turn."""
        return Count(len(self.of(FillerStarted)), len(self.of(EndOfTurn)))

    def wasted_generations(self) -> Count:
        """Count the discarded answers, out of all started."""
        started = {event.generation for event in self.of(EndOfTurn)}
        started.update(event.generation for event in self.of(EagerEndOfTurn))
        started.update(event.generation for event in self.of(ResponseStarted))
        started.discard(NO_GENERATION)
        discarded = [event.discarded for event in self.of(TurnResumed)]
        discarded += [event.discarded for event in self.of(TurnReopened)]
        discarded += [event.discarded for event in self.of(BargeIn)]
        return Count(sum(number is not None for number in discarded), len(started))

    def truncated_words(self) -> Count:
        """Count the words that response limits cut, out of all."""
        cut = sum(event.words_cut for event in self.of(ResponseTruncated))
        said = sum(_words(event.text) for event in self.of(ResponseStarted))
        return Count(cut, cut + said)

    def underruns(self) -> Count:
        """Count the gaps in the agent's speech, out of all joints between chunks."""
        joints = sum((event.chunks or 1) - 1 for event in self.of(ResponseStarted))
        return Count(len(self.of(Underrun)), joints)

    def choppy_starts(self) -> Count:
        """Count the responses that began with too few words."""
        responses = self.of(ResponseStarted)
        return Count(sum(event.choppy for event in responses), len(responses))

    def silence_after_greeting_s(self) -> float:
        """Return the silence between the greeting and the caller's first word after it, s."""
        greeting = self.greeting
        if greeting is None:
            return 0.0
        after = [turn for turn in self.truth.turns if turn.end_ms > greeting.end_ms]
        spoken_ms = after[0].start_ms if after else max(self.duration_ms, greeting.end_ms)
        return max(0, spoken_ms - greeting.end_ms) / 1000
