"""Chooses among tried settings: within the limits, tied with the best, and among these the fewest changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from presets.config import VoiceConfig
from simulator.sweep.batches import Workers
from simulator.sweep.facts import Facts, Resampled, points, readouts_of
from simulator.sweep.plan import SweepPlan
from simulator.sweep.search import UNMEASURED, Tried, excess_of

SHORTLIST = 24
"""The settings compared with the best, nearest in points first."""


ONE_ERROR = 0.16
"""A setting within one standard error of the best is tied with it: a wider tie would give away improvements."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen setting, and ``more`` settings tried for the choice. ``nearest``: none meets every limit."""

    config: VoiceConfig
    nearest: bool
    more: tuple[Tried, ...]


class Chooser:
    """Chooses on some calls. ``callers`` has the caller of every call of the sweep."""

    def __init__(self, plan: SweepPlan, workers: Workers, calls: Sequence[int], callers: Sequence[str]) -> None:
        self._plan = plan
        self._workers = workers
        self._calls = calls
        self._resampled = Resampled([callers[call] for call in calls])

    def choose(self, tried: Sequence[Tried]) -> Choice:
        """Choose among settings tried on these calls; the first is today's."""
        whole = [one for one in tried if not one.dropped]
        within = [one for one in whole if one.meets_limits]
        if not within:
            nearest = min(whole, key=lambda one: (sum(one.excess), one.points, one.key))
            return self._simpler(nearest, nearest=True)
        ranked = sorted(within, key=lambda one: (one.points, one.key))
        shortlist = ranked[:SHORTLIST] + [one for one in ranked[SHORTLIST:] if one.name]
        best_points, *others = self._points([one.config for one in shortlist])
        tied = [shortlist[0]]
        for one, mine in zip(shortlist[1:], others, strict=True):
            if self._is_tied(mine - best_points):
                tied.append(one)
        fewest = min(tied, key=lambda one: (len(self._plan.space.changes(one.config)), one.points, one.key))
        from_best = self._simpler(ranked[0], nearest=False)
        if fewest is ranked[0]:
            return from_best
        return min(from_best, self._simpler(fewest, nearest=False, best=ranked[0]), key=self._changed)

    def _changed(self, choice: Choice) -> tuple[int, str]:
        return len(self._plan.space.changes(choice.config)), str(sorted(choice.config.set_values().items()))

    def _simpler(self, start: Tried, *, nearest: bool, best: Tried | None = None) -> Choice:
        """Revert changes while the setting stays within the limits and tied with the best.

        The changes that cost least alone are reverted together, as many as possible.
        """
        (best_points,) = self._points([(best or start).config])
        worst = sum(start.excess)
        current, more = start.config, []

        def look(options: Sequence[VoiceConfig]) -> list[tuple[Tried, bool]]:
            rows = self._workers.facts(options, self._calls)
            found = [judged(self._plan, config, row) for config, row in zip(options, rows, strict=True)]
            more.extend(found)
            differences = (self._resampled.points(self._plan.goal.terms, row) - best_points for row in rows)
            return [
                (one, sum(one.excess) <= worst and self._is_tied(difference))
                for one, difference in zip(found, differences, strict=True)
            ]

        while changed := list(self._plan.space.changes(current)):
            alone = look([without(self._plan, current, [name]) for name in changed])
            ranked = sorted((one.points, number) for number, (one, allowed) in enumerate(alone) if allowed)
            names = [changed[number] for _, number in ranked]
            taken, least, most = 0, 1, len(names)
            while least <= most:
                middle = (least + most + 1) // 2 if taken else most
                ((_, allowed),) = look([without(self._plan, current, names[:middle])])
                if allowed:
                    taken, least = middle, middle + 1
                else:
                    most = middle - 1
                    taken = taken or 1  # a single revert is known to be allowed
                    least = max(least, taken + 1)
            if not taken:
                break
            current = without(self._plan, current, names[:taken])
        return Choice(current, nearest, tuple(more))

    def _points(self, configs: Sequence[VoiceConfig]) -> list[np.ndarray]:
        rows = self._workers.facts(configs, self._calls)
        return [self._resampled.points(self._plan.goal.terms, row) for row in rows]

    def _is_tied(self, difference: np.ndarray) -> bool:
        """Return whether a setting may be as good as the best, by the resampled difference of points."""
        known = difference[np.isfinite(difference)]
        return bool(len(known)) and bool(np.quantile(known, ONE_ERROR) <= 0)


def without(plan: SweepPlan, config: VoiceConfig, fields: Sequence[str]) -> VoiceConfig:
    """Return a setting with some fields set to today's values."""
    today = plan.space.today.set_values()
    for field in fields:
        config = config.with_value(field, today.get(field))
    return config


def judged(plan: SweepPlan, config: VoiceConfig, facts: Sequence[Facts], name: str = "") -> Tried:
    """Return a setting with its results on some calls."""
    readouts = readouts_of(facts)
    total = points(plan.goal.terms, readouts, len(facts))
    second = plan.axes[1].measured(readouts)
    excess = excess_of(plan.goal.limits, readouts)
    return Tried(config, name, readouts, total, excess, (total, UNMEASURED if second is None else second))
