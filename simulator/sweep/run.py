"""A sweep from plan to result: search, choose, confirm. It depends on no screen and no command line."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

from simulator.measures.limits import Figure
from simulator.sweep.batches import CancelledError, Workers
from simulator.sweep.confirming import Confirming
from simulator.sweep.journal import SweepJournal
from simulator.sweep.plan import SweepCall, SweepError, SweepPlan, call_hash
from simulator.sweep.result import SweepProgress, SweepResult, TriedSetting
from simulator.sweep.search import Tried, shown_settings, starts_of
from simulator.sweep.split import ONE_CALL, Split, split_calls
from simulator.sweep.trying import Search

OnProgress = Callable[[SweepProgress], None]


def run(
    plan: SweepPlan,
    calls: Sequence[SweepCall],
    executor: Executor,
    journals: Path | None = None,
    *,
    on_progress: OnProgress = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> SweepResult:
    """Try settings on calls, choose one on some of the callers and confirm it on the others.

    ``journals`` is a folder for the settings tried so far, until the sweep is done: a later run continues a killed
    or cancelled one, and ends with the same result. ``cancelled`` is called often. Once it returns true, the choice
    is made among the settings tried so far; an exception that it raises ends the run at any time. Raises
    :class:`~simulator.sweep.plan.SweepError` before the work for a plan that does not suit these calls, and if it
    is cancelled before anything was tried.
    """
    calls = sorted(calls, key=lambda call: (call.id, call_hash(call)))
    plan, unjudged, notes = judgeable(plan, calls)
    journal = None if journals is None else SweepJournal.open(journals, plan.fingerprint(tuple(calls)))
    done = False
    try:
        found = _Run(plan, calls, executor, journal, on_progress, cancelled).result(unjudged, notes)
        done = found.complete
    finally:
        if journal is not None:
            journal.close(forget=done)
    return found


def judgeable(plan: SweepPlan, calls: Sequence[SweepCall]) -> tuple[SweepPlan, tuple[str, ...], tuple[str, ...]]:
    """Return the plan without limits that these calls cannot judge, these limits, and sentences about them.

    Raises :class:`~simulator.sweep.plan.SweepError` for fewer than two calls, and for a goal that cannot be
    measured.
    """
    if len(calls) < 2:
        raise SweepError(ONE_CALL)
    split = split_calls(calls, plan.seed)
    for term in plan.goal.terms:
        if why := _why(term.figure, calls, split):
            raise SweepError(f"{term.text} {why}; minimize another figure, or label the calls")
    limits, unjudged, notes = [], [], []
    for limit in plan.goal.limits:
        if why := _why(limit.figure, calls, split):
            unjudged.append(limit.text)
            notes.append(f"{limit.text} cannot be judged: it {why}")
            continue
        limits.append(limit)
        count = sum(call.measures(limit.figure) for call in calls)
        if count < len(calls):
            notes.append(f"{limit.text} is judged on the {count} of {len(calls)} calls that can tell")
    return replace(plan, goal=replace(plan.goal, limits=tuple(limits))), tuple(unjudged), tuple(notes)


def _why(figure: Figure, calls: Sequence[SweepCall], split: Split) -> str:
    """Return why a figure cannot be measured both on choosing and on confirming calls; "" if it can."""
    title = figure.readout.title
    if not any(call.measures(figure) for call in calls):
        if any(call.labelled for call in calls):
            return f"needs what none of these {len(calls)} calls has to measure {title} on"
        return f"needs labels to measure {title}, and none of these {len(calls)} calls is labelled"
    for part in (*(fold.choose for fold in split.folds), split.confirmed_on):
        if not any(calls[call].measures(figure) for call in part):
            return f"needs calls of more callers to measure {title} on: some choose a setting, others confirm it"
    return ""


class _Run:
    """One sweep in progress."""

    def __init__(
        self,
        plan: SweepPlan,
        calls: Sequence[SweepCall],
        executor: Executor,
        journal: SweepJournal | None,
        on_progress: OnProgress,
        cancelled: Callable[[], bool],
    ) -> None:
        self._plan = plan
        self._calls = calls
        self._split: Split = split_calls(calls, plan.seed)
        self._workers = Workers(plan, calls, executor, cancelled)
        self._journal = journal
        self._on_progress = on_progress
        self._started_s = time.perf_counter()
        self._tried: dict[str, Tried] = {}
        """Every setting by its key, with its latest results."""
        self._shown: dict[str, TriedSetting] = {}
        self._resumed = 0
        self._searches: list[Search] = []
        self._whole = 1
        self._skipped = 0
        self._fresh = 0

    def result(self, unjudged: tuple[str, ...], notes: tuple[str, ...]) -> SweepResult:
        """Run the sweep and return its result."""
        starts = starts_of(self._plan, self._plan.budget // 5)
        guided = max(self._plan.budget - len(starts), 0) // len(self._split.folds)
        self._searches = [
            Search(self._plan, self._workers, self._journal, self._split, number, self._note)
            for number in range(len(self._split.folds))
        ]
        self._whole = len(self._searches) * (len(starts) + guided)
        complete = True
        try:
            for search in self._searches:
                search.search(starts, guided)
                self._skipped += len(starts) + guided - len(search.tried)
        except CancelledError:
            complete = False
        if not self._tried:
            raise SweepError("the sweep was stopped before a setting was tried")
        self._workers.go_on()
        self._tell(confirming=True)
        searched_s = time.perf_counter() - self._started_s
        confirming = Confirming(self._plan, self._calls, self._split, self._workers)
        by_fold = [list(search.tried.values()) for search in self._searches]
        found = confirming.result(by_fold, [one.config for one in starts], unjudged, notes)
        return replace(
            found,
            complete=complete,
            timing={
                "search_s": round(searched_s, 3),
                "whole_s": round(time.perf_counter() - self._started_s, 3),
                "decision_s": round(self._workers.worked_s, 3),
            },
        )

    def _note(self, tried: Sequence[Tried], resumed: Sequence[Tried]) -> None:
        """Note tried settings, and report progress."""
        for one in (*tried, *resumed):
            self._tried[one.key] = one
            self._shown.pop(one.key, None)
        self._resumed += len(resumed)
        self._fresh += len(tried)
        self._tell()

    def _tell(self, *, confirming: bool = False) -> None:
        """Report progress; settings that a search left unused count as done."""
        at = sum(len(search.tried) for search in self._searches) + self._skipped
        spent_s = time.perf_counter() - self._started_s
        left_s = spent_s / self._fresh * (self._whole - at) if self._fresh else None
        of = self._plan.budget
        settings = shown_settings(self._plan, list(self._tried.values()), self._shown)
        done = of if confirming else round(of * at / self._whole)
        before = min(round(of * self._resumed / self._whole), done)
        self._on_progress(SweepProgress(done, of, left_s, self._plan.axes, settings, before, confirming))
