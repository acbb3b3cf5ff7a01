"""The agent's channel as a caller hears it over a network, and when the agent sounds, by level alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from base.samples import (
    AUDIBLE_DB,
    SAMPLE_RATE,
    SAMPLES_PER_MS,
    Heights,
    Samples,
    decibels,
    from_pcm16,
    mean_decibels,
    to_pcm16,
)

ALWAYS_ON = 0.8
"""An agent that has sent audio for this share of the time also sends its silence..."""

LONG_SILENCE = SAMPLE_RATE
"""...if it has sent this much silence in a row: an agent that sends speech at once sends only short pauses."""

_SILENCE = SAMPLE_RATE // 200
"""Fewer zero samples are no silence, only a wave's zero crossing."""


class Earpiece:
    """The agent's channel on the caller's clock, in samples at 16 kHz: sample ``n`` is heard at time ``n``.

    Audio that arrives while something is playing waits for it; late audio leaves a gap. If the agent also sends its
    silence, silence is then skipped until the gap's delay is made up, as telephones do.
    """

    def __init__(self) -> None:
        self._played: Heights = np.zeros(60 * SAMPLE_RATE, np.int16)
        self.until = 0
        """The time at which everything that has arrived will have been played."""
        self.arrived = 0
        """The number of samples that have arrived."""
        self._silent = 0
        self._sends_silence = False

    def arrive(self, samples: Samples, at: int) -> None:
        """Take audio, float32 ``[n]`` at 16 kHz, that arrived at time ``at``."""
        self.arrived += len(samples)
        heights = to_pcm16(samples)
        waiting = self.until - at
        self._note_silence(heights)
        if waiting > 0 and self._sends_silence and self.arrived >= ALWAYS_ON * at:
            heights = _without_silence(heights, waiting)
        start = max(self.until, at, 0)
        self.until = start + len(heights)
        if self.until > len(self._played):
            longer = max(2 * len(self._played), self.until)
            self._played = np.pad(self._played, (0, longer - len(self._played)))
        self._played[start : self.until] = heights

    def _note_silence(self, heights: Heights) -> None:
        sounding = np.flatnonzero(heights)
        self._silent += int(sounding[0]) if len(sounding) else len(heights)
        self._sends_silence |= self._silent >= LONG_SILENCE
        if len(sounding):
            self._silent = len(heights) - 1 - int(sounding[-1])

    def clear(self, at: int) -> None:
        """Drop the audio not yet played at time ``at``."""
        if self.until > at:
            self._played[max(at, 0) : self.until] = 0
            self.until = max(at, 0)

    def heard(self, start: int, end: int) -> Heights:
        """Return the sound heard between two times, int16 ``[end - start]``."""
        stretch = self._played[start:end]
        return np.pad(stretch, (0, end - start - len(stretch)))


def _without_silence(heights: Heights, most: int) -> Heights:
    """Return the audio without up to ``most`` samples of its leading silence."""
    sounding = np.flatnonzero(heights)
    silent = int(sounding[0]) if len(sounding) else len(heights)
    return heights[min(silent, most) :] if silent >= _SILENCE else heights


SOFTEST_DB = -65.0
"""The lowest level, dBFS, at which sound still belongs to the sound before it: a breath, a stop closure.

With speech at -26 dBFS played at conversational level (70 dB), this is as soft as a quiet room (31 dB).
"""

ABOVE_NOISE_DB = 10.0
"""On a noisy line, sound belongs to the sound before it only if it exceeds the noise by this."""

PAUSE_MS = 200
"""A shorter silence is a pause within one stretch of sound."""

NOISE_MS = 60
"""The line's noise is measured over this last part of a silence of :data:`PAUSE_MS`."""

SHORTEST_MS = 15
"""A shorter sound is a click."""

WINDOW_MS = 5
WINDOW = SAMPLE_RATE * WINDOW_MS // 1000

Levels = NDArray[np.float64]
Stretch = tuple[int, int]
"""Start and end, ms."""


def levels_db(heights: Heights) -> Levels:
    """Return the level of each whole window of 5 ms, dBFS ``[n // 80]``, -120 for digital silence."""
    windows = heights[: len(heights) // WINDOW * WINDOW].reshape(-1, WINDOW)
    return decibels(np.mean(np.square(from_pcm16(windows), dtype=np.float64), axis=1))


@dataclass(slots=True)
class _Sound:
    """A sound from its first to its last audible window, and to the end of its fading tail, ms."""

    start_ms: int
    loud_until_ms: int
    end_ms: int

    @property
    def is_click(self) -> bool:
        return self.loud_until_ms - self.start_ms < SHORTEST_MS


class SoundDetector:
    """Turns levels of consecutive 5 ms windows into stretches of sound.

    A stretch begins with an audible window. After a silence of :data:`PAUSE_MS` its end is known: the last window
    that was audible, or at least stood out from the quiet line. A voice stopped in a soft moment therefore ends
    there.
    """

    def __init__(self, threshold_db: float = AUDIBLE_DB) -> None:
        self.windows = 0
        self._threshold_db = threshold_db
        self._sounds: list[_Sound] = []
        self._after: list[float] = []

    def push(self, levels: Levels) -> None:
        """Take the levels of the next windows, dBFS ``[n]``."""
        for level in levels.tolist():
            start_ms = self.windows * WINDOW_MS
            self.windows += 1
            if level >= self._threshold_db:
                self._hear(start_ms)
            elif self._sounds and len(self._after) < PAUSE_MS // WINDOW_MS:
                self._after.append(level)
                if len(self._after) == PAUSE_MS // WINDOW_MS:
                    self._sounds[-1].end_ms += self._fading_ms()

    def _hear(self, start_ms: int) -> None:
        self._after.clear()
        last = self._sounds[-1] if self._sounds else None
        if last is None or (start_ms - last.loud_until_ms >= PAUSE_MS and not last.is_click):
            self._sounds.append(_Sound(start_ms, start_ms, start_ms))
        elif start_ms - last.loud_until_ms >= PAUSE_MS:
            last.start_ms = start_ms
        self._sounds[-1].loud_until_ms = self._sounds[-1].end_ms = start_ms + WINDOW_MS

    def _fading_ms(self) -> int:
        """Return for how long a soft tail was heard in the silence after a sound, ms."""
        after = np.asarray(self._after)
        noise = after[-NOISE_MS // WINDOW_MS :]
        soft_db = max(SOFTEST_DB, mean_decibels(noise) + ABOVE_NOISE_DB)
        heard = np.flatnonzero(after[: -len(noise)] >= soft_db)
        return (int(heard[-1]) + 1) * WINDOW_MS if len(heard) else 0

    def last(self) -> Stretch | None:
        """Return the latest stretch, which may still continue."""
        found = next((one for one in reversed(self._sounds[-2:]) if not one.is_click), None)
        return (found.start_ms, found.end_ms) if found else None

    def stretches(self) -> list[Stretch]:
        """Return every stretch so far."""
        return [(one.start_ms, one.end_ms) for one in self._sounds if not one.is_click]


SHORT_MS = 1000
"""A shorter sound counts as a filler, which the caller neither answers nor interrupts..."""

FILLER_WAIT_MS = 6000
"""...unless nothing follows for this long."""

SURE_MS = 400
"""A longer sound is over when nothing follows for this long."""


class AgentActivityDetector:
    """Detects the agent's sounds on its channel; a :class:`~simulator.replay.HeardAgent`."""

    def __init__(self, earpiece: Earpiece, threshold_db: float = AUDIBLE_DB) -> None:
        self.now_ms = 0
        self.asked_ms = 0
        """Since when the caller waits for an answer, ms: sounds that ended before are no answer."""
        self.missed_responses = 0
        self._earpiece = earpiece
        self._sounds = SoundDetector(threshold_db)

    def listen(self, until_ms: int) -> None:
        """Process the audio played up to ``until_ms``."""
        start = self._sounds.windows * WINDOW
        count = (until_ms * SAMPLES_PER_MS - start) // WINDOW * WINDOW
        if count > 0:
            self._sounds.push(levels_db(self._earpiece.heard(start, start + count)))
        self.now_ms = until_ms

    @property
    def quiet_ms(self) -> int:
        """How long nothing has been heard, ms."""
        last = self._sounds.last()
        return self.now_ms - last[1] if last else self.now_ms

    @property
    def idle(self) -> bool:
        """Whether the agent seems to have finished."""
        last = self._sounds.last()
        return last is None or self.now_ms - last[1] >= (SURE_MS if _long(last) else FILLER_WAIT_MS)

    @property
    def last_finished_response_ms(self) -> int | None:
        """When the agent last fell silent, ms, once that is certain, after the caller had finished."""
        last = self._sounds.last()
        return last[1] if last and self.idle and last[1] > self.asked_ms else None

    @property
    def response_sounding_since_ms(self) -> int | None:
        """When the current sound began, ms, once it is too long for a filler."""
        last = self._sounds.last()
        if last is None or not _long(last) or last[1] <= self.asked_ms or self.now_ms - last[1] >= SURE_MS:
            return None
        return last[0]

    @property
    def sounding_until_ms(self) -> int | None:
        """Until when the agent has been heard, ms."""
        last = self._sounds.last()
        return last[1] if last else None

    def miss_response(self, anchor: str, waited_ms: int) -> None:  # noqa: ARG002  a caller does not say why
        """Note that the caller gave up waiting."""
        self.missed_responses += 1


def _long(sound: tuple[int, int]) -> bool:
    return sound[1] - sound[0] >= SHORT_MS
