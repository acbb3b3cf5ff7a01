"""Whether speech sounds like laughter: the same vowel again and again, in even bursts.

Laughter hardly moves the mouth, so its spectrum stays the same from burst to burst, where that of words changes all
the time; and its bursts come evenly. Both are measured over the last 0.8 s, by what was heard up to then alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from base.samples import SAMPLE_RATE
from simulator.activity.model import FRAME_MS, FRAME_SAMPLES, Laughter, LaughterOver

Frames = NDArray[np.float32]
Levels = NDArray[np.float64]

_BANDS = 12
_LOWEST_HZ, _HIGHEST_HZ = 200.0, 4000.0
_FLOOR = 1e-9
_PARTS = 4
"""Levels are also taken over quarters of a frame, 8 ms, fine enough for a rhythm."""

WINDOW = 26
"""Frames that are looked at, 0.83 s: three to five bursts of a laugh."""
_FIRST, _LAST = 25, 94
"""The age of a span in frames, 0.8 to 3 s, in which it may be taken for laughter."""
_EVERY = 2
"""Frames from one score to the next."""
_LOUD_DB = 12.0
"""Frames further below the loud ones do not count: breath between the bursts says nothing about the mouth."""
_DEEPEST_DB = 30.0
_LAGS = np.arange(16, 50, 2)
"""Bursts come every 130 to 390 ms, in parts of a frame."""
_RHYTHM_DB, _USUAL_RHYTHM = 4.0, 0.4
"""What a perfectly even rhythm (1) is worth against that of ordinary speech."""
MOST_DB = 5.0
"""A score above this is not reported: no profile takes that for laughter."""


class SpectralMeasures(NamedTuple):
    """What is measured of frames, dB: level ``[n]``, spectral shape ``[n, 12]``, levels of parts ``[n, 4]``."""

    level: Levels
    shape: Levels
    parts: Levels

    def last(self, count: int, before: int) -> SpectralMeasures:
        """Return ``count`` frames up to before frame ``before``."""
        return SpectralMeasures(*(part[max(0, before - count) : before] for part in self))


def measured(frames: Frames) -> SpectralMeasures:
    """Measure frames, float32 ``[n, 512]``, each by itself, so that how a stream is cut up changes nothing."""
    samples = frames.astype(np.float64)
    parts = _db(np.mean(np.square(samples.reshape(len(frames), _PARTS, FRAME_SAMPLES // _PARTS)), axis=2))
    power = np.square(np.abs(np.fft.rfft(samples * _HANN, axis=1)))
    bands = _db(np.add.reduceat(power, _EDGES, axis=1)[:, :_BANDS])
    shape = bands - bands.mean(axis=1, keepdims=True)
    return SpectralMeasures(_db(np.mean(np.square(samples), axis=1)), shape, parts)


def score_db(heard: SpectralMeasures) -> float:
    """Return how much the spectrum changes from frame to frame, dB, less what an even rhythm is worth.

    The lower, the more like laughter. Above :data:`MOST_DB` it may be any number above that.
    """
    loudest = np.sort(heard.level)[int(0.9 * (len(heard.level) - 1))]
    change = float(heard.shape[heard.level > loudest - _LOUD_DB].std(axis=0).mean())
    if change >= MOST_DB + _RHYTHM_DB * (1 - _USUAL_RHYTHM):
        return change
    # rounded, so that the last bit of a sum decides nothing
    return round(change - _RHYTHM_DB * (_rhythm(heard.parts.ravel()) - _USUAL_RHYTHM), 2)


def _rhythm(levels: Levels) -> float:
    """Return the highest correlation of levels, dB ``[n]``, with themselves one burst later, -1…1."""
    smooth = (levels[:-2] + levels[1:-1] + levels[2:]) / 3
    swing = np.maximum(smooth, smooth.max() - _DEEPEST_DB)
    swing = swing - swing.mean()
    square = np.concatenate([[0.0], np.cumsum(np.square(swing))])
    power = square[len(swing) - _LAGS] * (square[-1] - square[_LAGS])
    both = np.correlate(swing, swing, "full")[len(swing) - 1 + _LAGS]
    return float((both / np.sqrt(power + _FLOOR)).max())


def _db(power: Levels) -> Levels:
    return np.asarray(10 * np.log10(power + _FLOOR), dtype=np.float64)


def _band_edges() -> NDArray[np.intp]:
    """Return the first bin of each of 12 bands of equal width in mel, and that after the last."""
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (_LOWEST_HZ, _HIGHEST_HZ))
    hz = 700 * (10 ** (np.linspace(low, high, _BANDS + 1) / 2595) - 1)
    return np.asarray(np.rint(hz * FRAME_SAMPLES / SAMPLE_RATE), dtype=np.intp)


_HANN = np.hanning(FRAME_SAMPLES)
_EDGES = _band_edges()


class LaughterDetector:
    """Follows one stream: takes in blocks with :meth:`hear`, and tells of their frames with :meth:`after`."""

    def __init__(self) -> None:
        self._frames = np.zeros((0, FRAME_SAMPLES), np.float32)
        self._kept = 0
        self._heard: SpectralMeasures | None = None
        """The frames measured, once a span in them is old enough to be judged."""
        self._reported = False

    def hear(self, frames: Frames) -> None:
        """Take in a block of frames, float32 ``[n, 512]``."""
        kept = self._frames[-WINDOW:]
        self._kept = len(kept)
        self._frames = np.concatenate([kept, frames])
        self._heard = None

    def after(
        self, number: int, known_ms: int, start_ms: int, span: int, *, sounding: bool
    ) -> Laughter | LaughterOver | None:
        """Return what is known of a span that is open after frame ``number`` of the block, if that is new.

        ``sounding`` says whether that frame holds speech; in a lull nothing changes.
        """
        age = (known_ms - start_ms) // FRAME_MS
        if age < _FIRST:
            self._reported = False
        if not sounding or age < _FIRST:
            return None
        if (age - _FIRST) % _EVERY:
            return None
        score = MOST_DB
        if age <= _LAST:
            if self._heard is None:
                self._heard = measured(self._frames)
            score = score_db(self._heard.last(min(age, WINDOW), self._kept + number + 1))
        if score < MOST_DB:
            self._reported = True
            return Laughter(known_ms, start_ms, span, score)
        if self._reported:
            self._reported = False
            return LaughterOver(known_ms, start_ms, span)
        return None
