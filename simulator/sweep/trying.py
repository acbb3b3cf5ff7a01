"""The search in one fold: while workers try a batch, the next one is requested."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from presets.config import VoiceConfig
from simulator.sweep.batches import Batch, CancelledError, Workers
from simulator.sweep.choosing import judged
from simulator.sweep.facts import Facts, Resampled, points, readouts_of
from simulator.sweep.journal import SweepJournal
from simulator.sweep.plan import SweepPlan
from simulator.sweep.search import UNMEASURED, Guide, StartingSetting, Tried, batch_size, setting_key, steps_from
from simulator.sweep.split import Split, third_of

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


Note = Callable[[Sequence[Tried], Sequence[Tried]], None]
"""Takes the settings tried now, and those that an earlier run had tried."""


@dataclass(frozen=True, slots=True)
class _Begun:
    """Settings whose new ones are being tried: on a third of the calls if they race, else on all."""

    some: tuple[StartingSetting, ...]
    kept: dict[str, Tried]
    fresh: tuple[StartingSetting, ...]
    batch: Batch
    races: bool


class Search:
    """The search on one fold's choosing calls. ``tried`` has its settings by key, in search order.

    Each batch is requested before the results of the previous one are reported, so that workers do not wait.
    """

    def __init__(
        self,
        plan: SweepPlan,
        workers: Workers,
        journal: SweepJournal | None,
        split: Split,
        number: int,
        note: Note,
    ) -> None:
        self._plan = plan
        self._workers = workers
        self._journal = journal
        self._number = number
        self._note = note
        self._calls = split.folds[number].choose
        self._third = third_of(self._calls, split.callers, plan.seed)
        self._race = Race(plan, [split.callers[call] for call in self._third]) if self._third else None
        self._guide = Guide(plan.space, plan.seed + 1000 * number)
        self._steps_from = 0
        self._known: set[str] = set()
        """The keys of settings that have been tried or are being tried."""
        self.tried: dict[str, Tried] = {}

    def search(self, starts: Sequence[StartingSetting], guided: int) -> None:
        """Try the starts, then the guide's suggestions. Raises :class:`CancelledError`."""
        size = batch_size(guided)
        named = [one for one in starts if one.name]
        others = [one for one in starts if not one.name]
        # named settings are tried first and on all calls: the others race against the best of them
        self._finish(self._begin(named))
        left, whole = others, len(starts) + guided
        self._steps_from = whole - guided // 4
        ahead: _Begun | None = None
        try:
            while some := left[:size] or self._asked(min(size, whole - len(self.tried) - _count(ahead))):
                left = left[size:]
                begun = self._begin(some)
                if ahead is not None:
                    self._finish(ahead)
                ahead = begun
            if ahead is not None:
                self._finish(ahead)
        except CancelledError:
            if ahead is not None:
                ahead.batch.cancel()
            raise

    def _asked(self, count: int) -> list[StartingSetting]:
        """Return what to try next: near the end, neighbours of the best; before that, the guide's suggestions."""
        if count <= 0:
            return []
        best = self._best()
        steps: list[VoiceConfig] = []
        if len(self._known) + count > self._steps_from and best is not None:
            around = steps_from(self._plan.space, best.config, self._plan.seed)
            steps = [one for one in around if setting_key(one) not in self._known][:count]
        asked = self._guide.ask(count - len(steps), self.tried) if len(steps) < count else []
        known = self._known | {setting_key(one) for one in steps}
        return [StartingSetting(one) for one in (*steps, *(one for one in asked if setting_key(one) not in known))]

    def _begin(self, some: Sequence[StartingSetting]) -> _Begun:
        keys = [setting_key(one.config) for one in some]
        self._known |= set(keys)
        found = {key: self._journal.find(self._number, key) if self._journal else None for key in keys}
        kept = {key: one for key, one in found.items() if one is not None}
        fresh = tuple(one for one, key in zip(some, keys, strict=True) if key not in kept)
        races = self._race is not None and self._best() is not None
        calls = self._third if races else self._calls
        return _Begun(tuple(some), kept, fresh, self._workers.begin([one.config for one in fresh], calls), races)

    def _finish(self, begun: _Begun) -> None:
        """Wait for a batch, try the race's survivors on the other calls, and report to the guide."""
        made = {one.key: one for one in self._looked_at(begun)}
        if self._journal and made:
            self._journal.add(self._number, made.values())
        for one in begun.some:
            key = setting_key(one.config)
            self.tried[key] = found = begun.kept.get(key) or made[key]
            self._guide.tell(found)
        self._note(list(made.values()), list(begun.kept.values()))

    def _looked_at(self, begun: _Begun) -> list[Tried]:
        rows = begun.batch.facts()
        lost: dict[str, Tried] = {}
        best = self._best()
        if begun.races and begun.fresh and self._race is not None and best is not None:
            (best_facts,) = self._workers.facts([best.config], self._third)
            for one, row in zip(begun.fresh, rows, strict=True):
                if self._race.drops(row, best_facts):
                    tried = judged(self._plan, one.config, row)
                    lost[tried.key] = self._race.dropped(tried, best, best_facts)
        left = [one for one in begun.fresh if setting_key(one.config) not in lost]
        rows = self._workers.facts([one.config for one in left], self._calls)
        whole = [judged(self._plan, one.config, row, one.name) for one, row in zip(left, rows, strict=True)]
        return [*whole, *lost.values()]

    def _best(self) -> Tried | None:
        """Return the best setting so far within the limits."""
        within = [one for one in self.tried.values() if one.meets_limits and not one.dropped]
        return min(within, key=lambda one: (one.points, one.key), default=None)


def _count(begun: _Begun | None) -> int:
    return 0 if begun is None else len(begun.some)
