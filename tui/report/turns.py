"""The turns of a report: the outcomes in every arm, and the turns that differ most, as drawn.

Times are seconds on the run's own clock. Callers' words are not included; the agent's are, as in ``events``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from simulator.engine.events import (
    BargeIn,
    BargeInSuppressed,
    EagerEndOfTurn,
    EndOfTurn,
    Event,
    FillerStarted,
    MissedResponse,
    ResponseEnded,
    ResponseStarted,
    ToolEnded,
    ToolStarted,
    TurnReopened,
    TurnResumed,
    Underrun,
    heard_speech,
)
from simulator.measures.readouts import Measured, measure
from simulator.measures.turns import TurnOutcome
from simulator.recording import Recording
from simulator.replay import Placement, play
from simulator.study import Run
from simulator.sweep.plan import SweepCall, SweepPlan, resolved
from simulator.sweep.result import SweepResult

DRAWN: Final = 5
"""The number of drawn turns."""

_BEFORE_MS, _AFTER_MS, _LEAST_MS, _MOST_MS = 4000, 1500, 2500, 9000
"""The drawn range of a turn: before its end, after its answer began, and at least and at most after its end."""

_WHAT: Final[dict[type[Event], str]] = {
    EagerEndOfTurn: "answer begun ahead of time",
    TurnResumed: "caller resumes",
    TurnReopened: "caller resumes after all",
    EndOfTurn: "end of turn",
    FillerStarted: "filler",
    ResponseStarted: "response",
    ToolStarted: "tool starts",
    ToolEnded: "tool ends",
    BargeIn: "caller stops the agent",
    BargeInSuppressed: "agent talks on",
    Underrun: "gap in the agent's speech",
    MissedResponse: "caller gives up waiting",
}


@dataclass(frozen=True, slots=True)
class _Pair:
    """One turn in the baseline and in another arm, or in one arm alone."""

    recording: Recording
    number: int
    arms: tuple[tuple[str, Run, TurnOutcome], ...]

    @property
    def why(self) -> str:
        """What the last arm did to the turn that the first did not, or the reverse."""
        if len(self.arms) == 1:
            return ", ".join(word for word, so in _fates(self.arms[0][2]) if so)
        (first, _, was), (last, _, now) = self.arms
        changed = [(word, a, b) for (word, a), (_, b) in zip(_fates(was), _fates(now), strict=True) if a != b]
        return ", ".join(f"{word} only by {last if after else first}" for word, _, after in changed)

    @property
    def apart_ms(self) -> int:
        """The distance between the two arms' answers. For one arm, how long its caller waits."""
        waits = [_wait(outcome) for _, _, outcome in self.arms]
        if any(wait is None for wait in waits):
            return 0
        return abs((waits[-1] or 0) - (waits[0] or 0 if len(waits) > 1 else 0))


def _fates(one: TurnOutcome) -> tuple[tuple[str, bool], ...]:
    return (
        ("cut in", one.cut_in),
        ("missed", one.missed),
        ("left hanging", one.hanging),
        ("not answered", one.response_ms is None and not one.missed),
    )


def _wait(one: TurnOutcome) -> int | None:
    return one.first_sound_ms if one.response_ms is None else one.response_ms


def turns_json(
    recordings: Sequence[Recording], names: Sequence[str], runs: Collection[Run], baseline: str
) -> dict[str, Any]:
    """Return ``turns`` and ``differ_most`` of a simulation, an evaluation or a sweep as JSON."""
    by_key = {(one.recording, one.arm): one for one in runs}
    shown: list[dict[str, Any]] = []
    pairs: list[_Pair] = []
    for recording in recordings:
        mine = {name: by_key[recording.id, name] for name in names if (recording.id, name) in by_key}
        outcomes = {name: {one.turn.index: one for one in run.measured.turns} for name, run in mine.items()}
        for number, index in enumerate(sorted({index for found in outcomes.values() for index in found})):
            found = {name: outcomes[name][index] for name in mine if index in outcomes[name]}
            shown.append(
                {
                    "recording": recording.id,
                    "turn": number,
                    "arms": {name: outcome_json(one) for name, one in found.items()},
                }
            )
            pairs += _pairs(recording, number, mine, found, baseline)
    return {"turns": shown, "differ_most": [_drawn_json(pair) for pair in _most(pairs)]}


def _pairs(
    recording: Recording, number: int, runs: Mapping[str, Run], found: Mapping[str, TurnOutcome], baseline: str
) -> list[_Pair]:
    if baseline not in found:
        return []
    first = (baseline, runs[baseline], found[baseline])
    if len(runs) == 1:
        return [_Pair(recording, number, (first,))]
    others = [(name, runs[name], one) for name, one in found.items() if name != baseline]
    return [_Pair(recording, number, (first, other)) for other in others]


def _most(pairs: Sequence[_Pair]) -> list[_Pair]:
    """Return the pairs that differ most, each turn once. Different outcomes come first."""
    ranked = sorted(pairs, key=lambda pair: (not pair.why, -pair.apart_ms))
    kept: dict[tuple[str, int], _Pair] = {}
    for pair in ranked:
        if pair.why or pair.apart_ms:
            kept.setdefault((pair.recording.id, pair.number), pair)
    return list(kept.values())[:DRAWN]


def outcome_json(one: TurnOutcome) -> dict[str, Any]:
    """Return a turn's outcome in one arm as JSON."""
    return {
        "end_s": one.turn.end_ms / 1000,
        "first_sound_ms": one.first_sound_ms,
        "response_ms": one.response_ms,
        **{word.replace(" ", "_"): so for word, so in _fates(one)},
    }


def reach(lengths_ms: Sequence[int], waits_ms: Sequence[int]) -> tuple[int, int]:
    """Return how much is drawn before and after a turn's end in ms, for its length and its caller's wait."""
    before_ms = min(max(lengths_ms) + 500, _BEFORE_MS)
    return before_ms, min(max(max(waits_ms) + _AFTER_MS, _LEAST_MS), _MOST_MS)


def _drawn_json(pair: _Pair) -> dict[str, Any]:
    ends = [outcome.turn for _, _, outcome in pair.arms]
    lengths = [turn.end_ms - turn.start_ms for turn in ends]
    before_ms, after_ms = reach(lengths, [_wait(outcome) or 0 for _, _, outcome in pair.arms])

    def drawn(run: Run, outcome: TurnOutcome) -> dict[str, Any]:
        placements = run.played.placements
        return {**outcome_json(outcome), **window(run.measured, placements, outcome, before_ms, after_ms)}

    return {
        "recording": pair.recording.id,
        "path": str(pair.recording.place),
        "turn": pair.number,
        "why": pair.why,
        "apart_ms": pair.apart_ms,
        "arms": {name: drawn(run, outcome) for name, run, outcome in pair.arms},
    }


def window(
    measured: Measured, placements: Sequence[Placement], outcome: TurnOutcome, before_ms: int, after_ms: int
) -> dict[str, Any]:
    """Return the sounds and decisions around the end of a turn as JSON."""
    events = measured.material.events
    end_ms = outcome.turn.end_ms
    from_ms, to_ms = max(0, end_ms - before_ms), end_ms + after_ms

    def inside(start_ms: int, stop_ms: int) -> bool:
        return start_ms < to_ms and stop_ms > from_ms

    return {
        "from_s": from_ms / 1000,
        "to_s": to_ms / 1000,
        "caller": [[a / 1000, b / 1000] for a, b in heard_speech(events, to_ms) if inside(a, b)],
        "agent": [
            {
                "kind": sound.kind,
                "start_s": sound.start_ms / 1000,
                "end_s": sound.end_ms / 1000,
                "interrupted": sound.interrupted,
                "text": sound.text,
            }
            for sound in measured.sounds
            if inside(sound.start_ms, sound.end_ms)
        ],
        "moments": [
            {"t_s": event.t_ms / 1000, "what": what, "why": event.why.text()}
            for event in events
            if from_ms <= event.t_ms <= to_ms and (what := _what(event))
        ],
        # where the caller's audio of this window lies in the recording
        "audio": [
            [(place.start_ms + place.shift_ms) / 1000, place.start_ms / 1000, place.end_ms / 1000]
            for place in placements
            if inside(place.start_ms + place.shift_ms, place.end_ms + place.shift_ms)
        ],
    }


def _what(event: Event) -> str:
    if isinstance(event, ResponseEnded):
        return "agent silent" if event.interrupted else ""
    if isinstance(event, ResponseStarted) and event.greeting:
        return "greeting"
    return _WHAT.get(type(event), "")


def swept_json(plan: SweepPlan, calls: Sequence[SweepCall], result: SweepResult) -> dict[str, Any]:
    """Return ``turns`` and ``differ_most`` of a sweep: its setting against today's."""
    taken = result.recommended
    if taken is None:
        return {"turns": [], "differ_most": []}
    called = taken.standing(result.unjudged)
    arms = {"today": result.settings[result.baseline].config, called: result.settings[taken.index].config}
    confirmed = [call for call in calls if call.id in set(result.confirmed_on)]
    runs = []
    for name, config in arms.items():
        for call in confirmed:
            played = play(call.recording, call.activity, resolved(plan, config), plan.profile, seed=plan.seed)
            measured = measure(played, call.activity, call.recording.labels, barge_in=not call.mixed)
            runs.append(Run(call.id, name, played, measured))
    return turns_json([call.recording for call in confirmed], list(arms), runs, "today")
