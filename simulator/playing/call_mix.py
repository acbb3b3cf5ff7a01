"""Both sides of a simulated call on one clock, sample by sample."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from base.samples import SAMPLE_RATE, SAMPLES_PER_MS
from simulator.activity.model import Activity
from simulator.engine.sound import AgentSound
from simulator.playing.caller_track import CallerTrack
from simulator.recording import Recording
from simulator.replay import Played
from simulator.voice.agent_renderer import AgentRenderer
from simulator.voice.voice import Voice

CHANNELS = ("caller", "agent")
"""What is on the left of a stereo mix, and on the right."""

Stereo = NDArray[np.float32]
"""Shape ``[n, 2]``, -1…1 at 16 kHz, the caller first."""


class CallMix:
    """One arm over one recording, to be heard. Times are those of the run's own clock; use it from one thread."""

    def __init__(self, recording: Recording, activity: Activity, played: Played, voice: Voice) -> None:
        self.played = played
        self.length = played.duration_ms * SAMPLES_PER_MS
        """Samples from the start to the end of the call."""
        self._caller = CallerTrack(recording, activity, played)
        self._renderer = AgentRenderer(voice)
        self._sounds = played.sounds
        self._starts = [sound.start_ms for sound in played.sounds]

    @property
    def voice(self) -> str:
        """Who speaks for the agent; if that failed, why another one does."""
        return self._renderer.trouble or self._renderer.voice.name

    def read(self, start: int, count: int) -> Stereo:
        """Return a window, its agent synthesised if need be.

        Raises :class:`~simulator.errors.AudioError` if the recording stops being readable.
        """
        for sound in self._between(start, start + count):
            self._renderer.note(sound)
        agent = self._renderer.render(None, start, count)
        return np.stack([self._caller.read(start, count), agent], axis=1)

    def prepare(self, start: int, seconds: float) -> bool:
        """Have one clip made that the next so many seconds want; return whether one was wanting."""
        for sound in self._between(start, start + round(seconds * SAMPLE_RATE)):
            if self._renderer.prepare_one(sound):
                return True
        return False

    def _between(self, start: int, end: int) -> tuple[AgentSound, ...]:
        """Return the sounds that are heard between two samples; they are in order and one at a time."""
        first = max(bisect_right(self._starts, start // SAMPLES_PER_MS) - 1, 0)
        last = bisect_right(self._starts, end // SAMPLES_PER_MS)
        return self._sounds[first:last]


def both_ears(mix: Stereo) -> NDArray[np.float32]:
    """Return both sides on one channel, float32 ``[n]``, kept within -1…1."""
    return np.asarray(np.clip(mix.sum(axis=1), -1.0, 1.0), np.float32)


def same_moment(before: Played, after: Played, own_ms: int) -> int:
    """Return when, in another run over a recording, the caller is where it is at ``own_ms`` of the first, in ms.

    A moment after the caller's words stays as long after them, but before the caller's next ones.
    """
    if len(before.placements) != len(after.placements):
        return min(own_ms, after.duration_ms)
    starts = [0, *(place.start_ms + place.shift_ms for place in before.placements)]
    others = [0, *(place.start_ms + place.shift_ms for place in after.placements), after.duration_ms]
    index = bisect_right(starts, own_ms) - 1
    return min(others[index] + own_ms - starts[index], others[index + 1])
