"""One setting's results on one call, in as few numbers as figures and their intervals need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.measures.comparison import RESAMPLES, weighted_percentiles, weights
from simulator.measures.limits import Figure
from simulator.measures.readout_table import BY_NAME, READOUTS
from simulator.measures.readouts import pooled
from simulator.measures.turns import Count
from simulator.sweep.goals import Term

Facts = Mapping[str, Any]
"""By readout: latencies in ms, a :class:`~simulator.measures.turns.Count`, or seconds; only those measured."""

ORDER = {readout.name: place for place, readout in enumerate(READOUTS)}
_ROWS = 200
"""Resamples of latencies computed at a time; with thousands of turns, more would need too much memory."""

SHARES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "max": 1.0}


def readouts_of(facts: Sequence[Facts]) -> dict[str, Any]:
    """Return the readouts over several calls as JSON values."""
    found: dict[str, Any] = {}
    for name in ORDER:
        values = [one[name] for one in facts if name in one]
        if values:
            found[name] = pooled(BY_NAME[name], values)
    return found


def points(terms: Sequence[Term], readouts: Mapping[str, Any], calls: int) -> float:
    """Return the sum of points for some readouts; infinite if a term could not be measured."""
    values = [(term, term.figure.measured(readouts)) for term in terms]
    return sum((term.points(value, calls) if value is not None else float("inf")) for term, value in values)


class Resampled:
    """Figures in every resample of some callers' calls: every setting uses the same draws of callers.

    ``callers`` has each call's caller, in the order of the facts.
    """

    def __init__(self, callers: Sequence[str], resamples: int = RESAMPLES) -> None:
        names = {name: number for number, name in enumerate(dict.fromkeys(callers))}
        owner = np.array([names[name] for name in callers])
        self._often = weights(len(names))[:resamples, owner]
        """How often each call is drawn, ``[resamples, calls]``."""

    def figure(self, figure: Figure, facts: Sequence[Facts]) -> NDArray[np.float64]:
        """Return a figure in each resample, ``[resamples]``; NaN where it had no cases."""
        name, kind = figure.readout.name, figure.readout.kind
        if kind == "latency":
            return self._latency(name, SHARES[figure.percentile], facts)
        totals = np.array([_total(one.get(name)) for one in facts])
        found = self._often @ totals[:, 0]
        if not figure.share:
            return np.asarray(found)
        of = self._often @ totals[:, 1]
        return np.where(of > 0, found / np.maximum(of, 1), np.nan)

    def points(self, terms: Sequence[Term], facts: Sequence[Facts]) -> NDArray[np.float64]:
        """Return the sum of points in each resample, ``[resamples]``."""
        calls = self._often.sum(axis=1)
        found = np.zeros(len(self._often))
        for term in terms:
            value = self.figure(term.figure, facts)
            kind = term.figure.readout.kind
            scale = 0.001 if kind == "latency" else 100.0 if kind == "count" else 1.0
            found += term.weight * (value / calls if kind == "duration" else value * scale)
        return found

    def _latency(self, name: str, share: float, facts: Sequence[Facts]) -> NDArray[np.float64]:
        values = [one.get(name, ()) for one in facts]
        owner = np.repeat(np.arange(len(facts)), [len(one) for one in values])
        if not len(owner):
            return np.full(len(self._often), np.nan)
        every = np.array([value for one in values for value in one])
        rows = range(0, len(self._often), _ROWS)
        parts = [weighted_percentiles(every, owner, self._often[row : row + _ROWS], share) for row in rows]
        return np.concatenate(parts)


def _total(value: Any) -> tuple[float, float]:
    if isinstance(value, Count):
        return value.count, value.of
    return (float(value or 0.0), 0.0)
