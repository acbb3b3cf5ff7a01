"""The work of a sweep, in batches through an executor. Calls travel to each worker once, audio never."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass

from base.json_text import canonical_json
from presets.config import VoiceConfig
from presets.layers import ResolvedVoiceConfig
from simulator.engine.profile import EngineProfile
from simulator.executors import Shared, share
from simulator.sweep.facts import Facts, facts_of
from simulator.sweep.plan import SweepCall, SweepPlan, resolved

BATCH_S = 1.0
"""Seconds of work in a batch: less would cost more than it shares out."""

_A_MINUTE_S = 0.0008
"""A first guess at what a minute of call takes."""

_MOST_KEPT = 40_000
"""Facts kept for settings that are asked for again, one a call."""


class CancelledError(Exception):
    """A person wants no more of it."""


@dataclass(frozen=True, slots=True)
class _Given:
    """What every task needs; it travels to each worker once."""

    calls: tuple[SweepCall, ...]
    profile: EngineProfile
    seed: int


@dataclass(frozen=True, slots=True)
class _Task:
    """Settings to try on some calls, by their places; ``names``: the readouts to measure, ``None``: all."""

    configs: tuple[ResolvedVoiceConfig, ...]
    calls: tuple[int, ...]
    names: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of a task: facts by setting and call, and how long it took."""

    facts: tuple[tuple[Facts, ...], ...]
    took_s: float


def _work(given: Shared[_Given], task: _Task) -> _Done:
    """Do a task, in whichever process."""
    started = time.perf_counter()
    known = given.value
    facts = tuple(
        tuple(facts_of(known.calls[call], config, known.profile, known.seed, task.names) for call in task.calls)
        for config in task.configs
    )
    return _Done(facts, time.perf_counter() - started)


class Workers:
    """Tries settings on calls, wherever the executor runs. ``cancelled`` is asked while it waits."""

    def __init__(
        self, plan: SweepPlan, calls: Sequence[SweepCall], executor: Executor, cancelled: Callable[[], bool]
    ) -> None:
        self._plan = plan
        self._minutes = [call.activity.duration_ms / 60_000 for call in calls]
        self._executor = executor
        self._given = share(executor, _Given(tuple(calls), plan.profile, plan.seed))
        self._cancelled = cancelled
        self._a_minute_s = _A_MINUTE_S
        self._found: OrderedDict[tuple[str, bool], dict[int, Facts]] = OrderedDict()
        self._names = frozenset(one.readout.name for one in (*plan.goal.figures(), *plan.axes))
        self.worked_s = 0.0

    def go_on(self) -> None:
        """Do not ask again whether it is cancelled: what was tried is chosen from and confirmed."""
        self._cancelled = lambda: False

    def facts(
        self, configs: Sequence[VoiceConfig], calls: Sequence[int], *, whole: bool = False
    ) -> list[list[Facts]]:
        """Return what each setting does on each call; ``whole``: every readout, not only what is searched by.

        Raises :class:`CancelledError`.
        """
        keys = [(canonical_json(config.set_values()), whole) for config in configs]
        wanted = {
            key: (config, tuple(call for call in calls if call not in self._found.get(key, {})))
            for key, config in zip(keys, configs, strict=True)
        }
        groups: dict[tuple[int, ...], list[tuple[str, bool]]] = {}
        for key, (_, missing) in wanted.items():
            if missing:
                groups.setdefault(missing, []).append(key)
        for key in keys:
            self._found.setdefault(key, {})
            self._found.move_to_end(key)
        for missing, mine in groups.items():
            self._compute(mine, [wanted[key][0] for key in mine], missing, whole=whole)
        found = [[self._found[key][call] for call in calls] for key in keys]
        while sum(map(len, self._found.values())) > _MOST_KEPT and len(self._found) > 1:
            self._found.popitem(last=False)
        return found

    def _compute(
        self, keys: list[tuple[str, bool]], configs: list[VoiceConfig], calls: tuple[int, ...], *, whole: bool
    ) -> None:
        pieces = list(self._pieces(len(configs), calls))
        tasks = [
            _Task(tuple(resolved(self._plan, one) for one in configs[which]), some, None if whole else self._names)
            for which, some in pieces
        ]
        for number, done in self._run(tasks):
            which, some = pieces[number]
            for key, row in zip(keys[which], done.facts, strict=True):
                self._found[key].update(zip(some, row, strict=True))
            minutes = sum(self._minutes[call] for call in some) * len(keys[which])
            self._a_minute_s = max(done.took_s / max(minutes, 1e-9), 1e-6)
            self.worked_s += done.took_s

    def _pieces(self, settings: int, calls: tuple[int, ...]) -> Iterator[tuple[slice, tuple[int, ...]]]:
        """Yield which settings and calls make a batch; how they are cut changes no result."""
        a_setting_s = self._a_minute_s * sum(self._minutes[call] for call in calls)
        parts = max(1, min(len(calls), round(a_setting_s / BATCH_S)))
        batches = max(1, round(settings * a_setting_s / parts / BATCH_S))
        size = -(-settings // min(settings, batches))
        for first in range(0, settings, size):
            for part in range(parts):
                yield slice(first, first + size), calls[part::parts]

    def _run(self, tasks: list[_Task]) -> Iterator[tuple[int, _Done]]:
        """Yield what comes of tasks, as they come."""
        waiting: dict[Future[_Done], int] = {}
        try:
            for number, task in enumerate(tasks):
                if self._cancelled():
                    raise CancelledError
                waiting[self._executor.submit(_work, self._given, task)] = number
            while waiting:
                if self._cancelled():
                    raise CancelledError
                ready, _ = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in ready:
                    yield waiting.pop(future), future.result()
        finally:
            for future in waiting:
                future.cancel()
