"""The caller in a call with echo: decides frame by frame which samples come next.

The rules are those of :mod:`simulator.replay`, applied to what the agent has done so far.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from base.samples import SAMPLE_RATE, SAMPLES_PER_MS, Samples
from simulator.activity.model import FRAME_MS, FRAME_SAMPLES, Activity
from simulator.audio.source import AudioSource
from simulator.errors import AudioError
from simulator.labels import Move
from simulator.replay import ANCHOR_TIMEOUT_MS, HeardAgent, Placement, anchor_wait

MARGIN_MS = 250
"""The minimum distance of room tone from detected speech, so that no weak speech is repeated."""

_LONGEST_TONE_MS = 4000
_SHORTEST_TONE_MS = 100
_READ_ON = 20 * SAMPLE_RATE
"""Up to this far ahead, the reader skips samples; further ahead, or back, it reopens the file."""


class AudioReader:
    """Reads stretches of a source; reading forwards is cheap."""

    def __init__(self, source: AudioSource) -> None:
        self._source = source
        self._blocks = source.blocks()
        self._ready = np.zeros(0, np.float32)
        self._at = 0

    def read(self, start: int, count: int) -> Samples:
        """Return ``count`` samples from sample ``start``, float32 ``[count]``; silence follows the end.

        Raises :class:`~simulator.errors.AudioError` if the file stops being readable.
        """
        if not self._at <= start <= self._at + len(self._ready) + _READ_ON:
            from_s = max(start, 0) // SAMPLE_RATE
            self._blocks, self._at = self._source.blocks(from_s), from_s * SAMPLE_RATE
            self._ready = np.zeros(0, np.float32)
        while self._at + len(self._ready) < start + count:
            try:
                block = next(self._blocks, None)
            except AudioError:
                # A retry must raise the error again, not return silence.
                self._blocks = self._source.blocks()
                self._at, self._ready = 0, np.zeros(0, np.float32)
                raise
            if block is None:
                break
            gone = min(start - self._at, len(self._ready))
            self._ready = np.concatenate([self._ready[gone:], block])
            self._at += gone
        stretch = self._ready[start - self._at :][:count]
        return np.pad(stretch, (0, count - len(stretch)))


def room_tone(source: AudioSource, gaps_ms: list[tuple[int, int]]) -> Samples:
    """Return at most 4 s of the longest quiet gap, forwards and then backwards, so that it repeats seamlessly.

    Returns silence if no gap is at least 0.1 s long. The result is float32 ``[n]`` at 16 kHz.
    """
    start_ms, end_ms = max(gaps_ms, key=lambda gap: gap[1] - gap[0], default=(0, 0))
    length_ms = min(end_ms - start_ms, _LONGEST_TONE_MS)
    if length_ms < _SHORTEST_TONE_MS:
        return np.zeros(SAMPLES_PER_MS, np.float32)
    tone = AudioReader(source).read(start_ms * SAMPLES_PER_MS, length_ms * SAMPLES_PER_MS)
    return np.concatenate([tone, tone[::-1]])


def gaps_between_moves(moves: tuple[Move, ...], activity: Activity) -> list[tuple[int, int]]:
    """Return the stretches outside every move in which no speech was detected, ms of the file."""
    edges = [0, *(round(t * 1000) for move in moves for t in (move.start_s, move.end_s)), activity.duration_ms]
    gaps = zip(edges[::2], edges[1::2], strict=True)
    spoken = [(span.start_ms, span.end_ms) for span in activity.spans]
    return [gap for gap in gaps if not any(start < gap[1] and gap[0] < end for start, end in spoken)]


def gaps_between_speech(activity: Activity) -> list[tuple[int, int]]:
    """Return the stretches without detected speech, :data:`MARGIN_MS` away from it, ms of the file."""
    edges = [0, *(t for span in activity.spans for t in (span.start_ms, span.end_ms)), activity.duration_ms]
    return [(start + MARGIN_MS, end - MARGIN_MS) for start, end in zip(edges[::2], edges[1::2], strict=True)]


LONGEST_WAIT_MS = 30_000
"""How long a caller waits for an anchor while the agent speaks, perhaps to its own echo."""


class Caller(Protocol):
    """Plays the recording, and appends each stretch played to its ``placements``."""

    @property
    def done(self) -> bool:
        """Whether the whole recording has been played."""
        ...

    def frame(self, now_ms: int) -> Samples:
        """Return the frame that starts at ``now_ms``, float32 ``[512]``; room tone where nothing is played."""
        ...


class RigidCaller:
    """Plays the audio unchanged."""

    def __init__(self, source: AudioSource, activity: Activity, placements: list[Placement]) -> None:
        self.done = False
        self._duration_ms = activity.duration_ms
        self._reader = AudioReader(source)
        self._tone = room_tone(source, gaps_between_speech(activity))
        placements.append(Placement(0, activity.duration_ms, 0))

    def frame(self, now_ms: int) -> Samples:
        """Return the frame that starts at ``now_ms``, float32 ``[512]``; room tone where nothing is played."""
        frame = _tone_at(self._tone, now_ms)
        last_ms = min(now_ms + FRAME_MS, self._duration_ms)
        self.done = last_ms == self._duration_ms
        if now_ms < last_ms:
            stretch = self._reader.read(now_ms * SAMPLES_PER_MS, (last_ms - now_ms) * SAMPLES_PER_MS)
            frame[: len(stretch)] = stretch
        return frame


class ElasticCaller:
    """Plays each move when its anchor comes, with the recording's own room tone between moves."""

    def __init__(
        self,
        machine: HeardAgent,
        source: AudioSource,
        moves: tuple[Move, ...],
        activity: Activity,
        placements: list[Placement],
    ) -> None:
        self._machine = machine
        self._reader = AudioReader(source)
        self._tone = room_tone(source, gaps_between_moves(moves, activity))
        self._moves = moves
        self._placements = placements
        self._last_start_ms = self._last_end_ms = self._quiet_since_ms = self._heard_ms = 0

    @property
    def done(self) -> bool:
        """Whether the whole recording has been played."""
        return len(self._placements) == len(self._moves) and self._heard_ms >= self._last_end_ms

    def frame(self, now_ms: int) -> Samples:
        """Return the frame that starts at ``now_ms``, float32 ``[512]``; room tone where nothing is played."""
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
        """Copy the part of a move that falls into the frame that starts at ``now_ms``."""
        first = max(now_ms, place.start_ms + place.shift_ms)
        last = min(now_ms + FRAME_MS, place.end_ms + place.shift_ms)
        if first < last:
            stretch = self._reader.read((first - place.shift_ms) * SAMPLES_PER_MS, (last - first) * SAMPLES_PER_MS)
            at = (first - now_ms) * SAMPLES_PER_MS
            frame[at : at + len(stretch)] = stretch

    def _place(self, move: Move, now_ms: int) -> int | None:
        """Return when the next move starts, ms; ``None`` while it waits for its anchor."""
        free_ms = max(now_ms, self._last_end_ms)
        wait = anchor_wait(move.anchor)
        if wait is None:
            return max(round((move.anchor.at or 0.0) * 1000), free_ms)
        came_ms = wait.came_ms(self._machine, self._last_start_ms, self._last_end_ms)
        return self._give_up(wait.awaited, free_ms) if came_ms is None else max(came_ms + wait.delay_ms, free_ms)

    def _give_up(self, anchor: str, now_ms: int) -> int | None:
        """Return ``now_ms`` if the caller stops waiting now, after 10 s of quiet or 30 s in all; else ``None``."""
        self._quiet_since_ms = max(self._quiet_since_ms, self._machine.sounding_until_ms or 0)
        quiet = now_ms >= self._quiet_since_ms + ANCHOR_TIMEOUT_MS
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
    """Return a caller who plays some moves; without moves, the audio unchanged."""
    if not moves:
        return RigidCaller(source, activity, placements)
    return ElasticCaller(machine, source, moves, activity, placements)


def _tone_at(tone: Samples, now_ms: int) -> Samples:
    first = now_ms * SAMPLES_PER_MS
    return tone.take(range(first, first + FRAME_SAMPLES), mode="wrap")
