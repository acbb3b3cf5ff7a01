"""Whether speech sounds like laughter: one vowel repeated in even bursts.

Laughter hardly moves the mouth, so its spectrum stays the same from burst to burst; the spectrum of words keeps
changing. Laughter's bursts are evenly spaced. Both measures cover the last 0.8 s and nothing later.
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
"""Levels are also taken over quarters of a frame, 8 ms, which resolves a rhythm."""

WINDOW = 26
"""Frames in one score: 0.83 s, three to five bursts of a laugh."""
_FIRST, _LAST = 25, 94
"""The age of a span, in frames, in which it may be taken for laughter: 0.8 to 3 s."""
_EVERY = 2
"""Frames from one score to the next."""
_LOUD_DB = 12.0
"""Frames this much quieter than the loud ones do not count: breath between bursts shows no mouth shape."""
_DEEPEST_DB = 30.0
_LAGS = np.arange(16, 50, 2)
"""Burst intervals to try, in parts of a frame: 130 to 390 ms."""
_RHYTHM_DB, _USUAL_RHYTHM = 4.0, 0.4
"""The score's bonus for a perfectly even rhythm (1), dB, and the rhythm of ordinary speech, which gets none."""
MOST_DB = 5.0
"""Scores above this are not reported: no profile takes them for laughter."""


class SpectralMeasures(NamedTuple):
    """Measures of frames, dB: level ``[n]``, spectral shape ``[n, 12]``, levels of parts ``[n, 4]``."""

    level: Levels
    shape: Levels
    parts: Levels

    def last(self, count: int, before: int) -> SpectralMeasures:
        """Return the ``count`` frames before frame ``before``."""
        return SpectralMeasures(*(part[max(0, before - count) : before] for part in self))


def measured(frames: Frames) -> SpectralMeasures:
    """Measure frames, float32 ``[n, 512]``, each by itself, so the block size changes nothing."""
    samples = frames.astype(np.float64)
    parts = _db(np.mean(np.square(samples.reshape(len(frames), _PARTS, FRAME_SAMPLES // _PARTS)), axis=2))
    power = np.square(np.abs(np.fft.rfft(samples * _HANN, axis=1)))
    bands = _db(np.add.reduceat(power, _EDGES, axis=1)[:, :_BANDS])
    shape = bands - bands.mean(axis=1, keepdims=True)
    return SpectralMeasures(_db(np.mean(np.square(samples), axis=1)), shape, parts)


def score_db(heard: SpectralMeasures) -> float:
    """Return the spectral change from frame to frame, dB, minus the bonus for an even rhythm.

    The lower the score, the more like laughter. Above :data:`MOST_DB` the value is only a lower bound.
    """
    loudest = np.sort(heard.level)[int(0.9 * (len(heard.level) - 1))]
    change = float(heard.shape[heard.level > loudest - _LOUD_DB].std(axis=0).mean())
    if change >= MOST_DB + _RHYTHM_DB * (1 - _USUAL_RHYTHM):
        return change
    # rounded, so that floating-point noise decides nothing
    return round(change - _RHYTHM_DB * (_rhythm(heard.parts.ravel()) - _USUAL_RHYTHM), 2)


def _rhythm(levels: Levels) -> float:
    """Return the highest autocorrelation of levels, dB ``[n]``, at a burst's interval, -1…1."""
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
    """Return the first bin of each of 12 bands of equal width in mel, and the bin after the last band."""
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (_LOWEST_HZ, _HIGHEST_HZ))
    hz = 700 * (10 ** (np.linspace(low, high, _BANDS + 1) / 2595) - 1)
    return np.asarray(np.rint(hz * FRAME_SAMPLES / SAMPLE_RATE), dtype=np.intp)


_HANN = np.hanning(FRAME_SAMPLES)
_EDGES = _band_edges()


class LaughterDetector:
    """Follows one stream: :meth:`hear` takes blocks, :meth:`after` reports on their frames."""

    def __init__(self) -> None:
        self._frames = np.zeros((0, FRAME_SAMPLES), np.float32)
        self._kept = 0
        self._heard: SpectralMeasures | None = None
        """The measured frames, from the time a span in them is old enough to be judged."""
        self._reported = False

    def hear(self, frames: Frames) -> None:
        """Take a block of frames, float32 ``[n, 512]``."""
        kept = self._frames[-WINDOW:]
        self._kept = len(kept)
        self._frames = np.concatenate([kept, frames])
        self._heard = None

    def after(
        self, number: int, known_ms: int, start_ms: int, span: int, *, sounding: bool
    ) -> Laughter | LaughterOver | None:
        """Return what changed for the open span after frame ``number`` of the block; ``None`` if nothing did.

        ``sounding`` is whether that frame contains speech. Nothing changes in a lull.
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
