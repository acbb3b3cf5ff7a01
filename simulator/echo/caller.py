"""The caller's side of a call in which the agent is heard as it speaks: which samples come next.

The rules are those of :mod:`simulator.replay`, asked frame by frame, with what the agent has done so far.
"""

from __future__ import annotations

from typing import Protocol

from base.samples import SAMPLES_PER_MS, Samples
from simulator.activity.model import FRAME_MS, FRAME_SAMPLES, Activity
from simulator.audio.source import AudioSource
from simulator.echo.audio_reader import AudioReader, gaps_between_moves, gaps_between_speech, room_tone
from simulator.labels import Move
from simulator.replay import ANCHOR_PATIENCE_MS, HeardAgent, Placement, anchor_wait

LONGEST_WAIT_MS = 30_000
"""How long a caller waits for an anchor while the agent is talking, perhaps to its own echo."""


class Caller(Protocol):
    """Plays the recording, and notes each stretch of it in the ``placements`` it was made with."""

    @property
    def done(self) -> bool:
        """Whether all of the recording has been played."""
        ...

    def frame(self, now_ms: int) -> Samples:
        """Return the frame that starts at ``now_ms``, float32 ``[512]``, room tone where nothing is played."""
        ...


class RigidCaller:
    """The audio as it is."""

    def __init__(self, source: AudioSource, activity: Activity, placements: list[Placement]) -> None:
        self.done = False
        self._duration_ms = activity.duration_ms
        self._tape = AudioReader(source)
        self._tone = room_tone(source, gaps_between_speech(activity))
        placements.append(Placement(0, activity.duration_ms, 0))

    def frame(self, now_ms: int) -> Samples:
        """Return the frame that starts at ``now_ms``, float32 ``[512]``, room tone where nothing is played."""
        frame = _tone_at(self._tone, now_ms)
        last_ms = min(now_ms + FRAME_MS, self._duration_ms)
        self.done = last_ms == self._duration_ms
        if now_ms < last_ms:
            stretch = self._tape.read(now_ms * SAMPLES_PER_MS, (last_ms - now_ms) * SAMPLES_PER_MS)
            frame[: len(stretch)] = stretch
        return frame


class ElasticCaller:
    """Moves, each when its anchor has come, with the recording's own room tone between them."""

    def __init__(
        self,
        machine: HeardAgent,
        source: AudioSource,
        moves: tuple[Move, ...],
        activity: Activity,
        placements: list[Placement],
    ) -> None:
        self._machine = machine
        self._tape = AudioReader(source)
        self._tone = room_tone(source, gaps_between_moves(moves, activity))
        self._moves = moves
        self._placements = placements
        self._last_start_ms = self._last_end_ms = self._quiet_since_ms = self._heard_ms = 0

    @property
    def done(self) -> bool:
        """Whether all of the recording has been played."""
        return len(self._placements) == len(self._moves) and self._heard_ms >= self._last_end_ms

    def frame(self, now_ms: int) -> Samples:
        """Return the frame that starts at ``now_ms``, float32 ``[512]``, room tone where nothing is played."""
        frame = _tone_at(self._tone, now_ms)
        self._heard_ms = now_ms + FRAME_MS
        while True:
            if self._placements:
                self._play(self._placements[-1], now_ms, frame)
            if self._last_end_ms >= self._heard_ms or len(self._placements) == len(self._moves):
                return frame
            move = self._moves[len(self._placements)]
            start_ms = self._place(move, now_ms)
            if start_ms is None:
                return frame
            self._begin(move, start_ms)

    def _begin(self, move: Move, start_ms: int) -> None:
        from_ms, to_ms = round(move.start_s * 1000), round(move.end_s * 1000)
        self._placements.append(Placement(from_ms, to_ms, start_ms - from_ms))
        self._last_start_ms, self._last_end_ms = start_ms, start_ms + to_ms - from_ms
        self._quiet_since_ms = self._last_end_ms

    def _play(self, place: Placement, now_ms: int, frame: Samples) -> None:
        """Lay what is played of a move into the frame that starts at ``now_ms``."""
        first = max(now_ms, place.start_ms + place.shift_ms)
        last = min(now_ms + FRAME_MS, place.end_ms + place.shift_ms)
        if first < last:
            stretch = self._tape.read((first - place.shift_ms) * SAMPLES_PER_MS, (last - first) * SAMPLES_PER_MS)
            at = (first - now_ms) * SAMPLES_PER_MS
            frame[at : at + len(stretch)] = stretch

    def _place(self, move: Move, now_ms: int) -> int | None:
        """Return when the next move starts, ms, ``None`` while it still waits for its anchor."""
        free_ms = max(now_ms, self._last_end_ms)
        wait = anchor_wait(move.anchor)
        if wait is None:
            return max(round((move.anchor.at or 0.0) * 1000), free_ms)
        came_ms = wait.came_ms(self._machine, self._last_start_ms, self._last_end_ms)
        return self._give_up(wait.wish, free_ms) if came_ms is None else max(came_ms + wait.delay_ms, free_ms)

    def _give_up(self, anchor: str, now_ms: int) -> int | None:
        """Return when the caller gives up waiting, if that is now: after 10 s of quiet, or 30 s in all."""
        self._quiet_since_ms = max(self._quiet_since_ms, self._machine.sounding_until_ms or 0)
        quiet = now_ms >= self._quiet_since_ms + ANCHOR_PATIENCE_MS
        if not quiet and now_ms < self._last_end_ms + LONGEST_WAIT_MS:
            return None
        self._machine.now_ms = max(self._machine.now_ms, now_ms)
        self._machine.miss_response(anchor, now_ms - self._last_end_ms)
        return now_ms


def caller_of(
    machine: HeardAgent,
    source: AudioSource,
    moves: tuple[Move, ...],
    activity: Activity,
    placements: list[Placement],
) -> Caller:
    """Return the caller who plays some moves; without moves, the audio as it is."""
    if not moves:
        return RigidCaller(source, activity, placements)
    return ElasticCaller(machine, source, moves, activity, placements)


def _tone_at(tone: Samples, now_ms: int) -> Samples:
    first = now_ms * SAMPLES_PER_MS
    return tone.take(range(first, first + FRAME_SAMPLES), mode="wrap")
