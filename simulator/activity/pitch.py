"""Where the caller's pitch is when they fall silent: it comes down at the end of a turn, not within a phrase."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from base.samples import SAMPLE_RATE, Samples
from simulator.activity.log_mel import WINDOW_SECONDS

HIGHEST_OCTAVES = 0.6
"""Beyond this a voice is creaking, or the tracker took a harmonic for the pitch: such values say no more."""

_SLOWER = 4
_RATE = SAMPLE_RATE // _SLOWER
_BAND_HZ = (60.0, 900.0)
_WINDOW = _RATE // 20
_HOP = _RATE // 100
_SHORTEST_LAG, _LONGEST_LAG = _RATE // 400, _RATE // 60
_FFT = 512
_VOICED = 0.5
_QUIETEST = 1e-3
_AS_GOOD = 0.9
_LATE = slice(-25, -8)
_FEWEST_VOICED = 25


def late_pitch(speech: Samples) -> float | None:
    """Return how many octaves the pitch lies above (below: negative) its median just before the speech ends.

    ``speech`` is the turn so far, float32 ``[n]`` at 16 kHz, up to where it fell silent; its last 8 s are looked
    at. "Just before" is the last quarter second of voice but its last 80 ms, where voices creak. ``None`` where
    there is too little voice to tell.
    """
    pitch = pitch_track(speech[-WINDOW_SECONDS * SAMPLE_RATE :])
    voiced = pitch[~np.isnan(pitch)]
    if len(voiced) < _FEWEST_VOICED:
        return None
    octaves = float(np.median(voiced[_LATE]) - np.median(voiced))
    return float(np.clip(octaves, -HIGHEST_OCTAVES, HIGHEST_OCTAVES))


def pitch_track(speech: Samples) -> NDArray[np.float64]:
    """Return the pitch every 10 ms as log2 of Hz, 60 to 400 Hz, NaN where there is no voice, float64 ``[frames]``.

    The highest peak of the autocorrelation of 50 ms, corrected for its window (Boersma 1993), of the speech below
    900 Hz; a half or a third of its lag is taken instead if nearly as good, as a period of the lower octave.
    """
    if len(speech) < _WINDOW * _SLOWER:
        return np.full(0, np.nan)
    slow = _slower(speech)
    frames = np.lib.stride_tricks.sliding_window_view(slow, _WINDOW)[::_HOP]
    frames = frames - frames.mean(axis=1, keepdims=True)
    power = np.mean(frames**2, axis=1)
    alike = _autocorrelation(frames)
    row = np.arange(len(alike))
    lag = alike[:, _SHORTEST_LAG:_LONGEST_LAG].argmax(axis=1) + _SHORTEST_LAG
    peak = alike[row, lag]
    for part in (2, 3):
        shorter = np.round(lag / part).astype(np.int64)
        usable = shorter >= _SHORTEST_LAG
        better = usable & (alike[row, np.maximum(shorter, _SHORTEST_LAG)] > _AS_GOOD * peak)
        lag = np.where(better, shorter, lag)
    voiced = (peak > _VOICED) & (power > _QUIETEST * np.percentile(power, 95))
    track: NDArray[np.float64] = np.where(voiced, np.log2(_RATE / (lag + _between(alike, row, lag))), np.nan)
    return track


def _between(alike: NDArray[np.float64], row: NDArray[np.int64], lag: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how far from its lag each peak lies, by the parabola through it and its neighbours."""
    before, peak, after = (alike[row, lag + step] for step in (-1, 0, 1))
    bend = np.minimum(before - 2.0 * peak + after, -1e-9)
    off: NDArray[np.float64] = np.clip(0.5 * (before - after) / bend, -0.5, 0.5)
    return off


def _slower(speech: Samples) -> NDArray[np.float64]:
    """Return the speech between 60 and 900 Hz at a quarter of the rate."""
    whole = len(speech) // _SLOWER * _SLOWER
    spectrum = np.fft.rfft(speech[len(speech) - whole :])
    hz = np.fft.rfftfreq(whole, 1.0 / SAMPLE_RATE)
    spectrum[(hz < _BAND_HZ[0]) | (hz > _BAND_HZ[1])] = 0.0
    slow: NDArray[np.float64] = np.fft.irfft(spectrum, whole)[::_SLOWER]
    return slow


def _autocorrelation(frames: NDArray[np.float64]) -> NDArray[np.float64]:
    window = np.hanning(_WINDOW)
    alike = np.fft.irfft(np.abs(np.fft.rfft(frames * window, _FFT, axis=1)) ** 2, axis=1)[:, :_WINDOW]
    own = np.fft.irfft(np.abs(np.fft.rfft(window, _FFT)) ** 2)[:_WINDOW]
    corrected: NDArray[np.float64] = alike / np.maximum(alike[:, :1], 1e-12) / (own / own[0])
    return corrected
