"""Confirms settings chosen on some callers on the others, against today's settings and the presets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from presets.config import VoiceConfig
from simulator.measures.comparison import FEWEST_RECORDINGS
from simulator.measures.limits import Figure
from simulator.sweep.batches import Workers
from simulator.sweep.choosing import Choice, Chooser, judged, without
from simulator.sweep.facts import Facts, Resampled, points, readouts_of
from simulator.sweep.plan import SweepCall, SweepPlan
from simulator.sweep.result import (
    TODAY,
    Against,
    Interval,
    LimitOutcome,
    Optimism,
    Readouts,
    Recommended,
    RecommendedChange,
    SweepResult,
    TriedSetting,
    figure_text,
)
from simulator.sweep.search import Tried, excess_of, setting_key, shown_settings
from simulator.sweep.split import Split
from simulator.sweep.wording import change_sentence, obstacles, optimism, verdict


class Confirming:
    """Chooses in every fold, and confirms on the calls left out of it."""

    def __init__(self, plan: SweepPlan, calls: Sequence[SweepCall], split: Split, workers: Workers) -> None:
        self._plan = plan
        self._calls = calls
        self._split = split
        self._workers = workers
        self._figures = tuple(dict.fromkeys((*plan.goal.figures(), *plan.axes)))
        self._confirm = split.confirmed_on
        self._dropped: Sequence[str] = ()
        callers = [split.callers[call] for call in self._confirm]
        self._resampled = Resampled(callers)
        self._why_no_interval = (
            f"an interval needs {FEWEST_RECORDINGS} callers (here: {len(set(callers))})"
            if len(set(callers)) < FEWEST_RECORDINGS
            else None
        )

    def result(
        self,
        by_fold: Sequence[Sequence[Tried]],
        starts: Sequence[VoiceConfig],
        unjudged: tuple[str, ...],
        notes: tuple[str, ...],
    ) -> SweepResult:
        """Return the result of a search in every fold, or in some of them."""
        self._dropped = unjudged
        choices = self._choices(by_fold, starts)
        tried = self._on_chosen(by_fold, choices)
        if self._split.halves:
            final = choices[0]
        else:
            final = self._chooser(self._split.chosen_on).choose(tried)
            known = {one.key for one in tried}
            tried += [one for one in final.more if one.key not in known]
        confirmed = self._out_of_fold(choices)
        today = self._facts(self._plan.space.today)
        settings = shown_settings(self._plan, tried)
        place = {setting_key(one.config): number for number, one in enumerate(settings)}
        index = place[setting_key(final.config)]
        settings = tuple(
            self._confirmed(one, confirmed if number == index else None, today)
            for number, one in enumerate(settings)
        )
        recommended, words = self._recommended(final, index, tried, confirmed, today, settings)
        return SweepResult(
            goal=self._plan.goal,
            unjudged=unjudged,
            axes=self._plan.axes,
            chosen_on=tuple(self._calls[call].id for call in self._split.chosen_on),
            confirmed_on=tuple(self._calls[call].id for call in self._confirm),
            folds=len(self._split.folds),
            callers=len(set(self._split.callers)),
            settings=settings,
            baseline=next(number for number, one in enumerate(settings) if one.name == TODAY),
            recommended=recommended,
            verdict=words,
            obstacles=obstacles(self._plan, tried, tried[index]) if final.nearest else (),
            notes=(*notes, *self._notes(choices, final)),
            profile=self._plan.profile.name,
            seed=self._plan.seed,
            budget=self._plan.budget,
        )

    def _notes(self, choices: Sequence[Choice], final: Choice) -> list[str]:
        found = []
        if self._split.alone:
            found.append(
                "all calls are of one caller, so differences between callers are unknown; they are split by call"
            )
        if not self._split.halves:
            same = sum(setting_key(one.config) == setting_key(final.config) for one in choices)
            found.append(
                f"fewer than 20 callers: each of {len(choices)} parts confirms what was chosen without it;"
                f" {same} of {len(choices)} chose the recommended setting itself;"
                " what each change is worth is measured on all calls, also those it was chosen by"
            )
        return found

    # ---- choosing

    def _chooser(self, calls: Sequence[int]) -> Chooser:
        return Chooser(self._plan, self._workers, calls, self._split.callers)

    def _choices(self, by_fold: Sequence[Sequence[Tried]], starts: Sequence[VoiceConfig]) -> list[Choice]:
        """Return each fold's choice; a fold without a search chooses among the starts, which saw no call."""
        found = []
        for number, fold in enumerate(self._split.folds):
            mine = list(by_fold[number]) if number < len(by_fold) else []
            if not any(one.name == TODAY for one in mine):
                rows = self._workers.facts(starts, fold.choose)
                named = {one.key: one.name for tried in by_fold for one in tried}
                mine = [
                    judged(self._plan, config, row, named.get(setting_key(config), ""))
                    for config, row in zip(starts, rows, strict=True)
                ]
            found.append(self._chooser(fold.choose).choose(mine))
        return found

    def _on_chosen(self, by_fold: Sequence[Sequence[Tried]], choices: Sequence[Choice]) -> list[Tried]:
        """Return every setting once, with its results on the calls used for choosing."""
        every: dict[str, Tried] = {}
        for one in (
            *(one for tried in by_fold for one in tried),
            *(one for choice in choices for one in choice.more),
        ):
            if one.key not in every or every[one.key].dropped:
                every[one.key] = one
        if self._split.halves:
            return list(every.values())
        whole = [one for one in every.values() if not one.dropped]
        rows = self._workers.facts([one.config for one in whole], self._split.chosen_on)
        again = {
            one.key: judged(self._plan, one.config, row, one.name) for one, row in zip(whole, rows, strict=True)
        }
        return [again.get(one.key, one) for one in every.values()]

    # ---- confirming

    def _facts(self, config: VoiceConfig) -> list[Facts]:
        return self._workers.facts([config], self._confirm, whole=True)[0]

    def _out_of_fold(self, choices: Sequence[Choice]) -> list[Facts]:
        """Return the choices' results on the calls they were not chosen by."""
        found: dict[int, Facts] = {}
        for fold, choice in zip(self._split.folds, choices, strict=True):
            found |= zip(
                fold.confirm, self._workers.facts([choice.config], fold.confirm, whole=True)[0], strict=True
            )
        return [found[call] for call in self._confirm]

    def _confirmed(self, one: TriedSetting, recommended: list[Facts] | None, today: list[Facts]) -> TriedSetting:
        """Return a setting with its confirmed readouts, if it has any from calls not used for choosing."""
        if recommended is None and not one.name and not (self._split.halves and one.on_front):
            return one
        facts = recommended or self._facts(one.config)
        ci95 = (
            None
            if one.name == TODAY
            else {
                figure_text(figure): self._interval(self._figure(figure, facts) - self._figure(figure, today))
                for figure in self._figures
            }
        )
        return replace(one, confirmed=readouts_of(facts), ci95=ci95)

    def _figure(self, figure: Figure, facts: Sequence[Facts]) -> NDArray[np.float64]:
        return self._resampled.figure(figure, facts)

    def _interval(self, difference: NDArray[np.float64]) -> Interval | None:
        known = difference[np.isfinite(difference)]
        if self._why_no_interval or not len(known):
            return None
        low, high = (round(float(one), 4) for one in np.quantile(known, (0.025, 0.975)))
        return (low, high) if low or high else None

    def _points(self, facts: Sequence[Facts], other: Sequence[Facts]) -> tuple[float | None, Interval | None]:
        """Return how the points of one setting differ from another's where confirmed, with the interval."""
        terms = self._plan.goal.terms
        mine, theirs = (points(terms, readouts_of(one), len(one)) for one in (facts, other))
        found = self._resampled.points(terms, facts) - self._resampled.points(terms, other)
        delta = mine - theirs
        return (round(delta, 4) if np.isfinite(delta) else None), self._interval(found)

    def _recommended(
        self,
        final: Choice,
        index: int,
        tried: Sequence[Tried],
        confirmed: list[Facts],
        today: list[Facts],
        settings: Sequence[TriedSetting],
    ) -> tuple[Recommended, str]:
        plan = self._plan
        here, before = readouts_of(confirmed), readouts_of(today)
        changed = [(name, *pair) for name, pair in plan.space.changes(final.config).items()]
        delta, ci95 = self._points(confirmed, today)
        broken, todays, unjudged = self._broken(here), self._broken(before), self._unjudged(here)
        within = not broken and not unjudged and bool(todays)
        distinguishable = bool(changed) and (within or (_better(ci95) and set(broken) <= set(todays)))
        figures = tuple(
            self._optimism(one.figure, before, tried[index], here, confirmed, today) for one in plan.goal.terms
        )
        against = tuple(self._against(name, config, confirmed) for name, config in plan.presets.items())
        found = Recommended(
            index=index,
            changes=tuple(self._change(final.config, *one) for one in changed),
            confirmed=here,
            today=before,
            points=delta,
            ci95=ci95,
            figures=figures,
            limits=tuple(self._limit(place, tried[index], here) for place in range(len(plan.goal.limits))),
            against=against,
            distinguishable=distinguishable,
            nearest=final.nearest,
        )
        words = verdict(
            plan,
            changed,
            figures,
            distinguishable=distinguishable,
            nearest=final.nearest,
            broken=broken,
            unjudged=(*unjudged, *(f"{limit} (not measured on these calls)" for limit in self._dropped)),
            few=self._few(here),
            todays=todays,
            none_within=all(self._broken(one.confirmed) for one in settings if one.confirmed is not None),
            against=against,
            tried=len(tried),
            where=self._where(),
            why_no_interval=self._why_no_interval,
        )
        return found, words

    def _where(self) -> str:
        callers = len({self._split.callers[call] for call in self._confirm})
        return f"on {len(self._confirm)} calls of {callers} callers it was not chosen by"

    def _broken(self, readouts: Readouts) -> list[str]:
        limits = self._plan.goal.limits
        return [one.text for one, excess in zip(limits, excess_of(limits, readouts), strict=True) if excess]

    def _few(self, readouts: Readouts) -> list[str]:
        """Return the limits broken on too few cases, each with the number needed."""
        limits = self._plan.goal.limits
        return [
            f"{one.text}: {few}"
            for one in limits
            if one.judge(readouts).met is False and (few := one.too_few(readouts))
        ]

    def _unjudged(self, readouts: Readouts) -> list[str]:
        """Return the limits that are not broken but cannot be judged, each with the reason."""
        found = []
        for limit in self._plan.goal.limits:
            outcome, few = limit.judge(readouts), limit.too_few(readouts)
            if outcome.met is None or (outcome.met and few):
                found.append(f"{limit.text} ({few or 'nothing to measure it on'})")
        return found

    def _optimism(
        self, figure: Figure, before: Any, chosen: Tried, here: Any, confirmed: list[Facts], today: list[Facts]
    ) -> Optimism:
        values = figure.measured(before), figure.measured(chosen.readouts), figure.measured(here)
        ends = self._interval(self._figure(figure, confirmed) - self._figure(figure, today))
        return Optimism(figure_text(figure), *values, ends, optimism(figure, *values))

    def _limit(self, place: int, chosen: Tried, here: Any) -> LimitOutcome:
        limit = self._plan.goal.limits[place]
        where_chosen, where_not = limit.judge(chosen.readouts), limit.judge(here)
        chosen_on, few = limit.too_few(chosen.readouts), limit.too_few(here)
        return LimitOutcome(
            limit.text,
            None if where_chosen.met and chosen_on else where_chosen.met,
            None if where_not.met and few else where_not.met,
            f"{where_not.sentence}; judged on {few}" if few else where_not.sentence,
        )

    def _against(self, name: str, config: VoiceConfig, confirmed: list[Facts]) -> Against:
        theirs = self._facts(config)
        delta, ci95 = self._points(confirmed, theirs)
        breaks, own = self._broken(readouts_of(theirs)), bool(self._broken(readouts_of(confirmed)))
        beaten = (bool(breaks) and not own) or (ci95 is not None and ci95[1] < 0 and (bool(breaks) or not own))
        return Against(name, delta, ci95, tuple(breaks), beaten)

    def _change(self, config: VoiceConfig, field: str, before: Any, after: Any) -> RecommendedChange:
        """Return the value of one change where confirmed; with folds, that is on all calls."""
        taken_back = without(self._plan, config, [field])
        having, back = self._workers.facts([config, taken_back], self._confirm)
        delta, ci95 = self._points(back, having)
        readouts = readouts_of(having), readouts_of(back)
        values = [(one, one.measured(readouts[0]), one.measured(readouts[1])) for one in self._figures]
        worth = {
            figure_text(one): round(without - mine, 4)
            for one, mine, without in values
            if mine is not None and without is not None
        }
        return RecommendedChange(
            field, before, after, delta, ci95, worth, change_sentence(field, before, after, values)
        )


def _better(ci95: Interval | None) -> bool:
    """Return whether an interval of points lies below 0, which is better than today."""
    return ci95 is not None and ci95[1] < 0
