"""The fit: a logistic regression tells ends from pauses, and a cross-validated scale turns it into seconds."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.calibration.expected import Expected
from benchmarks.calibration.heard import Example, HeardPause, Kind
from simulator.activity.model import NO_MODEL_COMPLETENESS
from simulator.activity.smart_turn import MOST_S, Calibration

Floats = NDArray[np.float64]

FOLDS = 9
RIDGE_PITCH, RIDGE_ENDING = 3.0, 600.0
"""384 numbers want a far stronger hand than one; 200 to 2,000 do much alike in cross-validation."""

NATURAL_WEIGHT = 0.3
"""Pauses between finished phrases sound finished: they say less about how ends sound than hesitations do."""

EXTRA_WEIGHT = 0.5
"""For a spliced pause, or one of a recording of another kind."""

SCALES = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4)
"""Seconds of head start for a unit of log-odds, to choose from."""

THRESHOLD = 0.7
BUDGET = 0.10
"""The default profile's threshold is to cut this share of turns."""

WEIGHED = (0.02, 0.03, 0.05, 0.075, 0.10, 0.125, 0.15, 0.20)
"""Cut-in budgets whose savings choose the scale: by their mean and the least, for none is to pay for the others."""


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A calibration; the mean and least saving of each scale tried; each pause's head start by folds without it."""

    calibration: Calibration
    scale: float
    savings: dict[float, tuple[float, float]]
    unseen_s: Floats


def fit(pauses: Sequence[HeardPause], extra: Sequence[Example]) -> Fitted:
    """Fit on pauses and extra examples; every choice is made by cross-validation over speakers, on the pauses."""
    examples = [*(pause.example for pause in pauses), *extra]
    features = np.array([[1.0, example.late_pitch, *example.ending] for example in examples])
    ends = np.array([example.kind is Kind.END for example in examples])
    weights = _weights(examples, len(pauses))
    folds = np.array([_fold(example.speaker) for example in examples])
    unseen = np.zeros(len(examples))
    for fold in np.unique(folds[: len(pauses)]):
        seen = folds != fold
        unseen[~seen] = features[~seen] @ _logistic(features[seen], ends[seen], weights[seen])
    unseen = unseen[: len(pauses)]
    expected = Expected(pauses)
    half_life_s = _half_life_s(expected)
    others = _without_commonest_speaker(pauses)
    expected_of_others = Expected([pauses[place] for place in others])
    savings = {}
    for scale in SCALES:
        head_start_s, _ = _placed(expected, scale * unseen, half_life_s)
        saved = [expected.saving(head_start_s, budget) for budget in WEIGHED]
        saved += [expected_of_others.saving(head_start_s[others], budget) for budget in WEIGHED]
        savings[scale] = float(np.mean(saved)), min(saved)
    scale = max(savings, key=lambda tried: sum(savings[tried]))
    unseen_s, shift_s = _placed(expected, scale * unseen, half_life_s)
    found = scale * _logistic(features, ends, weights)
    calibration = Calibration(
        half_life_s,
        round(float(found[0]) + shift_s, 4),
        round(float(found[1]), 4),
        np.round(found[2:], 6),
    )
    return Fitted(calibration, scale, savings, unseen_s)


def _weights(examples: Sequence[Example], own: int) -> Floats:
    """Return the examples' weights: a pause counts once however often it is heard, and ends as much as all else."""
    often = Counter(example.source for example in examples)
    weights = np.array(
        [
            (NATURAL_WEIGHT if example.kind is Kind.NATURAL else 1.0)
            * (1.0 if place < own else EXTRA_WEIGHT)
            / often[example.source] ** 0.7  # heard differently, they are not quite the same again
            for place, example in enumerate(examples)
        ]
    )
    ends = np.array([example.kind is Kind.END for example in examples])
    weights[ends] *= weights[~ends].sum() / weights[ends].sum()
    return weights


def _without_commonest_speaker(pauses: Sequence[HeardPause]) -> list[int]:
    """Return the places of all but one speaker's pauses: no one voice is to choose for all."""
    (commonest, _), *_ = Counter(pause.example.speaker for pause in pauses).most_common(1)
    return [place for place, pause in enumerate(pauses) if pause.example.speaker != commonest]


def _fold(speaker: str) -> int:
    return int(hashlib.sha256(speaker.encode()).hexdigest(), 16) % FOLDS


def _logistic(features: Floats, ends: NDArray[np.bool_], weights: Floats) -> Floats:
    """Return the weights of a ridge-penalised logistic regression on ``[n, k]``: 1, the pitch, the ending."""
    mean = np.average(features[:, 1:], axis=0, weights=weights)
    spread = np.sqrt(np.average((features[:, 1:] - mean) ** 2, axis=0, weights=weights))
    standard = np.column_stack([features[:, 0], (features[:, 1:] - mean) / spread])
    penalty = np.array([1e-6, RIDGE_PITCH] + [RIDGE_ENDING] * (features.shape[1] - 2))
    found = np.zeros(features.shape[1])
    for _ in range(15):  # Newton's method, from nothing; it settles in fewer than ten
        likely = 1.0 / (1.0 + np.exp(-standard @ found))
        slope = standard.T @ (weights * (likely - ends)) + penalty * found
        bend = (standard.T * (weights * likely * (1.0 - likely))) @ standard + np.diag(penalty)
        found -= np.linalg.solve(bend, slope)
    slopes = found[1:] / spread
    return np.array([found[0] - slopes @ mean, *slopes])


def _half_life_s(expected: Expected) -> float:
    """Return the half-life at which silence alone cuts the budgeted share at the default threshold, to 0.05 s."""
    halvings = np.log2((1.0 - NO_MODEL_COMPLETENESS) / (1.0 - THRESHOLD))
    wanted_s = expected.silence_s(np.zeros(expected.size), BUDGET)
    return round(float((wanted_s - 0.2) / halvings) * 20) / 20


def _placed(expected: Expected, head_start_s: Floats, half_life_s: float) -> tuple[Floats, float]:
    """Shift head starts so that the default threshold cuts the budgeted share; return them and the shift, s."""
    longest_s = 0.2 + half_life_s * float(np.log2(1.0 / (1.0 - THRESHOLD)))
    low, high = -3.0, 3.0
    while high - low > 1e-3:
        shift_s = (low + high) / 2
        cut = expected.cut_at(np.clip(head_start_s + shift_s, 0.0, MOST_S), longest_s)
        low, high = (shift_s, high) if cut <= BUDGET else (low, shift_s)
    return np.clip(head_start_s + low, 0.0, MOST_S), low
