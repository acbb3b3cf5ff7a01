"""Log-mel features as Whisper defines them (Radford et al. 2022; 80 Slaney mel bands, 25 ms window, 10 ms hop)."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from base.samples import SAMPLE_RATE, Samples

WINDOW = 400
HOP = 160
BANDS = 80
WINDOW_SECONDS = 8
FRAMES = WINDOW_SECONDS * SAMPLE_RATE // HOP


def log_mel(samples: Samples) -> NDArray[np.float32]:
    """Return features float32 ``[80, 800]`` of the last 8 s of ``samples`` (float32 ``[n]``, 16 kHz).

    Shorter audio is padded with zeros **on the left**, as the model was trained: padded on the right, almost
    every cut-off sentence passes as complete. The waveform is brought to zero mean and unit variance first.
    """
    wanted = WINDOW_SECONDS * SAMPLE_RATE
    audio = samples[-wanted:].astype(np.float64)
    audio = np.pad(audio, (wanted - len(audio), 0))
    audio = (audio - audio.mean()) / np.sqrt(audio.var() + 1e-7)
    padded = np.pad(audio, WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][:FRAMES]
    power = np.abs(np.fft.rfft(frames * _hann(), axis=1)) ** 2
    log = np.log10(np.maximum(power @ _mel_filters().T, 1e-10))
    log = np.maximum(log, log.max() - 8.0)
    features: NDArray[np.float32] = ((log + 4.0) / 4.0).T.astype(np.float32)
    return features


@cache
def _hann() -> NDArray[np.float64]:
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)


@cache
def _mel_filters() -> NDArray[np.float64]:
    """Return the Slaney mel filter bank ``[80, 201]``: linear below 1 kHz, logarithmic above, equal area."""
    edges = _mel_to_hz(np.linspace(0.0, float(_hz_to_mel(SAMPLE_RATE / 2)), BANDS + 2))
    bins = np.linspace(0.0, SAMPLE_RATE / 2, WINDOW // 2 + 1)
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    filters: NDArray[np.float64] = triangles * (2.0 / (edges[2:] - edges[:-2]))[:, None]
    return filters


_LINEAR_HZ_PER_MEL = 200.0 / 3.0
_KNEE_HZ = 1000.0
_KNEE_MEL = _KNEE_HZ / _LINEAR_HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27.0


def _hz_to_mel(hz: float) -> float:
    if hz < _KNEE_HZ:
        return hz / _LINEAR_HZ_PER_MEL
    return float(_KNEE_MEL + np.log(hz / _KNEE_HZ) / _LOG_STEP)


def _mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    above = _KNEE_HZ * np.exp(_LOG_STEP * (mel - _KNEE_MEL))
    return np.where(mel < _KNEE_MEL, mel * _LINEAR_HZ_PER_MEL, above)
