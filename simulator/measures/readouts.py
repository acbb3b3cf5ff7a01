"""The readouts of one run, or of one arm over several: percentiles of latencies, counts and seconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from simulator.activity.model import Activity
from simulator.engine.events import MissedResponse
from simulator.engine.generation import STAGES
from simulator.labels import Labels
from simulator.measures.advice import Overlap, overlaps
from simulator.measures.readout_table import READOUTS, Readout
from simulator.measures.truth import Truth, truth_of
from simulator.measures.turns import Count, HeardSound, Material, TurnOutcome, interruptions, outcomes, sounds_of
from simulator.replay import Played, ReplayMode


@dataclass(frozen=True, slots=True)
class Spread:
    """The distribution of latencies, ms; all fields but ``n`` are ``None`` without values."""

    p50: float | None
    p90: float | None
    p95: float | None
    max: float | None
    n: int

    @classmethod
    def of(cls, values: Iterable[int]) -> Spread:
        """Return the distribution of some values, ms."""
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
class Measured:
    """One measured run: the outcome of each true turn, and the counts. ``sounds`` are the agent's, for drawing.

    ``material`` is the input of the measures, from which parts of the run can be measured.
    """

    labelled: bool
    silence_only: bool
    truth: Truth
    sounds: tuple[HeardSound, ...]
    turns: tuple[TurnOutcome, ...]
    times: dict[str, tuple[int, ...]]
    counts: dict[str, Count]
    seconds: dict[str, float]
    material: Material

    @property
    def overlaps(self) -> tuple[Overlap, ...]:
        """Speech over the agent, with advice that the barge-in rule cannot follow."""
        return self.material.overlaps

    def per_turn(self, readout: Readout) -> dict[int, int]:
        """Return a latency by turn index, ms, for turns that have one; empty if turns do not have it."""
        found = {one.turn.index: readout.of_turn(one) for one in self.turns} if readout.of_turn else {}
        return {index: value for index, value in found.items() if value is not None}


def measure(played: Played, activity: Activity, labels: Labels | None, *, barge_in: bool = True) -> Measured:
    """Measure one run against the labels or, without labels, against the detected speech.

    Without ``barge_in``, readouts of barge-in are left out: the audio does not contain the caller alone.
    """
    material = material_of(played, truth_of(played, labels), overlaps(played.events, activity))
    kept = readouts_for(played.mode, labelled=material.truth.labelled, barge_in=barge_in)
    return measured_by(
        [one for one in kept if material.greeting is not None or not one.needs_greeting],
        material,
        silence_only=activity.silence_only,
    )


def material_of(played: Played, truth: Truth, over: tuple[Overlap, ...]) -> Material:
    """Return the input of a run's measures; ``over`` is the speech over the agent, with advice."""
    events = played.events
    sounds = sounds_of(events)
    return Material(
        truth=truth,
        sounds=sounds,
        turns=outcomes(events, sounds, truth, played.duration_ms),
        over=interruptions(events, sounds, truth),
        events=events,
        anchored=played.anchored,
        missed_responses=sum(isinstance(event, MissedResponse) for event in events),
        duration_ms=played.duration_ms,
        overlaps=over,
    )


def readouts_for(mode: ReplayMode, *, labelled: bool, barge_in: bool) -> list[Readout]:
    """Return the readouts, in order, that runs in a replay mode have."""
    return [
        readout
        for readout in READOUTS
        if (labelled or not readout.needs_truth)
        and (barge_in or not readout.by_barge_in)
        # scripted replay decides only barge-in
        and (readout.by_barge_in or mode != "scripted")
    ]


def measured_by(readouts: Iterable[Readout], material: Material, *, silence_only: bool) -> Measured:
    """Return one run measured by some readouts."""
    values = values_by(readouts, material)
    return Measured(
        labelled=material.truth.labelled,
        silence_only=silence_only,
        truth=material.truth,
        sounds=material.sounds,
        turns=material.turns,
        times={name: value for name, value in values.items() if isinstance(value, tuple)},
        counts={name: value for name, value in values.items() if isinstance(value, Count)},
        seconds={name: value for name, value in values.items() if isinstance(value, float)},
        material=material,
    )


def values_by(readouts: Iterable[Readout], material: Material) -> dict[str, tuple[int, ...] | Count | float]:
    """Return the values of some readouts for one run by name: latencies in ms, a count, or seconds."""
    found: dict[str, tuple[int, ...] | Count | float] = {}
    for readout in readouts:
        value = readout.measure(material)
        found[readout.name] = value if isinstance(value, (Count, float)) else tuple(value)
    return found


def readouts_json(measured: list[Measured]) -> dict[str, Any]:
    """Return the readouts of one arm over one or several runs as JSON values."""
    shown: dict[str, Any] = {
        "labelled": all(run.labelled for run in measured),
        "silence_only": any(run.silence_only for run in measured),
    }
    values = [{**run.times, **run.counts, **run.seconds} for run in measured]
    for readout in READOUTS:
        found = [of[readout.name] for of in values if readout.name in of]
        if found:
            shown[readout.name] = pooled(readout, found)
    split = [turn.stages_ms for run in measured for turn in run.turns if turn.stages_ms]
    if split:
        shown["stages_ms"] = {stage: round(sum(s[stage] for s in split) / len(split), 1) for stage in STAGES}
    return shown


def pooled(readout: Readout, found: Sequence[Any]) -> dict[str, Any] | float:
    """Return one readout over the runs that have it as JSON values; ``found`` are its values in each run."""
    if readout.kind == "latency":
        return asdict(Spread.of(value for values in found for value in values))
    if readout.kind == "count":
        return count_json(Count(sum(one.count for one in found), sum(one.of for one in found)))
    return round(float(sum(found)), 3)


def count_json(found: Count) -> dict[str, Any]:
    """Return a count as JSON values; ``upper95``, 0…1, is the highest rate consistent with a count of zero."""
    shown: dict[str, Any] = {"count": found.count, "of": found.of}
    return shown if found.upper95 is None else {**shown, "upper95": round(found.upper95, 4)}


def percentile(ranked: list[int], share: float) -> float:
    """Return a percentile (``share`` 0…1) of sorted values, interpolated linearly between ranks."""
    place = (len(ranked) - 1) * share
    low = int(place)
    high = min(low + 1, len(ranked) - 1)
    return round(ranked[low] + (ranked[high] - ranked[low]) * (place - low), 1)
