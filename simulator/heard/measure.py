"""Measures one call from audio: its turns' outcomes, events with evidence, and what audio alone does not show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from presets.config import ConfigError
from presets.layers import resolve
from simulator.heard.call_folder import CallRecord, KeptCall, LoggedTurn
from simulator.heard.clocks import (
    Clocks,
    aligned,
    clocks_of,
    contradictions,
    doubtful_sides,
    guess_swapped,
    swapped_by_log,
)
from simulator.heard.events import HeardEvent, events_of
from simulator.heard.faults import Fault, faults_in_audio
from simulator.heard.sides import sides_of
from simulator.heard.tracks import Stretch, Tracks, listen
from simulator.heard.turns import CallerTurn, Floor, answered, floor_of, heard_outcome
from simulator.measures.readout_table import BY_NAME
from simulator.measures.readouts import Measured, measured_by, pooled
from simulator.measures.truth import TrueTurn, Truth
from simulator.measures.turns import Count, HeardSound, Interruptions, Material, TurnOutcome, with_limits

HEARD_READOUTS = (
    "first_sound_ms",
    "response_ms",
    "cut_ins",
    "missed_turns",
    "hanging_turns",
    "missed_barge_ins",
    "false_barge_ins",
    "barge_in_stop_ms",
    "talk_over_s",
    "dead_air_s",
    "silence_after_greeting_s",
)
"""The simulation's readouts that two channels of audio also show, under the same names."""

NO_RESPONSE = "a filler sounds like a short answer, and no log says which is which"

_EARLY_MS = 300
"""The platform's figures for an answer logged at most this long before the turn's heard end belong to the turn."""

_SNAP_MS = 250
"""A logged response begins at the nearest sound's beginning within this distance, ms."""


@dataclass(frozen=True, slots=True)
class HeardTurn:
    """One caller turn as it was heard, with the platform's own figures for it, ms."""

    turn: CallerTurn
    outcome: TurnOutcome
    events: tuple[HeardEvent, ...]
    reported: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """Return the turn as JSON values."""
        return {
            "caller_start_s": self.turn.start_ms / 1000,
            "caller_end_s": self.turn.end_ms / 1000,
            "first_sound_ms": self.outcome.first_sound_ms,
            "response_ms": self.outcome.response_ms,
            "events": [one.to_json() for one in self.events],
            "reported": self.reported,
        }


@dataclass(frozen=True, slots=True)
class HeardCall:
    """A call measured from audio. ``measured`` is ``None`` if no measure is reliable; ``faults`` are the reasons.

    ``left_out`` maps a missing readout to the reason; ``notes`` are sentences about the measurement.
    """

    record: CallRecord
    duration_ms: int
    floor: Floor
    turns: tuple[HeardTurn, ...]
    events: tuple[HeardEvent, ...]
    measured: Measured | None
    left_out: dict[str, str]
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]
    caller_channel: int | None
    exchanged: bool = False
    """Whether the caller is on the side recorded as the agent's, or on the second channel."""

    def to_json(self) -> dict[str, Any]:
        """Return the call as JSON values: an element of ``calls`` in ``turnlab.calls_measure/1``."""
        values = self.values()
        return {
            "id": self.record.id,
            "service": self.record.service_name or None,
            "started_at": self.record.started_at,
            "duration_s": self.duration_ms / 1000,
            "caller_channel": None if self.caller_channel is None else self.caller_channel + 1,
            "turns": [turn.to_json() for turn in self.turns],
            "events": [one.to_json() for one in self.events],
            "readouts": heard_readouts([values]),
            "left_out": self.left_out,
            "faults": [{"kind": one.kind, "sentence": one.sentence} for one in self.faults],
            "notes": list(self.notes),
            "stretches": {
                "caller": [[turn.start_ms / 1000, turn.end_ms / 1000] for turn in self.floor.turns],
                "agent": [[start / 1000, end / 1000] for start, end in self.floor.sounds],
                "operator": [list(one) for one in self.record.operator],
            },
            "values": values,
        }

    def values(self) -> dict[str, Any]:
        """Return each readout's own values, from which readouts of several calls are computed; may be empty."""
        if self.measured is None:
            return {}
        counts = {name: [one.count, one.of] for name, one in self.measured.counts.items()}
        times = {name: list(values) for name, values in self.measured.times.items()}
        return {**times, **counts, **self.measured.seconds}


def heard_readouts(calls: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the readouts of several calls, computed from their ``values``, as JSON values."""
    shown: dict[str, Any] = {}
    for name in HEARD_READOUTS:
        readout, found = BY_NAME[name], [values[name] for values in calls if name in values]
        if found:
            shown[name] = pooled(readout, [Count(*one) for one in found] if readout.kind == "count" else found)
    return shown


def measure_call(call: KeptCall, progress: Callable[[float], None] | None = None) -> HeardCall:
    """Measure a call. ``progress`` receives the seconds measured.

    Raises :class:`~simulator.errors.SimulatorError` for a call without audio, or with unreadable audio.
    """
    sides = sides_of(call)
    tracks = listen(sides, progress)
    notes: list[str] = []
    faults: list[Fault] = []
    channel = sides.caller.channel if call.record.audio and call.record.audio.both else None
    by_log = swapped_by_log(call.record, tracks)
    exchanged, why = guess_swapped(tracks, by_log) if sides.guessed else (bool(by_log), "")
    if exchanged:
        tracks = tracks.swapped()
    if sides.guessed:
        channel = (sides.agent if exchanged else sides.caller).channel
        notes.append(f"The caller is on channel {channel + 1}: {why} (--caller-channel overrides this).")
    elif exchanged:
        faults.append(Fault("swapped", "The log fits the swapped sides, so they were swapped back."))
    elif by_log is None:
        faults += doubtful_sides(tracks)
    clocks = clocks_of(tracks, call.record)
    tracks, moved = aligned(tracks, clocks)
    faults += moved
    found = _measured(call.record, tracks, clocks, faults, notes, channel)
    return replace(found, exchanged=exchanged)


def _measured(
    record: CallRecord, tracks: Tracks, clocks: Clocks, faults: list[Fault], notes: list[str], channel: int | None
) -> HeardCall:
    floor = floor_of(tracks)
    faults = [*faults, *faults_in_audio(tracks, floor)]
    if not any(one.spoils == "all" for one in faults):
        faults += contradictions(record, tracks, clocks)
    log = None if any(one.spoils == "log" for one in faults) else _Log(record, clocks)
    operator = tuple((round(start * 1000), round(end * 1000)) for start, end in record.operator)
    if record.operator_unplaced:
        sentence = "A human operator took part at an unknown time, so the operator's words cannot be separated."
        faults.append(Fault("operator_unplaced", sentence, "all"))
    faults += [
        Fault(
            "operator", f"From {start / 1000:.1f} to {end / 1000:.1f} s a human operator spoke; this is left out."
        )
        for start, end in operator
    ]
    kept = _without(floor, operator)
    spoiled = next((one.sentence for one in faults if one.spoils == "all"), None)
    if spoiled is not None:
        left_out = dict.fromkeys(HEARD_READOUTS, spoiled)
        return HeardCall(
            record, tracks.duration_ms, kept, (), (), None, left_out, tuple(faults), tuple(notes), channel
        )
    material, left_out = _material(record, log, kept, tracks.duration_ms)
    events = events_of(kept, material.turns, material.sounds, record, tracks.duration_ms)
    names = [name for name in HEARD_READOUTS if name not in left_out]
    measured = measured_by((BY_NAME[name] for name in names), material, silence_only=False)
    limits = [limit_ms for _, limit_ms in with_limits(material.truth.turns)]
    turns = tuple(
        HeardTurn(
            turn,
            outcome,
            tuple(one for one in events if one.turn == number),
            {} if log is None else log.reported(turn, limit_ms),
        )
        for number, (turn, outcome, limit_ms) in enumerate(zip(kept.turns, material.turns, limits, strict=True))
    )
    rest = tuple(one for one in events if one.turn is None)
    return HeardCall(
        record, tracks.duration_ms, kept, turns, rest, measured, left_out, tuple(faults), tuple(notes), channel
    )


def _material(
    record: CallRecord, log: _Log | None, floor: Floor, duration_ms: int
) -> tuple[Material, dict[str, str]]:
    """Return the inputs of readouts, and why some readouts are left out."""
    true = tuple(TrueTurn(index, turn.start_ms, turn.end_ms) for index, turn in enumerate(floor.turns))
    first_ms = true[0].start_ms if true else duration_ms
    sounds = tuple(
        HeardSound("greeting" if start < first_ms else "sound", start, end, True, "", answered(start, true))
        for start, end in floor.sounds
    )
    responses, no_response = _responses(record, log, floor.sounds)
    outcomes = tuple(
        _outcome(turn, true[number], limit_ms, sounds, responses, floor, duration_ms)
        for number, (turn, (_, limit_ms)) in enumerate(zip(floor.turns, with_limits(true), strict=True))
    )
    material = Material(
        truth=Truth(False, true),
        sounds=sounds,
        turns=outcomes,
        over=_over(floor),
        events=(),
        anchored=0,
        missed_responses=0,
        duration_ms=duration_ms,
    )
    left_out = {} if no_response is None else {"response_ms": no_response}
    if material.greeting is None:
        left_out["silence_after_greeting_s"] = "the caller speaks first"
    return material, left_out


def _without(floor: Floor, operator: Sequence[Stretch]) -> Floor:
    """Return the floor without an operator's stretches, and without turns answered by or answering one."""
    if not operator:
        return floor

    def free(start: int, end: int) -> bool:
        return not any(start < until and begin < end for begin, until in operator)

    return Floor(
        tuple(turn for turn in floor.turns if free(turn.start_ms, turn.end_ms)),
        tuple(sound for sound in floor.sounds if free(*sound)),
        tuple(over for over in floor.overlaps if free(over.start_ms, over.end_ms)),
        tuple(one for one in floor.music if free(*one)),
        tuple(operator),
    )


def _outcome(
    turn: CallerTurn,
    true: TrueTurn,
    limit_ms: int,
    sounds: tuple[HeardSound, ...],
    responses: list[int],
    floor: Floor,
    duration_ms: int,
) -> TurnOutcome:
    found = heard_outcome(true, limit_ms, sounds, responses, duration_ms)
    found = replace(found, cut_in_ms=turn.cut_ins[0].agent_ms if turn.cut_ins else None)
    until_ms = min(limit_ms, duration_ms)
    held = any(start < until_ms and turn.end_ms < end for start, end in (*floor.music, *floor.away))
    return replace(found, hanging=False, missed=False, dead_air_ms=0) if held else found


def _over(floor: Floor) -> Interruptions:
    wanted = [one for one in floor.overlaps if one.kind == "interruption"]
    others = [one for one in floor.overlaps if one.kind != "interruption"]
    return Interruptions(
        true=len(wanted),
        missed=sum(one.stopped_ms is None for one in wanted),
        stop_ms=tuple(one.stopped_ms - one.start_ms for one in wanted if one.stopped_ms is not None),
        distractors=len(others),
        false=sum(one.stopped_ms is not None for one in others),
    )


class _Log:
    """The platform's log on the audio's clock."""

    def __init__(self, record: CallRecord, clocks: Clocks) -> None:
        self._shift_ms = clocks.shift_ms
        self._agent = [(self._ms(turn), turn) for turn in record.logged("agent")]

    def _ms(self, turn: LoggedTurn) -> int:
        return round(turn.from_ms + self._shift_ms)

    def responses(self) -> list[int] | None:
        """Return when responses begin, ms; ``None`` if the log does not mark fillers."""
        if not self._agent or any(turn.kind is None for _, turn in self._agent):
            return None
        return [at for at, turn in self._agent if turn.kind == "response"]

    def reported(self, turn: CallerTurn, limit_ms: int) -> dict[str, float]:
        """Return the platform's own figures for the answer to a turn, ms; empty if none belongs to it."""
        own = (one for at, one in self._agent if turn.end_ms - _EARLY_MS <= at < limit_ms and one.reported)
        answer = next(own, None)
        figures = {} if answer is None else answer.reported
        return {name: float(value) for name, value in figures.items() if isinstance(value, int | float)}


def _responses(record: CallRecord, log: _Log | None, sounds: Sequence[Stretch]) -> tuple[list[int], str | None]:
    """Return when responses began, ms, or why they cannot be separated from fillers."""
    logged = None if log is None else log.responses()
    begins = [start for start, _ in sounds]
    if logged is not None:
        return [_snapped(at, begins) for at in logged], None
    if _speaks_no_fillers(record):
        return begins, None
    return [], NO_RESPONSE


def _snapped(at_ms: int, begins: Sequence[int]) -> int:
    nearest = min(begins, key=lambda begin: abs(begin - at_ms), default=at_ms)
    return nearest if abs(nearest - at_ms) <= _SNAP_MS else at_ms


def _speaks_no_fillers(record: CallRecord) -> bool:
    if record.voice_config is None:
        return False
    try:
        config = resolve(*record.settings())
    except ConfigError:
        return False
    return config.filler_style == "silent"
