"""Racing: a setting that is clearly worse on a third of the calls is not tried on the rest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simulator.sweep.facts import Facts, Resampled, points, readouts_of
from simulator.sweep.plan import SweepPlan
from simulator.sweep.search import UNMEASURED, Tried

RESAMPLES = 250
"""Enough to find clearly worse settings; a choice uses more."""


class Race:
    """Compares settings with the best one so far, on the same calls with the same latency draws."""

    def __init__(self, plan: SweepPlan, callers: Sequence[str]) -> None:
        self._plan = plan
        self._resampled = Resampled(callers, RESAMPLES)
        self._held: tuple[Sequence[Facts], NDArray[np.float64]] | None = None
        """The best setting's facts with its points in each resample, cached for many comparisons."""

    def drops(self, facts: Sequence[Facts], best: Sequence[Facts]) -> bool:
        """Return whether a setting is clearly worse in points than the best, and no better in the second axis.

        A setting that clearly breaks a limit is also worse, whatever its points.
        """
        goal, second = self._plan.goal, self._plan.axes[1]
        here, there = readouts_of(facts), readouts_of(best)
        for limit in goal.limits:
            value, other = limit.figure.measured(here), limit.figure.measured(there)
            if value is None or limit.holds(value) or (other is not None and limit.excess(other) > 0):
                continue
            beyond = self._resampled.figure(limit.figure, facts) - limit.bound
            if _surely_above(beyond if limit.upper else -beyond):
                return True
        trade, for_best = second.measured(here), second.measured(there)
        if trade is not None and for_best is not None and trade < for_best:
            return False
        if self._held is None or self._held[0] is not best:
            self._held = (best, self._resampled.points(goal.terms, best))
        return _surely_above(self._resampled.points(goal.terms, facts) - self._held[1])

    def dropped(self, tried: Tried, best: Tried, best_facts: Sequence[Facts]) -> Tried:
        """Return a dropped setting, with results extrapolated to all calls by its distance from the best."""
        there = points(self._plan.goal.terms, readouts_of(best_facts), len(best_facts))
        estimate = best.points + tried.points - there
        return replace(
            tried,
            objectives=(estimate if math.isfinite(estimate) else UNMEASURED, tried.objectives[1]),
            dropped=True,
        )


def _surely_above(difference: NDArray[np.float64]) -> bool:
    known = difference[np.isfinite(difference)]
    return len(known) == len(difference) and bool(np.quantile(known, 0.025) > 0)
