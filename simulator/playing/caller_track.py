"""The caller's side of a simulated call as samples: the recording where the replay placed it, room tone between."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property

import numpy as np

from base.samples import SAMPLES_PER_MS, Samples
from simulator.activity.model import Activity
from simulator.echo.audio_reader import AudioReader, gaps_between_moves, gaps_between_speech, room_tone
from simulator.recording import Recording
from simulator.replay import Played


class CallerTrack:
    """Reads any window of it; forwards costs least."""

    def __init__(self, recording: Recording, activity: Activity, played: Played) -> None:
        self._recording = recording
        self._activity = activity
        self._places = played.placements
        self._starts = [place.start_ms + place.shift_ms for place in played.placements]
        self._tape = AudioReader(recording.source)
        self._elastic = played.mode == "elastic"

    @cached_property
    def _tone(self) -> Samples:
        labels, activity = self._recording.labels, self._activity
        moves = labels.moves if labels and self._elastic else ()
        return room_tone(
            self._recording.source, gaps_between_moves(moves, activity) if moves else gaps_between_speech(activity)
        )

    def read(self, start: int, count: int) -> Samples:
        """Return ``count`` samples from sample ``start`` of the call on, float32 ``[count]``.

        Raises :class:`~simulator.errors.AudioError` if the recording stops being readable.
        """
        heard = self._tone.take(np.arange(start, start + count), mode="wrap")
        first = max(bisect_right(self._starts, start // SAMPLES_PER_MS) - 1, 0)
        for place in self._places[first:]:
            shift = place.shift_ms * SAMPLES_PER_MS
            begin = max(start, place.start_ms * SAMPLES_PER_MS + shift)
            end = min(start + count, place.end_ms * SAMPLES_PER_MS + shift)
            if place.start_ms * SAMPLES_PER_MS + shift >= start + count:
                break
            if begin < end:
                heard[begin - start : end - start] = self._tape.read(begin - shift, end - begin)
        return heard
