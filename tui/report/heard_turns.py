"""The turns of real calls that a simulation answers most differently, without words, for a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from simulator.engine.profile import EngineProfile
from simulator.heard.check import Check, CheckedTurn, ReplayedCall, fixed_draws, labelled_turns
from simulator.measures.readouts import Measured
from simulator.measures.turns import TurnOutcome
from tui.report.turns import DRAWN, outcome_json, reach, window

HEARD, SIMULATED = "heard", "simulated"

_SAME_MS: Final = 60
"""A response begins with the sound that begins within this distance."""

_FATES: Final = {"cut_in": "cut_in", "missed": "missed_turn", "left_hanging": "hanging_turn"}


def checked_json(calls: Sequence[ReplayedCall], found: Check, profile: EngineProfile) -> dict[str, Any]:
    """Return ``answers`` and ``differ_most`` of a check as JSON."""
    by_id = {call.record.id: call for call in calls}
    answers = [
        {"call": one.call, "turn": one.turn, "heard_ms": one.heard_ms, "simulated_ms": round(one.simulated_ms)}
        for one in found.turns
    ]
    worst = sorted(found.turns, key=lambda one: -abs(one.error_ms))[:DRAWN]
    drawn = [_drawn(by_id[one.call], one, profile) for one in worst]
    return {"answers": answers, "differ_most": [one for one in drawn if one is not None]}


def _drawn(call: ReplayedCall, checked: CheckedTurn, profile: EngineProfile) -> dict[str, Any] | None:
    """Return one turn as measured, and in the draw with the most typical answer."""
    index, _ = labelled_turns(call)[checked.turn]
    simulated = _middle(call, index, checked.simulated_ms, profile)
    if simulated is None:
        return None
    measured, outcome = simulated
    turn = call.heard["turns"][checked.turn]
    start_ms, end_ms = round(1000 * turn["caller_start_s"]), round(1000 * turn["caller_end_s"])
    lengths = [end_ms - start_ms, outcome.turn.end_ms - outcome.turn.start_ms]
    waits = [turn["response_ms"] or turn["first_sound_ms"] or 0, outcome.response_ms or outcome.first_sound_ms or 0]
    before_ms, after_ms = reach(lengths, waits)
    drawn = window(measured, (), outcome, before_ms, after_ms)
    return {
        "recording": call.record.id,
        "path": str(call.recording.source.path.parent),
        "turn": checked.turn,
        "why": "",
        "apart_ms": round(abs(checked.error_ms)),
        "arms": {
            HEARD: _heard(call.heard, turn, end_ms, before_ms, after_ms),
            SIMULATED: {**outcome_json(outcome), **_without_words(drawn)},
        },
    }


def _middle(
    call: ReplayedCall, index: int, wanted_ms: float, profile: EngineProfile
) -> tuple[Measured, TurnOutcome] | None:
    found: list[tuple[Measured, TurnOutcome]] = []
    for seed, one in enumerate(fixed_draws(profile)):
        measured = call.simulate(one, seed)
        found += [(measured, outcome) for outcome in measured.turns if outcome.turn.index == index]
    answered = [one for one in found if (one[1].response_ms or one[1].first_sound_ms) is not None]

    def off_ms(one: tuple[Measured, TurnOutcome]) -> float:
        return abs((one[1].response_ms or one[1].first_sound_ms or 0) - wanted_ms)

    return min(answered, key=off_ms, default=None)


def _heard(
    heard: Mapping[str, Any], turn: Mapping[str, Any], end_ms: int, before_ms: int, after_ms: int
) -> dict[str, Any]:
    from_s, to_s = max(0, end_ms - before_ms) / 1000, (end_ms + after_ms) / 1000
    kinds = {event["type"] for event in turn["events"]}
    response_s = None if turn["response_ms"] is None else (end_ms + turn["response_ms"]) / 1000

    def inside(stretch: Sequence[float]) -> bool:
        return stretch[0] < to_s and stretch[1] > from_s

    def kind(start_s: float) -> str:
        early = response_s is not None and start_s < response_s - _SAME_MS / 1000
        return "filler" if early and start_s >= end_ms / 1000 else "response"

    return {
        "end_s": end_ms / 1000,
        "first_sound_ms": turn["first_sound_ms"],
        "response_ms": turn["response_ms"],
        **{fate: event in kinds for fate, event in _FATES.items()},
        "not_answered": turn["first_sound_ms"] is None,
        "from_s": from_s,
        "to_s": to_s,
        "caller": [one for one in heard["stretches"]["caller"] if inside(one)],
        "agent": [
            {"kind": kind(one[0]), "start_s": one[0], "end_s": one[1], "interrupted": False, "text": ""}
            for one in heard["stretches"]["agent"]
            if inside(one)
        ],
        "moments": [
            {"t_s": event["t"], "what": event["type"].replace("_", " "), "why": event["evidence"]}
            for event in sorted(turn["events"], key=lambda event: float(event["t"]))
            if from_s <= event["t"] <= to_s
        ],
        "audio": [],
    }


def _without_words(drawn: dict[str, Any]) -> dict[str, Any]:
    return {**drawn, "agent": [{**sound, "text": ""} for sound in drawn["agent"]]}
