"""Turn-taking from two sides of audio alone: caller turns, the agent's sounds, overlaps, and each turn's outcome.

A caller's turn lasts until the agent begins, or until 5 s of silence. Caller speech over the agent is classified by
length and timing, because the words are unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from simulator.heard.tracks import WINDOW_MS, Levels, SideTrack, Stretch, Tracks, merged
from simulator.measures.truth import TrueTurn
from simulator.measures.turns import CUT_IN_TOLERANCE_MS, HANGING_MS, STOP_WITHIN_MS, HeardSound, TurnOutcome

FRESH_MS = 500
"""A sound after a shorter quiet than this continues the agent's speech and does not cut in."""

SHORT_MS = 600
"""Shorter speech over the agent is a backchannel or a noise: real interruptions last longer."""

RESUMED_MS = 1200
"""A caller who continues this soon after the agent begins had only paused: answers are slower."""

HANDOVER_MS = 200
"""A caller who begins this shortly before the agent ends is answering it, not interrupting."""

_JOINED_MS = 500
"""Gaps shorter than this join speech over the agent."""

PAUSE_MS = 200
"""A shorter silence of the agent is a pause within one sound."""

_AFTER_MS = 400
"""An agent that a short sound stops falls silent at most this long after the sound's end..."""
_QUICKEST_MS = 120
"""...at least this long after its beginning..."""
_SILENT_MS = 600
"""...and then stays silent for this long."""

LONG_SOUND_MS = 10_000
"""Longer sound without a voice is music or noise."""

OverlapKind = Literal["interruption", "backchannel", "noise", "echo"]


@dataclass(frozen=True, slots=True)
class HeardOverlap:
    """Sound of the caller's side over the agent, ms. ``stopped_ms``: when the agent fell silent because of it."""

    kind: OverlapKind
    start_ms: int
    end_ms: int
    voiced_ms: int
    stopped_ms: int | None
    agent_end_ms: int


@dataclass(frozen=True, slots=True)
class CutIn:
    """The agent began at ``agent_ms``; the caller, quiet since ``paused_ms``, continued at ``resumed_ms``.

    For a caller who did not pause, all three are the same.
    """

    agent_ms: int
    paused_ms: int
    resumed_ms: int


@dataclass(slots=True)
class CallerTurn:
    """One caller turn, ms, with the cut-ins inside it; ``interrupts``: it began over the agent."""

    start_ms: int
    end_ms: int
    cut_ins: list[CutIn] = field(default_factory=list)
    interrupts: HeardOverlap | None = None


@dataclass(frozen=True, slots=True)
class Floor:
    """A call as turns: the caller's turns, the agent's sounds, and overlaps."""

    turns: tuple[CallerTurn, ...]
    sounds: tuple[Stretch, ...]
    overlaps: tuple[HeardOverlap, ...]
    music: tuple[Stretch, ...]
    """Long sounds without a voice, on either side."""
    away: tuple[Stretch, ...] = ()
    """Where the agent had left the call to a human operator."""


def floor_of(tracks: Tracks) -> Floor:
    """Return a call as turns."""
    return _FloorReader(tracks).read()


def sounds_of_agent(agent: SideTrack) -> tuple[Stretch, ...]:
    """Return the agent's sounds, ms: speech, and sounds too short for the model to find a voice in them."""
    short = [one for one in agent.other if one[1] - one[0] <= 1000 and agent.speech]
    return tuple(merged(sorted([*agent.speech, *short]), PAUSE_MS))


class _FloorReader:
    """Reads the caller's speech in order and classifies each stretch."""

    def __init__(self, tracks: Tracks) -> None:
        self._tracks = tracks
        self._sounds = sounds_of_agent(tracks.agent)
        self._turns: list[CallerTurn] = []
        self._overlaps: list[HeardOverlap] = []

    def read(self) -> Floor:
        speech = list(self._tracks.caller.speech)
        at = 0
        while at < len(speech):
            at += self._take(speech, at)
        self._note_noises()
        music = [
            one
            for side in (self._tracks.caller, self._tracks.agent)
            for one in merged(side.other, 1000)
            if one[1] - one[0] >= LONG_SOUND_MS
        ]
        for turn in self._turns:
            self._note_talked_into(turn)
        overlaps = sorted(self._overlaps, key=lambda one: one.start_ms)
        return Floor(tuple(self._turns), self._sounds, tuple(overlaps), tuple(sorted(music)))

    def _take(self, speech: Sequence[Stretch], at: int) -> int:
        """Classify one stretch of speech and those that belong to it; return their number."""
        start, end = speech[at]
        sound = self._sounding_at(start)
        last = self._turns[-1] if self._turns else None
        if sound is None:
            between = [] if last is None else [one for one in self._sounds if last.end_ms < one[0] < start]
            if last is not None and not between and start - last.end_ms < HANGING_MS:
                last.end_ms = end
            elif last is not None and between and self._was_pausing(between, start):
                last.cut_ins.append(CutIn(between[0][0], last.end_ms, start))
                last.end_ms = end
            else:
                self._turns.append(CallerTurn(start, end))
            return 1
        count, until, voiced = _utterance(speech, at)
        floor_start, floor_end = self._floor_around(sound, last.end_ms if last else 0)
        if (
            last is not None
            and last.end_ms <= floor_start + PAUSE_MS
            and start - floor_start <= RESUMED_MS
            and (voiced >= SHORT_MS or floor_end - floor_start <= SHORT_MS)
        ):
            last.cut_ins.append(CutIn(floor_start, last.end_ms, start))
            last.end_ms = until
        elif floor_end - start <= HANDOVER_MS and not self._silent_after(floor_end, until):
            self._turns.append(CallerTurn(start, until))
        elif voiced < SHORT_MS:
            self._overlaps.append(self._overlap("backchannel", start, until, voiced, floor_end))
        elif _echoes(self._tracks, start, until):
            self._overlaps.append(self._overlap("echo", start, until, voiced, floor_end))
        else:
            over = self._overlap("interruption", start, until, voiced, floor_end)
            self._overlaps.append(over)
            self._turns.append(CallerTurn(start, until, interrupts=over))
        return count

    def _was_pausing(self, between: list[Stretch], start: int) -> bool:
        """Whether a caller who speaks just after a short agent sound continues, rather than answers it."""
        return between[-1][1] - between[0][0] <= SHORT_MS and start - between[0][0] <= RESUMED_MS

    def _sounding_at(self, t_ms: int) -> Stretch | None:
        return next((one for one in self._sounds if one[0] < t_ms < one[1]), None)

    def _floor_around(self, sound: Stretch, since_ms: int) -> Stretch:
        """Return when the agent began to speak after the caller's last turn, and when it ends, pauses included."""
        start, end = sound
        for one in reversed(self._sounds):
            if since_ms - PAUSE_MS <= one[0] < start:
                start = one[0]
        for one in self._sounds:
            if end < one[1] and one[0] - end < _SILENT_MS:
                end = one[1]
        return start, end

    def _silent_after(self, t_ms: int, until_ms: int) -> bool:
        """Whether the agent stays silent so long after the caller's words that it did not answer them."""
        return not any(t_ms < one[0] < until_ms + HANGING_MS for one in self._sounds)

    def _overlap(self, kind: OverlapKind, start: int, end: int, voiced: int, agent_end: int) -> HeardOverlap:
        if kind == "interruption":
            stopped = agent_end if agent_end - start <= STOP_WITHIN_MS else None
        else:
            sooner = start + _QUICKEST_MS <= agent_end <= end + _AFTER_MS
            stopped = agent_end if sooner else None
        return HeardOverlap(kind, start, end, voiced, stopped, agent_end)

    def _note_noises(self) -> None:
        """Note sounds without a voice over the agent."""
        for start, end in merged(self._tracks.caller.other, _JOINED_MS):
            sound = self._sounding_at(start)
            if sound is None or end - start >= LONG_SOUND_MS:
                continue
            near = any(one.start_ms - _JOINED_MS < start < one.end_ms + _JOINED_MS for one in self._overlaps)
            if near or any(turn.start_ms - _JOINED_MS < start < turn.end_ms for turn in self._turns):
                continue
            _, floor_end = self._floor_around(sound, start)
            self._overlaps.append(self._overlap("noise", start, end, 0, floor_end))

    def _note_talked_into(self, turn: CallerTurn) -> None:
        """Note where the agent began while the caller was speaking without a pause."""
        known = {one.agent_ms for one in turn.cut_ins}
        quiet_since = 0
        for start, end in self._sounds:
            fresh = start - quiet_since >= FRESH_MS
            quiet_since = end
            if not fresh or not turn.start_ms < start < turn.end_ms - HANDOVER_MS:
                continue
            if any(abs(start - one) < RESUMED_MS for one in known):
                continue
            turn.cut_ins.append(CutIn(start, start, start))
        turn.cut_ins.sort(key=lambda one: one.agent_ms)


def _utterance(speech: Sequence[Stretch], at: int) -> tuple[int, int, int]:
    """Return how many stretches from ``at`` belong together, the end of the last, and their voiced length, ms."""
    count, end = 1, speech[at][1]
    voiced = end - speech[at][0]
    for start, until in speech[at + 1 :]:
        if start - end >= _JOINED_MS:
            break
        count, end, voiced = count + 1, until, voiced + until - start
    return count, end, voiced


_ECHO_LAGS = range(0, 400 // WINDOW_MS, 2)
_ECHO_LIKE = 0.8


def _echoes(tracks: Tracks, start_ms: int, end_ms: int) -> bool:
    """Whether the caller's side contains the agent's own voice as echo: their levels rise and fall together."""
    first, last = start_ms // WINDOW_MS, end_ms // WINDOW_MS
    own = _smooth(tracks.caller.level_db[first:last])
    best = 0.0
    for lag in _ECHO_LAGS:
        if first < lag:
            break
        best = max(best, _likeness(own, _smooth(tracks.agent.level_db[first - lag : last - lag])))
    return best >= _ECHO_LIKE


def _smooth(level_db: Levels) -> Levels:
    return np.convolve(np.maximum(level_db, -70), np.ones(6, np.float32) / 6, mode="same").astype(np.float32)


def _likeness(one: Levels, other: Levels) -> float:
    if len(one) != len(other) or len(one) < 40 or float(one.std()) < 1 or float(other.std()) < 1:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def answered(start_ms: int, turns: Sequence[TrueTurn]) -> int:
    """Return how many turns had ended when a sound began; as far as sound shows, it answers the last of them."""
    return sum(turn.end_ms <= start_ms + CUT_IN_TOLERANCE_MS for turn in turns)


def heard_outcome(
    turn: TrueTurn,
    limit_ms: int,
    sounds: tuple[HeardSound, ...],
    responses: list[int],
    duration_ms: int,
    *,
    stops_known: bool = False,
) -> TurnOutcome:
    """Return a turn's outcome; ``responses`` are when responses began, ms; empty if fillers are unknown.

    ``limit_ms`` is the start of the next turn, by which this one must be answered. ``stops_known``:
    :attr:`HeardSound.interrupted` is known, not assumed.
    """
    earliest_ms = turn.end_ms - CUT_IN_TOLERANCE_MS
    # An agent that speaks through the turn's end answers another turn. Its next sound may do so too, unless this
    # turn is known to have stopped it.
    free_ms = max(
        (
            sound.end_ms
            for sound in sounds
            if sound.start_ms < earliest_ms
            and sound.end_ms > turn.end_ms
            and not (stops_known and sound.interrupted)
        ),
        default=None,
    )
    after = [sound.start_ms for sound in sounds if earliest_ms <= sound.start_ms < limit_ms]
    answers = [start_ms for start_ms in responses if earliest_ms <= start_ms < limit_ms]
    until_ms = min(limit_ms, max(duration_ms, turn.end_ms))
    heard_ms = min((sound.start_ms for sound in sounds if sound.end_ms > turn.end_ms), default=until_ms)
    waited_ms = max(0, min(heard_ms, until_ms) - turn.end_ms)
    return TurnOutcome(
        turn=turn,
        cut_in_ms=_cut_in_ms(turn, sounds),
        early_end=False,
        missed=not after and free_ms is None,
        hanging=waited_ms >= HANGING_MS,
        eot_delay_ms=None,
        first_sound_ms=after[0] - turn.end_ms if after and free_ms is None else None,
        response_ms=answers[0] - turn.end_ms if answers and free_ms is None else None,
        filler_overhang_ms=None,
        stages_ms=None,
        dead_air_ms=max(0, waited_ms - 1000),
    )


def _cut_in_ms(turn: TrueTurn, sounds: tuple[HeardSound, ...]) -> int | None:
    """Return when the agent first began to speak inside a turn after a silence, ms; ``None`` if it did not."""
    quiet_since_ms = 0
    for sound in sounds:
        fresh = sound.start_ms - quiet_since_ms >= FRESH_MS
        if fresh and turn.start_ms < sound.start_ms < turn.end_ms - CUT_IN_TOLERANCE_MS:
            return sound.start_ms
        quiet_since_ms = sound.end_ms
    return None
