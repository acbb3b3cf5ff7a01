"""A call's readouts from its two channels of audio alone, as far as they can be heard.

They are the readouts of :mod:`simulator.measures`, under the same names. A readout that audio does not show is left
out, and its row says why. Where the heard value differs from the agent's own, its row says how. With ``trust`` the
agent's messages count too: its transcripts distinguish fillers from answers, and its ``clear`` a stop from an end.
Times are still those of the audio.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from base.samples import SAMPLE_RATE
from simulator.activity.model import Activity
from simulator.heard.turns import answered, heard_outcome
from simulator.labels import Labels
from simulator.measures.readout_table import READOUTS
from simulator.measures.readouts import Measured, measured_by
from simulator.measures.truth import TrueTurn, Truth, truth_of
from simulator.measures.turns import (
    HeardSound,
    Material,
    interruptions,
    with_limits,
)
from simulator.replay import Placement, Played, ReplayMode
from simulator.socket.activity_by_level import WINDOW_MS, Levels, SoundDetector, Stretch, levels_db
from simulator.socket.calling import CallTaken, ReceivedMessage

_RINGING = 30 // WINDOW_MS
"""Windows of an utterance that may be heard after its final transcript: its last block follows."""

_QUIET = 30 // WINDOW_MS
"""Fewer quiet windows are a dip in the voice, not its end."""

CLEARED_MS = 150
"""A ``clear`` this close to a sound's end caused the end."""

NO_RESPONSE = "a filler sounds like a short answer; --trust-messages takes the agent's word for which is which"
NO_KINDS = "the agent's transcripts do not say which of its words are fillers"


@dataclass(frozen=True, slots=True)
class Outside:
    """A call measured from outside. ``left_out`` and ``caveats`` are sentences by readout."""

    measured: Measured
    left_out: dict[str, str]
    caveats: dict[str, str]


def measure_outside(
    taken: CallTaken, activity: Activity, labels: Labels | None, audible_db: float, *, trust: bool
) -> Outside:
    """Measure a call against the labels or, without labels, against the recording's detected speech."""
    stretches = agent_stretches(taken, audible_db)
    truth = _truth(taken, activity, labels, stretches)
    clears = [received.t_ms for received in taken.received if received.message.get("type") == "clear"]
    sounds = tuple(
        HeardSound("sound", start, end, not trust or _near(end, clears), "", answered(start, truth.turns))
        for start, end in stretches
    )
    responses, no_response = _responses(taken, audible_db, stretches) if trust else ([], NO_RESPONSE)
    turns = tuple(
        heard_outcome(turn, limit_ms, sounds, responses, taken.duration_ms, stops_known=trust)
        for turn, limit_ms in with_limits(truth.turns)
    )
    material = Material(
        truth=truth,
        sounds=sounds,
        turns=turns,
        over=interruptions((), sounds, truth),
        events=(),
        anchored=taken.anchored,
        missed_responses=taken.missed_responses,
        duration_ms=taken.duration_ms,
    )
    left_out = _left_out(truth, no_response)
    kept = [readout for readout in READOUTS if readout.name not in left_out]
    caveats = {one.name: one.caveat for one in kept if one.caveat and not (trust and one.cleared)}
    return Outside(measured_by(kept, material, silence_only=False), left_out, caveats)


def _left_out(truth: Truth, no_response: str | None) -> dict[str, str]:
    """Return why readouts are left out, by name."""
    left_out = {readout.name: readout.unheard for readout in READOUTS if readout.unheard}
    if no_response is not None:
        left_out["response_ms"] = no_response
    if not truth.labelled:
        needed = [readout.name for readout in READOUTS if readout.needs_truth]
        left_out |= dict.fromkeys(needed, "the recording has no labels to say what the caller truly did")
    return left_out


def agent_stretches(taken: CallTaken, audible_db: float) -> list[Stretch]:
    """Return the stretches in which the agent was heard, ms."""
    detector = SoundDetector(audible_db)
    detector.push(_levels(taken))
    return detector.stretches()


def _levels(taken: CallTaken) -> Levels:
    return levels_db(taken.earpiece.heard(0, taken.duration_ms * SAMPLE_RATE // 1000))


def _truth(taken: CallTaken, activity: Activity, labels: Labels | None, stretches: list[Stretch]) -> Truth:
    """Return the caller's true turns on the call's clock.

    Without labels they are the detected spans of speech; spans without agent sound between them are one turn.
    """
    if labels is not None and labels.has_truth:
        mode: ReplayMode = "elastic" if taken.elastic else "rigid"
        return _heard_of(truth_of(Played((), taken.placements, taken.duration_ms, mode), labels), taken.duration_ms)
    turns: list[TrueTurn] = []
    for index, span in enumerate(activity.spans):
        start_ms, end_ms = (_placed(taken.placements, t_ms) for t_ms in (span.start_ms, span.end_ms))
        last = turns[-1] if turns else None
        if last is not None and not any(last.end_ms < start < start_ms for start, _ in stretches):
            turns[-1] = TrueTurn(last.index, last.start_ms, end_ms)
        else:
            turns.append(TrueTurn(index, start_ms, end_ms))
    return _heard_of(Truth(False, tuple(turns)), taken.duration_ms)


def _heard_of(truth: Truth, duration_ms: int) -> Truth:
    """Return the caller's turns that the agent heard to their end: it may have hung up before."""
    return replace(
        truth,
        turns=tuple(turn for turn in truth.turns if turn.end_ms <= duration_ms),
        interruptions=tuple(span for span in truth.interruptions if span[1] <= duration_ms),
        distractors=tuple(span for span in truth.distractors if span[1] <= duration_ms),
    )


def _placed(placements: tuple[Placement, ...], t_ms: int) -> int:
    place = next((place for place in reversed(placements) if place.start_ms <= t_ms), None)
    return t_ms + (place.shift_ms if place else 0)


def _responses(taken: CallTaken, audible_db: float, stretches: list[Stretch]) -> tuple[list[int], str | None]:
    """Return when responses began by the agent's transcripts, to the window of audio, or why that is unknown.

    A response begins with the first audible window after the end of the previous utterance and before its own first
    word.
    """
    transcripts = [
        received
        for received in taken.received
        if received.message.get("type") == "transcript" and received.message.get("role", "agent") == "agent"
    ]
    if any(received.message.get("kind") not in ("filler", "response") for received in transcripts) or (
        stretches and not transcripts
    ):
        return [], NO_KINDS
    windows: list[bool] = (_levels(taken) >= audible_db).tolist()
    found: list[int] = []
    for before_ms, first in _first_words(transcripts):
        if first.message["kind"] == "response":
            begun = _onset(windows, before_ms, first.t_ms)
            if begun is not None:
                found.append(begun)
    return found, None


def _first_words(transcripts: list[ReceivedMessage]) -> list[tuple[int, ReceivedMessage]]:
    """Return the first transcript of each utterance, and when the previous utterance was over, ms."""
    found: list[tuple[int, ReceivedMessage]] = []
    over_ms, fresh = 0, True
    for received in transcripts:
        if fresh:
            found.append((over_ms, received))
        fresh = bool(received.message.get("final"))
        if fresh:
            over_ms = received.t_ms
    return found


def _onset(windows: list[bool], after_ms: int, before_ms: int) -> int | None:
    """Return the first time between two at which a new sound is heard, ms.

    The previous utterance may continue for a moment; if no quiet follows it, the new one began within it.
    """
    first, last = after_ms // WINDOW_MS, min(before_ms // WINDOW_MS, len(windows))
    if after_ms:
        quiet = next((at for at in range(first, first + _RINGING) if not any(windows[at : at + _QUIET])), None)
        if quiet is None:
            return after_ms + _RINGING * WINDOW_MS // 3
        first = quiet
    return next((index * WINDOW_MS for index in range(first, last) if windows[index]), None)


def _near(t_ms: int, moments: list[int]) -> bool:
    return any(abs(t_ms - moment) <= CLEARED_MS for moment in moments)
