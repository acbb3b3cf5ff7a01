"""Events heard in a call, each with its time, its evidence, and what cannot be known from sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simulator.heard.call_folder import CallRecord
from simulator.heard.turns import CallerTurn, Floor, HeardOverlap
from simulator.measures.turns import HANGING_MS, HeardSound, TurnOutcome

NO_THOUGHT = "when the agent considered the turn over: that makes no sound"
PAUSED_OR_ANSWERED = "whether the caller had only paused, or answered the agent"
STOPPED_OR_ENDED = "whether the agent stopped for it, or had finished"
WORDS = 'the words: a short "stop" and an "uh-huh" sound alike'
WANTED = "whether the caller wanted the floor"
NOT_HEARD = "whether the agent heard the caller"
WHO_HUNG_UP = "who hung up: that makes no sound"
ALL_OF_GREETING = "whether the greeting ends with these first words"


@dataclass(frozen=True, slots=True)
class HeardEvent:
    """An event at ``t_ms``; ``turn`` is the number of its caller turn, if it belongs to one."""

    type: str
    t_ms: int
    evidence: str
    cannot_know: str
    turn: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the event as JSON values."""
        return {
            "type": self.type,
            "t": self.t_ms / 1000,
            "evidence": self.evidence,
            "cannot_know": self.cannot_know,
        }


def events_of(
    floor: Floor,
    outcomes: Sequence[TurnOutcome],
    sounds: Sequence[HeardSound],
    record: CallRecord,
    duration_ms: int,
) -> list[HeardEvent]:
    """Return all events of a call in time order."""
    found = _greeting(sounds, floor)
    for number, (turn, outcome) in enumerate(zip(floor.turns, outcomes, strict=True)):
        found += _of_turn(number, turn, outcome)
    turn_of = {turn.start_ms: number for number, turn in enumerate(floor.turns)}
    found += [_of_overlap(over, turn_of.get(over.start_ms)) for over in floor.overlaps]
    found.append(_end(floor, record, duration_ms))
    return sorted(found, key=lambda one: one.t_ms)


def _s(ms: int) -> str:
    return f"{ms / 1000:.2f} s"


def _greeting(sounds: Sequence[HeardSound], floor: Floor) -> list[HeardEvent]:
    greeting = [sound for sound in sounds if sound.kind == "greeting"]
    if not greeting:
        return []
    first, last = greeting[0], greeting[-1]
    spoken = f"The agent speaks first, from {_s(first.start_ms)} to {_s(last.end_ms)}"
    wait = floor.turns[0].start_ms - last.end_ms if floor.turns else -1
    after = "" if wait < 0 else f"; the caller answers {wait} ms later"
    return [HeardEvent("greeting", first.start_ms, f"{spoken}{after}.", ALL_OF_GREETING)]


def _of_turn(number: int, turn: CallerTurn, outcome: TurnOutcome) -> list[HeardEvent]:
    found: list[HeardEvent] = []
    for cut in turn.cut_ins:
        if cut.paused_ms == cut.resumed_ms:
            evidence = f"The agent begins at {_s(cut.agent_ms)}, while the caller is speaking."
        else:
            paused = cut.agent_ms - cut.paused_ms
            evidence = (
                f"The caller is quiet from {_s(cut.paused_ms)}, the agent begins {paused} ms later, "
                f"and the caller continues at {_s(cut.resumed_ms)}."
            )
        found.append(HeardEvent("cut_in", cut.agent_ms, evidence, PAUSED_OR_ANSWERED, number))
    first = outcome.first_sound_ms
    if first is not None:
        at_ms = turn.end_ms + first
        evidence = f"The caller ends at {_s(turn.end_ms)} and the agent begins at {_s(at_ms)}: {first} ms."
        found.append(HeardEvent("first_sound", at_ms, evidence, NO_THOUGHT, number))
    if outcome.response_ms is not None and outcome.response_ms != first:
        at_ms = turn.end_ms + outcome.response_ms
        evidence = f"By the log the response begins here, {outcome.response_ms} ms after the caller's end."
        found.append(HeardEvent("response", at_ms, evidence, NO_THOUGHT, number))
    if outcome.hanging:
        evidence = f"The caller ends at {_s(turn.end_ms)} and hears nothing for {HANGING_MS / 1000:g} s."
        found.append(HeardEvent("hanging_turn", turn.end_ms, evidence, NOT_HEARD, number))
    if outcome.missed:
        evidence = f"The caller ends at {_s(turn.end_ms)}; the agent says nothing until the caller's next turn."
        found.append(HeardEvent("missed_turn", turn.end_ms, evidence, "whether an answer was wanted", number))
    return found


def _of_overlap(over: HeardOverlap, number: int | None) -> HeardEvent:
    lasts = over.end_ms - over.start_ms
    stopped = over.stopped_ms
    if over.kind == "interruption":
        spoken = f"The caller speaks over the agent from {_s(over.start_ms)} on, for {_s(over.voiced_ms)}"
        if stopped is not None:
            evidence = f"{spoken}; the agent is silent {stopped - over.start_ms} ms later."
            return HeardEvent("interruption", over.start_ms, evidence, STOPPED_OR_ENDED, number)
        evidence = f"{spoken}; the agent talks on until {_s(over.agent_end_ms)}."
        return HeardEvent("interruption_ignored", over.start_ms, evidence, WANTED, number)
    what = {
        "backchannel": f"{lasts} ms of the caller's voice, too short to want the floor,",
        "noise": f"{lasts} ms of sound without a voice",
        "echo": f"{lasts} ms of the agent's own voice, come back,",
    }[over.kind]
    if stopped is None:
        evidence = f"At {_s(over.start_ms)}, {what} over the agent, which talks on."
        return HeardEvent(over.kind, over.start_ms, evidence, WORDS)
    after = stopped - over.start_ms
    evidence = f"At {_s(over.start_ms)}, {what} over the agent, which is silent {after} ms later and says no more."
    return HeardEvent("stop_for_nothing", over.start_ms, evidence, STOPPED_OR_ENDED)


def _end(floor: Floor, record: CallRecord, duration_ms: int) -> HeardEvent:
    caller = max((turn.end_ms for turn in floor.turns), default=-1)
    agent = max((end for _, end in floor.sounds), default=-1)
    if max(caller, agent) < 0:
        evidence = "Neither side speaks."
    else:
        who, last = ("The caller", caller) if caller > agent else ("The agent", agent)
        evidence = f"{who} speaks last, until {_s(last)}; the call ends {_s(max(0, duration_ms - last))} later."
    said = f" The platform says: {record.ended_by}." if record.ended_by else ""
    return HeardEvent("end", duration_ms, evidence + said, WHO_HUNG_UP)
