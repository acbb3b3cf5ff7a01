"""A sweep from plan to result: search, choose, confirm. It knows no screen and no command line."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

from simulator.sweep.batches import CancelledError, Workers
from simulator.sweep.choosing import judged
from simulator.sweep.confirming import Confirming
from simulator.sweep.journal import Journal
from simulator.sweep.plan import SweepCall, SweepError, SweepPlan
from simulator.sweep.racing import Race
from simulator.sweep.result import SweepProgress, SweepResult
from simulator.sweep.search import Guide, Start, Tried, batch_size, setting_key, starts_of
from simulator.sweep.shown import shown_settings
from simulator.sweep.split import Fold, Split, split_calls, third_of

ONE_CALL = "one call cannot both choose a setting and confirm it; give two calls or more, of several callers"

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

    ``journals`` is a folder in which it keeps what it has tried until it is done: the next run goes on where one
    was killed or cancelled, and ends with the same result. ``cancelled`` is asked often; once it says so, what was
    tried until then is chosen from. Raises :class:`~simulator.sweep.plan.SweepError` before the work for a plan
    that these calls cannot serve, and where it is cancelled before anything was tried.
    """
    calls = sorted(calls, key=lambda call: call.id)
    plan, unjudged, notes = judgeable(plan, calls)
    journal = None if journals is None else Journal.open(journals, plan.fingerprint(tuple(calls)))
    done = False
    try:
        found = _Run(plan, calls, executor, journal, on_progress, cancelled).result(unjudged, notes)
        done = found.complete
    finally:
        if journal is not None:
            journal.close(forget=done)
    return found


def judgeable(plan: SweepPlan, calls: Sequence[SweepCall]) -> tuple[SweepPlan, tuple[str, ...], tuple[str, ...]]:
    """Return the plan without limits that these calls cannot tell about, these limits, and sentences about it.

    Raises :class:`~simulator.sweep.plan.SweepError` for fewer than two calls, and a goal that cannot be measured.
    """
    if len(calls) < 2:
        raise SweepError(ONE_CALL)
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
        journal: Journal | None,
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
        """Every setting by its key, with what it came to where it was looked at last."""
        self._resumed: set[str] = set()
        self._searches: list[_Search] = []
        self._whole = 1
        self._skipped = 0
        self._fresh = 0

    def result(self, unjudged: tuple[str, ...], notes: tuple[str, ...]) -> SweepResult:
        """Do it."""
        starts = starts_of(self._plan, self._plan.budget // 5)
        guided = max(self._plan.budget - len(starts), 0) // len(self._split.folds)
        self._searches = [_Search(self, number, fold) for number, fold in enumerate(self._split.folds)]
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

    def note(self, tried: Sequence[Tried], resumed: Sequence[Tried]) -> None:
        """Take note of settings that were tried, and tell about it."""
        self._tried |= {one.key: one for one in (*tried, *resumed)}
        self._resumed |= {one.key for one in resumed}
        self._fresh += len(tried)
        self._tell()

    def _tell(self, *, confirming: bool = False) -> None:
        """Tell how far it is; what a search had no use for counts as done."""
        at = sum(len(search.tried) for search in self._searches) + self._skipped
        spent_s = time.perf_counter() - self._started_s
        left_s = spent_s / self._fresh * (self._whole - at) if self._fresh else None
        of = self._plan.budget
        settings = shown_settings(self._plan, list(self._tried.values()))
        done = of if confirming else round(of * at / self._whole)
        self._on_progress(
            SweepProgress(done, of, left_s, self._plan.axes, settings, len(self._resumed), confirming)
        )


class _Search:
    """The search on the calls that choose in one fold."""

    def __init__(self, run: _Run, number: int, fold: Fold) -> None:
        self._run = run
        self._plan = run._plan
        self._workers = run._workers
        self._journal = run._journal
        self._number = number
        self._calls = fold.choose
        callers = run._split.callers
        self._third = third_of(fold.choose, callers, self._plan.seed)
        self._race = Race(self._plan, [callers[call] for call in self._third]) if self._third else None
        self.tried: dict[str, Tried] = {}

    def search(self, starts: Sequence[Start], guided: int) -> None:
        """Try the starts, then what the guide asks for. Raises :class:`CancelledError`."""
        guide = Guide(self._plan.space, self._plan.seed + 1000 * self._number)
        size = batch_size(self._plan.budget)
        named = sum(bool(one.name) for one in starts)
        # what people know is tried whole: the others race against the best of it
        for first, last in ((0, named), *((at, at + size) for at in range(named, len(starts), size))):
            self._try(starts[first:last], guide)
        target = len(self.tried) + guided
        while len(self.tried) < target:
            asked = guide.ask(min(size, target - len(self.tried)), self.tried)
            if not asked:
                break
            self._try([Start(config) for config in asked], guide)

    def _try(self, some: Sequence[Start], guide: Guide) -> None:
        keys = [setting_key(one.config) for one in some]
        kept = {key: self._journal.find(self._number, key) if self._journal else None for key in keys}
        fresh = [one for one, key in zip(some, keys, strict=True) if kept[key] is None]
        made = {one.key: one for one in self._looked_at(fresh)}
        if self._journal and made:
            self._journal.add(self._number, made.values())
        found = [kept[key] or made[key] for key in keys]
        for one in found:
            self.tried[one.key] = one
            guide.tell(one)
        self._run.note(list(made.values()), [one for one in kept.values() if one is not None])

    def _looked_at(self, some: Sequence[Start]) -> list[Tried]:
        """Return settings with what they come to, those that lose the race with what they come to on a third."""
        if not some:
            return []
        best = self._best()
        found: dict[str, Tried] = {}
        if self._race is not None and best is not None:
            (best_facts, *rows) = self._workers.facts([best.config, *(one.config for one in some)], self._third)
            for one, row in zip(some, rows, strict=True):
                if not one.name and self._race.drops(row, best_facts):
                    tried = judged(self._plan, one.config, row, one.name)
                    found[tried.key] = self._race.dropped(tried, best, best_facts)
        left = [one for one in some if setting_key(one.config) not in found]
        rows = self._workers.facts([one.config for one in left], self._calls)
        whole = [judged(self._plan, one.config, row, one.name) for one, row in zip(left, rows, strict=True)]
        found |= {one.key: one for one in whole}
        return [found[setting_key(one.config)] for one in some]

    def _best(self) -> Tried | None:
        """Return the best setting so far that is within the limits."""
        within = [one for one in self.tried.values() if one.meets_limits and not one.dropped]
        return min(within, key=lambda one: (one.points, one.key), default=None)
