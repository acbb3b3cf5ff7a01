"""Runs a sweep's work in batches through an executor. Calls travel to each worker once, audio never."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass

from base.json_text import canonical_json
from presets.config import VoiceConfig
from presets.layers import ResolvedVoiceConfig
from simulator.engine.profile import EngineProfile
from simulator.executors import Shared, share
from simulator.sweep.facts import Facts
from simulator.sweep.plan import SweepCall, SweepPlan, resolved
from simulator.sweep.rehearsal import Rehearsal

BATCH_S = 1.0
"""Seconds of work in a batch: a smaller batch costs more overhead than it saves."""

_A_MINUTE_S = 0.0005
"""The initial estimate for the time that a minute of call takes, s."""

_MOST_KEPT = 40_000
"""The most results kept for settings that are requested again, one per call."""


class CancelledError(Exception):
    """The user has cancelled the sweep."""


class _Given:
    """What every task needs; it travels to each worker once, which keeps its preparation of a call."""

    def __init__(self, calls: tuple[SweepCall, ...], profile: EngineProfile, seed: int) -> None:
        self._calls = calls
        self._profile = profile
        self._seed = seed
        self._prepared: dict[tuple[int, frozenset[str] | None], Rehearsal] = {}

    def rehearsal(self, place: int, names: frozenset[str] | None) -> Rehearsal:
        """Return a rehearsal of one call that measures the readouts named, or all."""
        found = self._prepared.get((place, names))
        if found is None:
            call = self._calls[place]
            found = Rehearsal(
                call.recording, call.activity, self._profile, seed=self._seed, mixed=call.mixed, names=names
            )
            self._prepared[place, names] = found
        return found


@dataclass(frozen=True, slots=True)
class _Task:
    """Settings to try on some calls, by index; ``names``: the readouts to measure, ``None``: all."""

    configs: tuple[ResolvedVoiceConfig, ...]
    calls: tuple[int, ...]
    names: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class _Done:
    """A task's results by setting and call, and its processor time, s."""

    facts: tuple[tuple[Facts, ...], ...]
    took_s: float


def _work(given: Shared[_Given], task: _Task) -> _Done:
    """Run a task in any process, call by call: settings share what the engine caches of a call."""
    started = time.thread_time()
    rehearsals = (given.value.rehearsal(call, task.names) for call in task.calls)
    by_call = [[one.values(config) for config in task.configs] for one in rehearsals]
    return _Done(tuple(zip(*by_call, strict=True)), time.thread_time() - started)


class Workers:
    """Tries settings on calls, wherever the executor runs. ``cancelled`` is called while waiting."""

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
        """Ignore cancellation from here: the settings tried so far are chosen from and confirmed."""
        ask = self._cancelled
        # still called, because it may cancel by raising an exception
        self._cancelled = lambda: ask() and False

    def facts(
        self, configs: Sequence[VoiceConfig], calls: Sequence[int], *, whole: bool = False
    ) -> list[list[Facts]]:
        """Return each setting's results on each call; ``whole``: every readout, not only those of the search.

        Raises :class:`CancelledError`.
        """
        return self.begin(configs, calls, whole=whole).facts()

    def begin(self, configs: Sequence[VoiceConfig], calls: Sequence[int], *, whole: bool = False) -> Batch:
        """Start trying settings on calls, without waiting for results. Raises :class:`CancelledError`."""
        keys = [(canonical_json(config.set_values()), whole) for config in configs]
        rows = {key: self._found.setdefault(key, {}) for key in keys}
        for key in rows:
            self._found.move_to_end(key)
        groups: dict[tuple[int, ...], dict[tuple[str, bool], VoiceConfig]] = {}
        for key, config in zip(keys, configs, strict=True):
            missing = tuple(call for call in calls if call not in rows[key])
            if missing:
                groups.setdefault(missing, {})[key] = config
        waiting: dict[Future[_Done], list[tuple[dict[int, Facts], tuple[int, ...]]]] = {}
        for missing, mine in groups.items():
            held, names = list(mine), None if whole else self._names
            settings = [resolved(self._plan, config) for config in mine.values()]
            for which, some in self._pieces(len(held), missing):
                if self.is_cancelled():
                    _cancel(waiting)
                    raise CancelledError
                task = _Task(tuple(settings[which]), some, names)
                waiting[self._executor.submit(_work, self._given, task)] = [
                    (rows[key], some) for key in held[which]
                ]
        return Batch(self, [rows[key] for key in keys], tuple(calls), waiting)

    def is_cancelled(self) -> bool:
        """Return whether the user has cancelled."""
        return self._cancelled()

    def note(self, calls: tuple[int, ...], settings: int, took_s: float) -> None:
        """Note how long a task took, and drop results that were not requested for a long time."""
        minutes = sum(self._minutes[call] for call in calls) * settings
        self._a_minute_s = max(took_s / max(minutes, 1e-9), 1e-6)
        self.worked_s += took_s
        while sum(map(len, self._found.values())) > _MOST_KEPT and len(self._found) > 1:
            self._found.popitem(last=False)

    def _pieces(self, settings: int, calls: tuple[int, ...]) -> Iterator[tuple[slice, tuple[int, ...]]]:
        """Yield which settings and calls form a batch, preferring fewer calls; batching does not change results."""
        batches = self._a_minute_s * sum(self._minutes[call] for call in calls) * settings / BATCH_S
        parts = max(1, min(len(calls), round(batches)))
        size = -(-settings // max(1, min(settings, round(batches / parts))))
        for first in range(0, settings, size):
            for part in range(parts):
                yield slice(first, first + size), calls[part::parts]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Settings being tried on calls."""

    workers: Workers
    rows: list[dict[int, Facts]]
    calls: tuple[int, ...]
    waiting: dict[Future[_Done], list[tuple[dict[int, Facts], tuple[int, ...]]]]

    def facts(self) -> list[list[Facts]]:
        """Wait, and return each setting's results on each call. Raises :class:`CancelledError`."""
        try:
            while self.waiting:
                ready, _ = wait(self.waiting, timeout=0.2, return_when=FIRST_COMPLETED)
                for future in ready:
                    self._keep(future)
                if self.waiting and self.workers.is_cancelled():
                    raise CancelledError
        finally:
            self.cancel()
        return [[row[call] for call in self.calls] for row in self.rows]

    def cancel(self) -> None:
        """Cancel the tasks that have not started."""
        _cancel(self.waiting)

    def _keep(self, future: Future[_Done]) -> None:
        targets = self.waiting.pop(future)
        done = future.result()
        for (row, some), found in zip(targets, done.facts, strict=True):
            row.update(zip(some, found, strict=True))
        self.workers.note(targets[0][1], len(targets), done.took_s)


def _cancel(waiting: Iterable[Future[_Done]]) -> None:
    for future in waiting:
        future.cancel()
