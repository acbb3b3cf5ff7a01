"""A sweep from plan to result: search, choose, confirm. It knows no screen and no command line."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace

from simulator.sweep.batches import CancelledError, Workers
from simulator.sweep.choosing import judged
from simulator.sweep.confirming import Confirming
from simulator.sweep.plan import SweepCall, SweepError, SweepPlan
from simulator.sweep.result import SweepProgress, SweepResult
from simulator.sweep.search import Guide, Start, Tried, batch_size, starts_of
from simulator.sweep.shown import shown_settings
from simulator.sweep.split import Fold, Split, split_calls

OnProgress = Callable[[SweepProgress], None]


def run(
    plan: SweepPlan,
    calls: Sequence[SweepCall],
    executor: Executor,
    *,
    on_progress: OnProgress = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> SweepResult:
    """Try settings on calls, choose one on some of the callers and confirm it on the others.

    ``cancelled`` is asked often; once it says so, what was tried until then is the result. Raises
    :class:`~simulator.sweep.plan.SweepError` before the work for a plan that these calls cannot serve, and where
    it is cancelled before anything was tried.
    """
    calls = sorted(calls, key=lambda call: call.id)
    plan, unjudged, notes = judgeable(plan, calls)
    return _Run(plan, calls, executor, on_progress, cancelled).result(unjudged, notes)


def judgeable(plan: SweepPlan, calls: Sequence[SweepCall]) -> tuple[SweepPlan, tuple[str, ...], tuple[str, ...]]:
    """Return the plan without limits that these calls cannot tell about, these limits, and sentences about it.

    Raises :class:`~simulator.sweep.plan.SweepError` for fewer than two calls, and a goal that cannot be measured.
    """
    if len(calls) < 2:
        raise SweepError(
            "one call cannot both choose a setting and confirm it; give two calls or more, of several callers"
        )
    for term in plan.goal.terms:
        if not any(call.measures(term.figure) for call in calls):
            raise SweepError(
                f"{term.text} {_why(term.figure.readout.title, calls)}; minimize another figure, or label the calls"
            )
    limits, unjudged, notes = [], [], []
    for limit in plan.goal.limits:
        count = sum(call.measures(limit.figure) for call in calls)
        if not count:
            unjudged.append(limit.text)
            notes.append(f"{limit.text} cannot be judged: it {_why(limit.figure.readout.title, calls)}")
            continue
        limits.append(limit)
        if count < len(calls):
            notes.append(f"{limit.text} is judged on the {count} of {len(calls)} calls that can tell")
    return replace(plan, goal=replace(plan.goal, limits=tuple(limits))), tuple(unjudged), tuple(notes)


def _why(title: str, calls: Sequence[SweepCall]) -> str:
    if any(call.labelled for call in calls):
        return f"needs what none of these {len(calls)} calls has to measure {title} on"
    return f"needs labels to measure {title}, and none of these {len(calls)} calls is labelled"


class _Run:
    """One sweep at work."""

    def __init__(
        self,
        plan: SweepPlan,
        calls: Sequence[SweepCall],
        executor: Executor,
        on_progress: OnProgress,
        cancelled: Callable[[], bool],
    ) -> None:
        self.plan = plan
        self.calls = calls
        self.split: Split = split_calls(calls, plan.seed)
        self.workers = Workers(plan, calls, executor, cancelled)
        self._on_progress = on_progress
        self._started_s = time.perf_counter()
        self._tried: dict[str, Tried] = {}
        """Every setting by its key, with what it came to where it was looked at last."""

    def result(self, unjudged: tuple[str, ...], notes: tuple[str, ...]) -> SweepResult:
        """Do it."""
        complete = True
        by_fold: list[list[Tried]] = []
        starts = starts_of(self.plan, self.plan.budget // 5)
        guided = max(self.plan.budget - len(starts), 0) // len(self.split.folds)
        try:
            for fold in self.split.folds:
                mine: dict[str, Tried] = {}
                by_fold.append([])
                self._search(fold, starts, guided, mine)
                by_fold[-1] = list(mine.values())
        except CancelledError:
            complete = False
            by_fold[-1] = list(mine.values())
        if not self._tried:
            raise SweepError("the sweep was stopped before a setting was tried")
        self.workers.go_on()
        searched_s = time.perf_counter() - self._started_s
        confirming = Confirming(self.plan, self.calls, self.split, self.workers)
        found = confirming.result(by_fold, [one.config for one in starts], unjudged, notes)
        return replace(
            found,
            complete=complete,
            timing={
                "search_s": round(searched_s, 3),
                "whole_s": round(time.perf_counter() - self._started_s, 3),
                "decision_s": round(self.workers.worked_s, 3),
            },
        )

    def _search(self, fold: Fold, starts: Sequence[Start], guided: int, mine: dict[str, Tried]) -> None:
        """Try the starts, then what the guide asks for, on the calls that choose in a fold."""
        plan = self.plan
        guide = Guide(plan.space, len(plan.goal.limits), plan.seed)
        size = batch_size(plan.budget)
        for first in range(0, len(starts), size):
            self._try(fold, starts[first : first + size], guide, mine)
        target = len(mine) + guided
        while len(mine) < target:
            asked = guide.ask(min(size, target - len(mine)), mine)
            if not asked:
                break
            self._try(fold, [Start(config) for config in asked], guide, mine)

    def _try(self, fold: Fold, some: Sequence[Start], guide: Guide, mine: dict[str, Tried]) -> None:
        rows = self.workers.facts([one.config for one in some], fold.choose)
        for one, row in zip(some, rows, strict=True):
            tried = judged(self.plan, one.config, row, one.name)
            mine[tried.key] = self._tried[tried.key] = tried
            guide.tell(tried)
        self._tell()

    def _tell(self) -> None:
        done, of = len(self._tried), self.plan.budget
        spent_s = time.perf_counter() - self._started_s
        left_s = spent_s / done * max(of - done, 0) if done else None
        settings = shown_settings(self.plan, list(self._tried.values()))
        self._on_progress(SweepProgress(done, max(of, done), left_s, self.plan.axes, settings))
