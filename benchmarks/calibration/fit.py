"""The fit: a few numbers that map the network's output to seconds, chosen by folds over speakers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.calibration.pauses import Floats, Pauses
from simulator.activity.smart_turn import COMPLETENESS
from simulator.engine.end_of_turn import Doubt
from simulator.engine.profile import Values

BUDGETS = np.arange(2, 41) / 100
WEIGHT = {"natural": 3.0, "spliced hesitations": 3.0, "read": 1.0}
"""The weight of each kind of speech; read speech, whose sound does not show its end, counts less."""

WORSE_WEIGHT = 10.0
"""A loss against silence alone at one budget counts this many times a gain at another."""

FOLDS = 7
RESAMPLES = 60
TIMEOUT_S = np.concatenate([np.arange(0.2, 1.6, 0.02), np.arange(1.6, 5.0, 0.04)])
"""The waits of a neutral pause to sweep, s."""


class Shape(NamedTuple):
    """The mapping from the network's output to seconds: four log-odds for the completeness, three numbers of s."""

    unfinished: float
    undecided_from: float
    undecided_to: float
    finished: float
    ceiling_s: float
    head_start_s: float
    head_start_until_s: float

    def wait_s(self, odds: Floats) -> Floats:
        """Return how long a pause is waited in for each neutral wait, s, ``[pauses, k]``."""
        knots = (self.unfinished, self.undecided_from, self.undecided_to, self.finished)
        completeness = np.interp(odds, knots, [level for _, level in COMPLETENESS])
        doubt = Doubt(1.0, self.ceiling_s, self.head_start_s, self.head_start_until_s)
        lines = [doubt.line(level) for level in completeness.tolist()]
        scale, shift_s, until_s = (np.array(part)[:, None] for part in zip(*lines, strict=True))
        timeout_s = TIMEOUT_S[None, :]
        waits: Floats = np.where(timeout_s < until_s, timeout_s * scale + shift_s, timeout_s)
        return waits


def shipped(values: Values) -> Shape:
    """Return the product's shape under a profile."""
    (unfinished, _), (undecided_from, _), (undecided_to, _), (finished, _) = COMPLETENESS
    return Shape(
        unfinished,
        undecided_from,
        undecided_to,
        finished,
        values.eot_ceiling_s.value,
        values.eot_head_start_s.value,
        values.eot_head_start_until_s.value,
    )


def shapes() -> Iterator[Shape]:
    """Yield the shapes to choose from."""
    unfinished = product((-5.0,), (-4.5, -4.0, -3.5, -3.0))
    finished = list(product((-1.0, 0.0), (1.0, 2.0, 4.8)))
    seconds = list(product((2.25, 2.5), (0.35, 0.6, 0.9), (1.0, 1.5)))
    return (Shape(*low, *high, *second) for low in unfinished for high in finished for second in seconds)


class Judged(NamedTuple):
    """Turns under one shape: whether cut in on, and the wait at their ends, s, both ``[turns, k]``."""

    cut: Floats
    delay_s: Floats

    def delays_s(self, weights: Floats) -> Floats:
        """Return the mean delay at every budget, s, ``[n, budgets]``, for turn weights ``[n, turns]``."""
        total = weights.sum(axis=1, keepdims=True)
        rate, mean_s = weights @ self.cut / total, weights @ self.delay_s / total
        found: Floats = np.stack([np.where(rate <= at + 1e-9, mean_s, np.inf).min(axis=1) for at in BUDGETS], 1)
        return found


def silence(pauses: Pauses) -> Judged:
    """Return turns judged by silence alone."""
    return Judged(*pauses.judged(np.broadcast_to(TIMEOUT_S, (len(pauses.odds), len(TIMEOUT_S)))))


def saved(judged: Judged, alone: Judged, weights: Floats) -> Floats:
    """Return the share of silence alone's mean delay that is saved at every budget, ``[n, budgets]``, at most 1."""
    won: Floats = 1.0 - judged.delays_s(weights) / alone.delays_s(weights)
    return won


def resampled(speakers: NDArray[np.str_], times: int, seed: int = 0) -> Floats:
    """Return each turn's count when speakers are drawn with replacement, ``[times, turns]``."""
    names, who = np.unique(speakers, return_inverse=True)
    drawn = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), times)
    counts: Floats = drawn.astype(np.float64)[:, who]
    return counts


def fold(speaker: str) -> int:
    """Return the fold that holds out a speaker's turns."""
    return int(hashlib.sha256(speaker.encode()).hexdigest(), 16) % FOLDS


class Fit:
    """Every shape judged once over all groups of turns, so that any part of the speakers can choose among them."""

    def __init__(self, groups: Mapping[str, Pauses]) -> None:
        self.groups = groups
        self.alone = {name: silence(pauses) for name, pauses in groups.items()}
        self.judged = {
            shape: {name: Judged(*group.judged(shape.wait_s(group.odds))) for name, group in groups.items()}
            for shape in shapes()
        }

    def choose(self, without: int | None = None) -> Shape:
        """Return the best shape for the speakers outside a fold."""
        weights = {name: self._weights(group, without) for name, group in self.groups.items()}
        return max(self.judged, key=lambda shape: self._worth(shape, weights))

    def _weights(self, group: Pauses, without: int | None) -> Floats:
        speakers = group.speakers
        seen = np.array([fold(name) != without for name in speakers.tolist()])
        weights = np.zeros((RESAMPLES, len(speakers)))
        weights[:, seen] = resampled(speakers[seen], RESAMPLES)
        return weights

    def _worth(self, shape: Shape, weights: Mapping[str, Floats]) -> float:
        worth = 0.0
        for name, judged in self.judged[shape].items():
            mean = saved(judged, self.alone[name], weights[name]).mean(axis=0)
            worth += WEIGHT[name] * float(mean.mean() + WORSE_WEIGHT * np.minimum(mean, 0.0).mean())
        return worth

    def held_out(self) -> dict[str, Judged]:
        """Return every turn judged by the shape chosen without its speaker."""
        chosen = [self.choose(without=number) for number in range(FOLDS)]
        found = {}
        for name, group in self.groups.items():
            folds = [fold(speaker) for speaker in group.speakers.tolist()]
            rows = [(self.judged[chosen[number]][name], place) for place, number in enumerate(folds)]
            found[name] = Judged(
                np.array([judged.cut[place] for judged, place in rows]),
                np.array([judged.delay_s[place] for judged, place in rows]),
            )
        return found
