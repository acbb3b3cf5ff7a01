"""Smart Turn: how finished a turn sounds at its end, from the sound alone.

The network's description of the last half second and the pitch at the end are a head start together: how many
seconds of silence they are worth. Completeness is that head start as the turn confidence counts it,
``q = 1 - 2^(-head start / half-life)`` (:mod:`simulator.engine.end_of_turn`): a pause with a head start of 0.5 s is
as sure an end of turn as one with none is half a second later.

The constants, in ``calibration.json``, were fitted from calls by ``benchmarks/calibration``, which says how good
they are and makes the file.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from base.samples import SAMPLE_RATE, SAMPLES_PER_MS, Samples
from simulator.activity.model import Judgement
from simulator.activity.models import open_session, smart_turn_path

FILE = files("simulator.activity") / "calibration.json"

MOST_S = 1.4
"""No sound is worth more silence than this.

None of the 638 pauses of the corpus and the bundled recordings is worth more than 1.26 s, so there is no evidence
for shorter waits; and at the default threshold no turn ends before 0.45 s of silence, which leaves a live call the
time to judge the pause meanwhile.
"""

TYPICAL_LATE_PITCH = -0.1
"""Octaves; stands in where there is too little voice to tell, so that it speaks neither for nor against an end."""


@dataclass(frozen=True, slots=True)
class TurnSound:
    """What Smart Turn's completeness is judged by, at one end of speech.

    ``model`` is the network's own output 0…1, which only serves for comparison; ``ending_s`` how many seconds of
    silence the sound of the last half second is worth; ``late_pitch`` how many octaves the pitch was above the
    turn's median at the end (``None``: too little of it).
    """

    model: float
    ending_s: float
    late_pitch: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Weights in seconds of head start: for each octave of late pitch, and each number of the sound's ending."""

    half_life_s: float
    base_s: float
    per_octave: float
    ending: NDArray[np.float64]

    def ending_s(self, ending: NDArray[np.float64]) -> float:
        """Return how many seconds of silence an ending (:class:`~simulator.activity.smart_turn.Sound`) is worth."""
        return float(self.ending @ ending)

    def head_start_s(self, evidence: TurnSound) -> float:
        """Return how many seconds of silence the evidence is worth, 0 to :data:`MOST_S`."""
        seconds = self.base_s + evidence.ending_s + self.per_octave * pitch_known(evidence)
        return min(max(seconds, 0.0), MOST_S)

    def completeness(self, evidence: TurnSound) -> float:
        """Return the calibrated completeness, 0 to below 1."""
        return completeness_of(self.head_start_s(evidence), self.half_life_s)

    @property
    def most_completeness(self) -> float:
        """The completeness of what sounds as finished as can be."""
        return completeness_of(MOST_S, self.half_life_s)


def pitch_known(evidence: TurnSound) -> float:
    """Return the late pitch, or what stands in for it."""
    return TYPICAL_LATE_PITCH if evidence.late_pitch is None else evidence.late_pitch


def completeness_of(head_start_s: float, half_life_s: float) -> float:
    """Return the completeness that is worth a head start in the turn confidence."""
    return 1.0 - math.pow(2.0, -head_start_s / half_life_s)


@cache
def smart_turn_calibration() -> Calibration:
    """Return the calibration of Smart Turn v3.2."""
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    return Calibration(kept["half_life_s"], kept["base_s"], kept["per_octave"], np.array(kept["ending"]))


WINDOW_SECONDS = 8
"""How much of a turn the network hears."""

_STATES = "layer_norm_8"
_ENDING = slice(-35, -10)
"""The half second before the 200 ms of silence after which the model is asked."""


class Sound(NamedTuple):
    """What a turn sounds like: the model's own completeness 0…1, and its description of the ending, ``[384]``."""

    completeness: float
    ending: NDArray[np.float64]


class SmartTurn:
    """Smart Turn v3.2: a Whisper-tiny encoder with a completeness head; its output is already a probability.

    With ``late`` the file is opened when it is first asked, which takes 70 ms and may raise
    :class:`~simulator.errors.ModelError`; otherwise at once. It may be pickled: another process opens its own.
    """

    name = "smart-turn v3.2"
    window_s = WINDOW_SECONDS

    def __init__(self, path: Path, calibration: Calibration | None = None, *, late: bool = False) -> None:
        self._path = path
        self._calibration = calibration or smart_turn_calibration()
        if not late:
            _session(path)

    @property
    def most_completeness(self) -> float:
        """The completeness of what sounds as finished as can be."""
        return self._calibration.most_completeness

    def judge(self, heard: Samples, silence_ms: int) -> Judgement:
        """Return how finished the turn so far sounds; its last ``silence_ms`` are the pause."""
        return self.judgement(self.hear(heard), heard, silence_ms)

    def judgement(self, sound: Sound, heard: Samples, silence_ms: int) -> Judgement:
        """Return the same, given what the network heard."""
        pitch = late_pitch(heard[: len(heard) - silence_ms * SAMPLES_PER_MS])
        found = TurnSound(
            model=round(sound.completeness, 6),
            ending_s=round(self._calibration.ending_s(sound.ending), 6),
            late_pitch=None if pitch is None else round(pitch, 4),
        )
        return Judgement(round(self._calibration.completeness(found), 6), asdict(found))

    def hear(self, samples: Samples) -> Sound:
        """Return what the turn so far, float32 ``[n]`` at 16 kHz up to this pause, sounds like.

        ``ending`` is the mean of the encoder's last states over the last half second of speech. The model's own
        head makes less of them than :mod:`simulator.activity.smart_turn` does.
        """
        features = log_mel(samples)[None]
        output, states = _session(self._path).run(["logits", _STATES], {"input_features": features})
        ending = states[0, _ENDING].mean(axis=0, dtype=np.float64)
        return Sound(float(np.clip(output[0, 0], 0.0, 1.0)), ending)


def installed_smart_turn(*, late: bool = False) -> SmartTurn | None:
    """Return the model, or ``None`` where its file is not installed."""
    path = smart_turn_path()
    return SmartTurn(path, late=late) if path else None


@cache
def _session(path: Path) -> Any:
    return open_session(path, inner=_STATES)


# ---- the features the network takes

_MEL_WINDOW = 400
_MEL_HOP = 160
_MEL_BANDS = 80
_MEL_FRAMES = WINDOW_SECONDS * SAMPLE_RATE // _MEL_HOP


def log_mel(samples: Samples) -> NDArray[np.float32]:
    """Return log-mel features, float32 ``[80, 800]``, of the last 8 s of ``samples`` (float32 ``[n]``, 16 kHz).

    They are as Whisper defines them (Radford et al. 2022): 80 Slaney mel bands, 25 ms window, 10 ms hop.
    Shorter audio is padded with zeros **on the left**, as the model was trained: padded on the right, almost
    every cut-off sentence passes as complete. The waveform is brought to zero mean and unit variance first.
    """
    wanted = WINDOW_SECONDS * SAMPLE_RATE
    audio = samples[-wanted:].astype(np.float64)
    audio = np.pad(audio, (wanted - len(audio), 0))
    audio = (audio - audio.mean()) / np.sqrt(audio.var() + 1e-7)
    padded = np.pad(audio, _MEL_WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, _MEL_WINDOW)[::_MEL_HOP][:_MEL_FRAMES]
    power = np.abs(np.fft.rfft(frames * _hann(), axis=1)) ** 2
    log = np.log10(np.maximum(power @ _mel_filters().T, 1e-10))
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


# ---- the pitch at the end, which comes down there and not within a phrase

_HIGHEST_OCTAVES = 0.6
"""Beyond this a voice is creaking, or the tracker took a harmonic for the pitch: such values say no more."""

_PITCH_SLOWER = 4
_PITCH_RATE = SAMPLE_RATE // _PITCH_SLOWER
_PITCH_BAND_HZ = (60.0, 900.0)
_PITCH_WINDOW = _PITCH_RATE // 20
_PITCH_HOP = _PITCH_RATE // 100
_SHORTEST_LAG, _LONGEST_LAG = _PITCH_RATE // 400, _PITCH_RATE // 60
_PITCH_FFT = 512
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
    return float(np.clip(octaves, -_HIGHEST_OCTAVES, _HIGHEST_OCTAVES))


def pitch_track(speech: Samples) -> NDArray[np.float64]:
    """Return the pitch every 10 ms as log2 of Hz, 60 to 400 Hz, NaN where there is no voice, float64 ``[frames]``.

    The highest peak of the autocorrelation of 50 ms, corrected for its window (Boersma 1993), of the speech below
    900 Hz; a half or a third of its lag is taken instead if nearly as good, as a period of the lower octave.
    """
    if len(speech) < _PITCH_WINDOW * _PITCH_SLOWER:
        return np.full(0, np.nan)
    slow = _slower(speech)
    frames = np.lib.stride_tricks.sliding_window_view(slow, _PITCH_WINDOW)[::_PITCH_HOP]
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
    track: NDArray[np.float64] = np.where(voiced, np.log2(_PITCH_RATE / (lag + _between(alike, row, lag))), np.nan)
    return track


def _between(alike: NDArray[np.float64], row: NDArray[np.int64], lag: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how far from its lag each peak lies, by the parabola through it and its neighbours."""
    before, peak, after = (alike[row, lag + step] for step in (-1, 0, 1))
    bend = np.minimum(before - 2.0 * peak + after, -1e-9)
    off: NDArray[np.float64] = np.clip(0.5 * (before - after) / bend, -0.5, 0.5)
    return off


def _slower(speech: Samples) -> NDArray[np.float64]:
    """Return the speech between 60 and 900 Hz at a quarter of the rate."""
    whole = len(speech) // _PITCH_SLOWER * _PITCH_SLOWER
    spectrum = np.fft.rfft(speech[len(speech) - whole :])
    hz = np.fft.rfftfreq(whole, 1.0 / SAMPLE_RATE)
    spectrum[(hz < _PITCH_BAND_HZ[0]) | (hz > _PITCH_BAND_HZ[1])] = 0.0
    slow: NDArray[np.float64] = np.fft.irfft(spectrum, whole)[::_PITCH_SLOWER]
    return slow


def _autocorrelation(frames: NDArray[np.float64]) -> NDArray[np.float64]:
    window = np.hanning(_PITCH_WINDOW)
    alike = np.fft.irfft(np.abs(np.fft.rfft(frames * window, _PITCH_FFT, axis=1)) ** 2, axis=1)[:, :_PITCH_WINDOW]
    own = np.fft.irfft(np.abs(np.fft.rfft(window, _PITCH_FFT)) ** 2)[:_PITCH_WINDOW]
    corrected: NDArray[np.float64] = alike / np.maximum(alike[:, :1], 1e-12) / (own / own[0])
    return corrected
