"""Smart Turn: how finished a turn sounds at its end, from the sound alone.

:data:`COMPLETENESS` maps the network's log-odds to 0…1, with 0.3 where the output does not predict how long a pause
will last. ``benchmarks/calibration`` has the method, the speakers, and the accuracy.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from base.samples import SAMPLE_RATE, Samples
from simulator.activity.model import NO_MODEL_COMPLETENESS, Judgement
from simulator.activity.model_files import open_session, smart_turn_path

WINDOW_SECONDS = 8
"""The length of the network's input."""

COMPLETENESS = ((-5.0, 0.0), (-4.0, NO_MODEL_COMPLETENESS), (-1.0, NO_MODEL_COMPLETENESS), (2.0, 1.0))
"""Log-odds of the network's output and the completeness there, interpolated linearly.

Below an output of 0.0067 a turn sounds plainly unfinished; from 0.018 to 0.27 it may be either; from 0.88 it sounds
plainly finished.
"""

_LEAST_ODDS = 1e-6


class SmartTurn:
    """Smart Turn v3.2: a Whisper-tiny encoder with a completeness head; its output is already a probability.

    With ``late`` the file opens at the first judgement, which takes 70 ms and may raise
    :class:`~simulator.errors.ModelError`; otherwise it opens at once. The model can be pickled: another process
    opens its own session.
    """

    name = "smart-turn v3.2"
    window_s = WINDOW_SECONDS
    most_completeness = 1.0

    def __init__(self, path: Path, *, late: bool = False) -> None:
        self._path = path
        if not late:
            _session(path)

    def judge(self, heard: Samples, silence_ms: int) -> Judgement:  # noqa: ARG002 the network hears the pause itself
        """Return how finished the turn in ``heard`` sounds, float32 ``[n]`` at 16 kHz; the pause ends it."""
        output = self.output(heard)
        return Judgement(round(completeness(output), 6), {"model": round(output, 6)})

    def output(self, samples: Samples) -> float:
        """Return the network's own output 0…1 for the audio up to this pause, float32 ``[n]`` at 16 kHz."""
        (found,) = _session(self._path).run(["logits"], {"input_features": log_mel(samples)[None]})
        return float(np.clip(found[0, 0], 0.0, 1.0))


def completeness(output: float) -> float:
    """Return the completeness 0…1 for a network output 0…1."""
    certain = min(max(output, _LEAST_ODDS), 1.0 - _LEAST_ODDS)
    odds, levels = zip(*COMPLETENESS, strict=True)
    return float(np.interp(np.log(certain / (1.0 - certain)), odds, levels))


def installed_smart_turn(*, late: bool = False) -> SmartTurn | None:
    """Return the model, or ``None`` where its file is not installed."""
    path = smart_turn_path()
    return SmartTurn(path, late=late) if path else None


@cache
def _session(path: Path) -> Any:
    return open_session(path)


# ---- the network's input features

_MEL_WINDOW = 400
_MEL_HOP = 160
_MEL_BANDS = 80
_MEL_FRAMES = WINDOW_SECONDS * SAMPLE_RATE // _MEL_HOP
_MEL_STEP = 16


def log_mel(samples: Samples) -> NDArray[np.float32]:
    """Return log-mel features, float32 ``[80, 800]``, of the last 8 s of ``samples`` (float32 ``[n]``, 16 kHz).

    The features are Whisper's (Radford et al. 2022): 80 Slaney mel bands, 25 ms window, 10 ms hop. Zeros pad
    shorter audio **on the left**, as in the model's training. Padded on the right, almost every cut-off sentence
    passes as complete. The waveform is first normalised to zero mean and unit variance.
    """
    wanted = WINDOW_SECONDS * SAMPLE_RATE
    audio = samples[-wanted:].astype(np.float64)
    audio = np.pad(audio, (wanted - len(audio), 0))
    audio = (audio - audio.mean()) / np.sqrt(audio.var() + 1e-7)
    padded = np.pad(audio, _MEL_WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, _MEL_WINDOW)[::_MEL_HOP][:_MEL_FRAMES]
    power = np.abs(np.fft.rfft(frames * _hann(), axis=1)) ** 2
    # in blocks too small for BLAS to use several threads: synchronising them costs more than the product
    steps = power.reshape(-1, _MEL_STEP, power.shape[1])
    log = np.log10(np.maximum((steps @ _mel_filters().T).reshape(_MEL_FRAMES, _MEL_BANDS), 1e-10))
    log = np.maximum(log, log.max() - 8.0)
    features: NDArray[np.float32] = ((log + 4.0) / 4.0).T.astype(np.float32)
    return features


@cache
def _hann() -> NDArray[np.float64]:
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_MEL_WINDOW) / _MEL_WINDOW)


@cache
def _mel_filters() -> NDArray[np.float64]:
    """Return the Slaney mel filter bank ``[80, 201]``: linear below 1 kHz, logarithmic above, equal area."""
    edges = _mel_to_hz(np.linspace(0.0, float(_hz_to_mel(SAMPLE_RATE / 2)), _MEL_BANDS + 2))
    bins = np.linspace(0.0, SAMPLE_RATE / 2, _MEL_WINDOW // 2 + 1)
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
