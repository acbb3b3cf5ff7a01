"""Smart Turn's completeness, calibrated: what the network hears, and where the pitch is.

Together they are a head start: how many seconds of silence they are worth. Completeness is that head start as the
turn confidence counts it, ``q = 1 - 2^(-head start / half-life)`` (:mod:`simulator.engine.end_of_turn`): a
pause with a head start of 0.5 s is as sure an end of turn as one with none is half a second later.

The constants, in ``calibration.json``, were fitted from calls by ``benchmarks/calibration``, which says how good
they are and makes them anew.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

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
