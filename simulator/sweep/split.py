"""Splits calls into those that choose settings and those that confirm them; no caller is on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulator.sweep.plan import SweepCall, SweepError

ONE_CALL = "one call cannot both choose a setting and confirm it; give two calls or more, of several callers"

ENOUGH_CALLERS = 20
"""From this number of callers, one half chooses and the other confirms."""

FOLDS = 4
"""With fewer callers, each of this many parts confirms what the others chose."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Calls, by index: those that choose, and those that confirm."""

    choose: tuple[int, ...]
    confirm: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """The folds, and each call's caller. One fold: two halves. ``alone``: one person made all calls."""

    folds: tuple[Fold, ...]
    callers: tuple[str, ...]
    alone: bool

    @property
    def halves(self) -> bool:
        """Whether one half chooses and the other confirms."""
        return len(self.folds) == 1

    @property
    def chosen_on(self) -> tuple[int, ...]:
        """The calls by which the recommended setting is chosen."""
        return self.folds[0].choose if self.halves else tuple(range(len(self.callers)))

    @property
    def confirmed_on(self) -> tuple[int, ...]:
        """The calls that confirm; with folds all of them, each by the choice of the others."""
        return tuple(sorted(call for fold in self.folds for call in fold.confirm))


def split_calls(calls: Sequence[SweepCall], seed: int) -> Split:
    """Split at least two calls by caller or, if one person made all of them, by call.

    Calls with measurable figures are spread over the parts. Raises :class:`~simulator.sweep.plan.SweepError` if all
    calls have the same sound.
    """
    alone = len({call.caller for call in calls}) == 1
    callers = tuple(call.activity.sound or call.id if alone else call.caller for call in calls)
    names = sorted(set(callers))
    if len(names) < 2:
        raise SweepError(ONE_CALL)
    order = [names[place] for place in np.random.default_rng([seed, 23]).permutation(len(names))]
    tells = dict.fromkeys(names, (0, 0, 0))
    for call, name in zip(calls, callers, strict=True):
        greeted = call.recording.scenario.greeting is not None
        tells[name] = max(tells[name], (int(call.labelled), int(not call.mixed), int(greeted)))
    order.sort(key=tells.__getitem__, reverse=True)
    parts = 2 if len(names) >= ENOUGH_CALLERS else min(FOLDS, len(names))
    sizes = [0] * parts
    part_of = {}
    for name in order:
        smallest = sizes.index(min(sizes))
        part_of[name] = smallest
        sizes[smallest] += callers.count(name)
    mine = [tuple(call for call, name in enumerate(callers) if part_of[name] == part) for part in range(parts)]
    others = [tuple(call for call, name in enumerate(callers) if part_of[name] != part) for part in range(parts)]
    if len(names) >= ENOUGH_CALLERS:
        return Split((Fold(mine[0], mine[1]),), callers, alone)
    return Split(tuple(Fold(*pair) for pair in zip(others, mine, strict=True)), callers, alone)


def third_of(calls: Sequence[int], callers: Sequence[str], seed: int) -> tuple[int, ...]:
    """Return the calls of some callers, about a third of all; none if these are too few for racing."""
    names = sorted({callers[call] for call in calls})
    if len(names) < 3 * FEWEST_RACED:
        return ()
    order = np.random.default_rng([seed, 29]).permutation(len(names))[: -(-len(names) // 3)]
    raced = {names[place] for place in order}
    return tuple(call for call in calls if callers[call] in raced)


FEWEST_RACED = 4
"""With fewer callers, a setting cannot be shown to be clearly worse."""
