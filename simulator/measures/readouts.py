"""The readouts of one run, or of one arm over several: latencies as percentiles, the rest as counts and seconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from simulator.activity.model import Activity
from simulator.engine.stages import STAGES
from simulator.labels import Labels
from simulator.measures.interruptions import Interruptions, interruptions
from simulator.measures.sounds import Sound, sounds_of
from simulator.measures.truth import Truth, truth_of
from simulator.measures.turns import TurnOutcome, outcomes
from simulator.replay import Played

TIMES = ("eot_delay_ms", "first_sound_ms", "response_ms", "barge_in_stop_ms", "filler_overhang_ms")
COUNTS = (
    "cut_ins",
    "missed_turns",
    "missed_barge_ins",
    "false_barge_ins",
    "missed_responses",
    "fillers",
    "wasted_generations",
    "underruns",
    "choppy_starts",
    "truncated_words",
)
SECONDS = ("talk_over_s", "dead_air_s")
NEED_TRUTH = frozenset(
    ("barge_in_stop_ms", "cut_ins", "missed_turns", "missed_barge_ins", "false_barge_ins", "talk_over_s")
)


SCRIPTED = frozenset(("barge_in_stop_ms", "missed_barge_ins", "false_barge_ins", "talk_over_s"))
"""What scripted replay, which decides nothing but barge-in, can tell."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How some latencies lie, ms; all but ``n`` are ``None`` if there were none."""

    p50: float | None
    p90: float | None
    p95: float | None
    max: float | None
    n: int

    @classmethod
    def of(cls, values: Iterable[int]) -> Spread:
        """Measure some values."""
        ranked = sorted(values)
        if not ranked:
            return cls(None, None, None, None, 0)
        return cls(
            p50=percentile(ranked, 0.5),
            p90=percentile(ranked, 0.9),
            p95=percentile(ranked, 0.95),
            max=float(ranked[-1]),
            n=len(ranked),
        )


@dataclass(frozen=True, slots=True)
class Count:
    """How often something happened, out of how many times it could have."""

    count: int
    of: int


@dataclass(frozen=True, slots=True)
class Measured:
    """One run measured: what each true turn met, and the counts. ``sounds`` are the agent's, for drawing."""

    labelled: bool
    silence_only: bool
    truth: Truth
    sounds: tuple[Sound, ...]
    turns: tuple[TurnOutcome, ...]
    times: dict[str, tuple[int, ...]]
    counts: dict[str, Count]
    seconds: dict[str, float]

    def per_turn(self, name: str) -> dict[int, int]:
        """Return a turn latency, ms, by turn index, for the turns that have one."""
        found = {outcome.turn.index: getattr(outcome, name) for outcome in self.turns}
        return {index: value for index, value in found.items() if value is not None}


def measure(played: Played, activity: Activity, labels: Labels | None, *, barge_in: bool = True) -> Measured:
    """Measure one run against the truth where there are labels, else against the detected speech.

    Without ``barge_in``, what barge-in decides is left out: the audio is not the caller's alone.
    """
    events = played.events
    truth = truth_of(played, labels)
    sounds = sounds_of(events)
    turns = outcomes(events, sounds, truth, played.duration_ms)
    over = interruptions(events, sounds, truth)
    times = {
        name: tuple(value for value in (getattr(turn, name) for turn in turns) if value is not None)
        for name in TIMES
        if name != "barge_in_stop_ms"
    }
    times["barge_in_stop_ms"] = over.stop_ms
    seconds = {
        "talk_over_s": talk_over_ms(sounds, truth) / 1000,
        "dead_air_s": sum(turn.dead_air_ms for turn in turns) / 1000,
    }
    leave_out = NEED_TRUTH if not truth.labelled else frozenset()
    if not barge_in:
        leave_out |= SCRIPTED
    if played.mode == "scripted":
        leave_out |= frozenset((*TIMES, *COUNTS, *SECONDS)) - SCRIPTED
    return Measured(
        labelled=truth.labelled,
        silence_only=activity.silence_only,
        truth=truth,
        sounds=sounds,
        turns=turns,
        times={name: values for name, values in times.items() if name not in leave_out},
        counts={name: count for name, count in _counts(played, turns, over).items() if name not in leave_out},
        seconds={name: value for name, value in seconds.items() if name not in leave_out},
    )


def readouts_json(measured: list[Measured]) -> dict[str, Any]:
    """Return the readouts of one arm over one or several runs, as scripts see them."""
    shown: dict[str, Any] = {
        "labelled": all(run.labelled for run in measured),
        "silence_only": any(run.silence_only for run in measured),
    }
    for name in TIMES:
        runs = [run.times[name] for run in measured if name in run.times]
        if runs:
            spread = Spread.of(value for values in runs for value in values)
            shown[name] = {part: getattr(spread, part) for part in ("p50", "p90", "p95", "max", "n")}
    for name in COUNTS:
        counts = [run.counts[name] for run in measured if name in run.counts]
        if counts:
            shown[name] = {"count": sum(c.count for c in counts), "of": sum(c.of for c in counts)}
    for name in SECONDS:
        seconds = [run.seconds[name] for run in measured if name in run.seconds]
        if seconds:
            shown[name] = round(sum(seconds), 3)
    split = [turn.stages_ms for run in measured for turn in run.turns if turn.stages_ms]
    if split:
        shown["stages_ms"] = {stage: round(sum(s[stage] for s in split) / len(split), 1) for stage in STAGES}
    return shown


def percentile(ranked: list[int], share: float) -> float:
    """Return a percentile of sorted values, interpolated linearly between ranks."""
    place = (len(ranked) - 1) * share
    low = int(place)
    high = min(low + 1, len(ranked) - 1)
    return round(ranked[low] + (ranked[high] - ranked[low]) * (place - low), 1)


def talk_over_ms(sounds: tuple[Sound, ...], truth: Truth) -> int:
    """Return how long the agent sounded while the caller truly had a turn."""
    return sum(
        max(0, min(sound.end_ms, turn.end_ms) - max(sound.start_ms, turn.start_ms))
        for sound in sounds
        for turn in truth.turns
    )


def _counts(played: Played, turns: tuple[TurnOutcome, ...], over: Interruptions) -> dict[str, Count]:
    events = played.events
    responses = [event for event in events if event.type == "response_start"]
    ends = sum(event.type == "end_of_turn" for event in events)
    started = {event.data["generation"] for event in events if event.data.get("generation") is not None}
    discarded = sum(event.data.get("discarded") is not None for event in events)
    cut_words = sum(event.data["words_cut"] for event in events if event.type == "response_truncated")
    said_words = sum(len(event.data["text"].split()) for event in responses)
    chunks = sum(event.data.get("chunks", 1) - 1 for event in responses)
    missed_responses = sum(event.type == "missed_response" for event in events)
    return {
        "cut_ins": Count(sum(turn.cut_in for turn in turns), len(turns)),
        "missed_turns": Count(sum(turn.missed for turn in turns), len(turns)),
        "missed_barge_ins": Count(over.missed, over.true),
        "false_barge_ins": Count(over.false, over.distractors),
        "missed_responses": Count(missed_responses, played.anchored),
        "fillers": Count(sum(event.type == "filler_start" for event in events), ends),
        "wasted_generations": Count(discarded, len(started)),
        "underruns": Count(sum(event.type == "underrun" for event in events), chunks),
        "choppy_starts": Count(sum(event.data["choppy"] for event in responses), len(responses)),
        "truncated_words": Count(cut_words, cut_words + said_words),
    }
