"""The search: today's settings and the presets, a space-filling set, then batches suggested by optuna."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.util import find_spec
from itertools import islice
from typing import Any

import numpy as np

from base.json_text import canonical_json
from presets.config import VoiceConfig
from simulator.measures.limits import Limit
from simulator.sweep.plan import SweepError, SweepPlan
from simulator.sweep.result import TODAY, Readouts, TriedSetting
from simulator.sweep.space import Dimension, Space

NEEDS = "a sweep needs optuna; get it with: pip install 'turnlab[sweep]'"

UNMEASURED = 1e9
"""Replaces a figure that could not be measured."""

_ASKS = 8
"""How often optuna may suggest tried settings again before the search gives up."""


@dataclass(frozen=True, slots=True)
class StartingSetting:
    """A setting that is tried in any case, with its name."""

    config: VoiceConfig
    name: str = ""


@dataclass(frozen=True)
class Tried:
    """A setting with its readouts on a part's calls. ``excess`` is how far past each limit it is, 0: within.

    ``objectives`` are the search's two: points, and the figure of the second axis.
    """

    config: VoiceConfig
    name: str
    readouts: Readouts
    points: float
    excess: tuple[float, ...]
    objectives: tuple[float, float]
    dropped: bool = False

    @cached_property
    def key(self) -> str:
        """The setting's identity."""
        return setting_key(self.config)

    @property
    def meets_limits(self) -> bool:
        """Whether it meets every limit that can be judged."""
        return not any(self.excess)


def setting_key(config: VoiceConfig) -> str:
    """Return the setting's identity."""
    return canonical_json(config.set_values())


def excess_of(limits: Sequence[Limit], readouts: Readouts) -> tuple[float, ...]:
    """Return how far past each limit readouts are, as shares of the bound; 0 if within, or not judged."""
    found = []
    for limit in limits:
        value = limit.figure.measured(readouts)
        least = {"latency": 100.0, "duration": 0.5, "count": 0.01 if limit.figure.share else 1.0}
        scale = max(limit.bound, least[limit.figure.readout.kind])
        within = value is None or limit.holds(value)
        found.append(0.0 if within or value is None else max(limit.excess(value) / scale, 1e-6))
    return tuple(found)


def batch_size(guided: int) -> int:
    """Return how many of ``guided`` settings to request at a time; the same for every executor."""
    return min(64, max(8, guided // 12))


def starts_of(plan: SweepPlan, count: int) -> tuple[StartingSetting, ...]:
    """Return today's settings, the presets, and up to ``count`` settings in all.

    Half of the others change one field of today's settings; the rest are spread evenly over the space.
    """
    named = [
        StartingSetting(plan.space.today, TODAY),
        *(StartingSetting(config, name) for name, config in plan.presets.items()),
    ]
    found = {setting_key(one.config): one for one in reversed(named)}
    found = dict(reversed(found.items()))
    room = max(count - len(found), 0)
    for values in (*islice(_single(plan.space), room // 2), *_spread(plan.space, room - room // 2, plan.seed)):
        config = plan.space.config(values)
        found.setdefault(setting_key(config), StartingSetting(config))
    return tuple(found.values())


def _single(space: Space) -> Iterator[dict[str, Any]]:
    """Yield settings that change one field of today's: first to the middle of its values, then to others."""
    for share in (0.5, 0.25, 0.75, 0.0, 1.0, 0.125, 0.375, 0.625, 0.875):
        for one in space.dimensions:
            value = one.values[round(share * (len(one.values) - 1))]
            if value != one.today:
                yield {one.field.name: value}


def _spread(space: Space, count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield a Latin hypercube: each stratum of values in each dimension occurs once."""
    rng = np.random.default_rng([seed, 17])
    columns = [rng.permutation(count) for _ in space.dimensions]
    for row in range(count):
        yield {
            one.field.name: one.values[int((column[row] + 0.5) * len(one.values) / count)]
            for one, column in zip(space.dimensions, columns, strict=True)
        }


_STEPS = (-4, -2, -1, 1, 2, 4)


def steps_from(space: Space, config: VoiceConfig, seed: int) -> list[VoiceConfig]:
    """Return the settings a few steps from one in a single field, in an order given by ``seed``."""
    held = space.values(config)
    if held is None:
        return []
    found = []
    for one in space.dimensions:
        place = one.place(held[one.field.name]) or 0
        around = [place + step for step in _STEPS] if one.ordered else range(len(one.values))
        found += [
            space.config({**held, one.field.name: one.values[other]})
            for other in around
            if 0 <= other < len(one.values) and other != place
        ]
    order = np.random.default_rng([seed, 31]).permutation(len(found))
    return [found[number] for number in order]


def needs_optuna() -> None:
    """Raise :class:`~simulator.sweep.plan.SweepError` if optuna is not installed."""
    if find_spec("optuna") is None:
        raise SweepError(NEEDS)


class Guide:
    """Suggests settings: optuna's Parzen estimator (TPE) over points and the second axis, within the limits."""

    def __init__(self, space: Space, seed: int) -> None:
        needs_optuna()
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._optuna = optuna
        self._space = space
        self._scales = {one.field.name: _scale(optuna, one) for one in space.dimensions}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # optuna warns that these options are experimental
            sampler = optuna.samplers.TPESampler(
                seed=seed, multivariate=True, constant_liar=True, n_startup_trials=1
            )
        self._study = optuna.create_study(directions=["minimize", "minimize"], sampler=sampler)
        self._asked: dict[str, Any] = {}

    def tell(self, tried: Tried) -> None:
        """Learn from a setting that was suggested, or another of the space."""
        values = [min(one, UNMEASURED) for one in tried.objectives]
        trial = self._asked.pop(tried.key, None)
        if trial is None:
            held = self._space.values(tried.config)
            if held is None:
                return
            trial = self._enqueued(held)
        for number, excess in enumerate(tried.excess):
            trial.set_constraint(str(number), excess)
        self._study.tell(trial, values)

    def ask(self, count: int, known: Mapping[str, Tried]) -> list[VoiceConfig]:
        """Return up to ``count`` untried settings; fewer if the search keeps suggesting known ones."""
        found: dict[str, VoiceConfig] = {}
        for _ in range(count * _ASKS):
            if len(found) == count:
                break
            trial = self._study.ask(self._scales)
            config = self._space.config(self._values(trial.params))
            key = setting_key(config)
            if key in known:
                self._asked[key] = trial
                self.tell(known[key])
            elif key in found or key in self._asked:
                self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)
            else:
                found[key] = config
                self._asked[key] = trial
        return list(found.values())

    def _enqueued(self, held: Mapping[str, Any]) -> Any:
        self._study.enqueue_trial(self._places(held))
        return self._study.ask(self._scales)

    def _places(self, held: Mapping[str, Any]) -> dict[str, int]:
        return {one.field.name: one.place(held[one.field.name]) or 0 for one in self._space.dimensions}

    def _values(self, params: Mapping[str, int]) -> dict[str, Any]:
        return {one.field.name: one.values[params[one.field.name]] for one in self._space.dimensions}


def _scale(optuna: Any, one: Dimension) -> Any:
    places = len(one.values)
    if one.ordered:
        return optuna.distributions.IntDistribution(0, places - 1)
    return optuna.distributions.CategoricalDistribution(list(range(places)))


def shown_settings(
    plan: SweepPlan, tried: Sequence[Tried], known: dict[str, TriedSetting] | None = None
) -> tuple[TriedSetting, ...]:
    """Return settings for screen and JSON; ``known`` are those already converted, by key."""
    front = on_front(tried)
    before = {} if known is None else known
    for one in tried:
        if one.key not in before:
            before[one.key] = _shown(plan, one)
    return tuple(replace(before[one.key], on_front=True) if one.key in front else before[one.key] for one in tried)


def _shown(plan: SweepPlan, one: Tried) -> TriedSetting:
    return TriedSetting(
        config=one.config,
        name=one.name,
        changes={name: after for name, (_, after) in plan.space.changes(one.config).items()},
        points=round(one.points, 4) if math.isfinite(one.points) else None,
        meets_limits=one.meets_limits,
        chosen=one.readouts,
        dropped=one.dropped,
    )


def on_front(tried: Sequence[Tried]) -> set[str]:
    """Return the keys of settings within the limits that no other beats in both points and the second axis."""
    able = [one for one in tried if one.meets_limits and not one.dropped and math.isfinite(one.points)]
    found: set[str] = set()
    least = math.inf
    # among equals, the one that sets the fewest fields comes first
    for one in sorted(able, key=lambda one: (one.objectives, len(one.config.set_values()), one.key)):
        if one.objectives[1] < least:
            found.add(one.key)
            least = one.objectives[1]
    return found
