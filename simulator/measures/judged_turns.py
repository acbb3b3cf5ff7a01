"""Labelled turns with their detected pauses: the input of end-of-turn scoring."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from simulator.activity.model import NO_MODEL_COMPLETENESS, Activity, SpeechEnd, SpeechStart
from simulator.labels import Labels
from simulator.measures.turns import CUT_IN_TOLERANCE_MS

_FOREVER_MS = 1 << 40


@dataclass(frozen=True, slots=True)
class JudgedPause:
    """A detected pause: the end of speech before it, and when the next speech is known, ms."""

    ended: SpeechEnd
    until_ms: int


@dataclass(frozen=True, slots=True)
class JudgedTurn:
    """A labelled turn of recording ``recording`` with the pauses detected from its start to the next turn's.

    ``speaker`` takes the turn; it is empty where the labels name none.
    """

    recording: str
    index: int
    start_ms: int
    end_ms: int
    pauses: tuple[JudgedPause, ...]
    speaker: str = ""

    @property
    def drawn_with(self) -> str:
        """The resampling unit: turns of one speaker, else of one recording, are similar."""
        return self.speaker or self.recording

    @property
    def earliest_ms(self) -> int:
        """The earliest time, ms, at which an end of turn is no cut-in."""
        return self.end_ms - CUT_IN_TOLERANCE_MS


def judged_turns(recording: str, activity: Activity, labels: Labels) -> tuple[JudgedTurn, ...]:
    """Return the labelled turns in order, each with its pauses; overlapping turns are merged.

    A span of speech belongs to the last turn that begins before the span ends.
    """
    labelled = labels.caller_turns()
    turns = [(round(turn.start_s * 1000), round(turn.end_s * 1000)) for turn in labelled]
    only = (labels.model_extra or {}).get("speaker")
    speakers = [turn.speaker or (only if isinstance(only, str) else "") for turn in labelled]
    mine: list[list[JudgedPause]] = [[] for _ in turns]
    for span, pause in zip(activity.spans, pauses_of(activity), strict=True):
        owner = sum(start_ms < span.end_ms for start_ms, _ in turns) - 1
        if owner >= 0:
            mine[owner].append(pause)
    return tuple(
        JudgedTurn(recording, index, start_ms, end_ms, tuple(found), speaker)
        for index, ((start_ms, end_ms), found, speaker) in enumerate(zip(turns, mine, speakers, strict=True))
    )


def pauses_of(activity: Activity) -> list[JudgedPause]:
    """Return the pause after each detected span; the last one never ends."""
    found: list[JudgedPause] = []
    ended: SpeechEnd | None = None
    for seen in activity.observations:
        if isinstance(seen, SpeechEnd):
            ended = seen
        elif isinstance(seen, SpeechStart) and ended is not None:
            found.append(JudgedPause(ended, seen.known_ms))
            ended = None
    if ended is not None:
        found.append(JudgedPause(ended, _FOREVER_MS))
    return found


def by_silence(turns: Iterable[JudgedTurn]) -> tuple[JudgedTurn, ...]:
    """Return the turns without an end-of-turn model's judgements."""
    return tuple(
        replace(turn, pauses=tuple(replace(pause, ended=_unjudged(pause.ended)) for pause in turn.pauses))
        for turn in turns
    )


def _unjudged(ended: SpeechEnd) -> SpeechEnd:
    return replace(ended, completeness=NO_MODEL_COMPLETENESS, evidence=None)
