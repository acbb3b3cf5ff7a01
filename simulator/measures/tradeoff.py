"""The end-of-turn trade-off: the cut-in rate against the delay, over the rule's threshold.

Every pause of a labelled turn is judged on its own, as if nothing had been decided before. The agent's script has
no effect.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.engine.end_of_turn import EndOfTurnLimits, EndOfTurnPolicy
from simulator.measures.comparison import interval, weights, why_no_interval
from simulator.measures.judged_turns import JudgedPause, JudgedTurn, by_silence
from simulator.measures.readouts import count_json
from simulator.measures.turns import Count

BUDGETS = (0.02, 0.05, 0.10, 0.20, 0.33, 0.40)
"""Cut-in rates at which delays are compared; the field usually compares at 0.05."""

_EVEN = tuple(round(0.01 * step, 2) for step in range(1, 100))


@dataclass(frozen=True, slots=True)
class Rule:
    """What decides besides the threshold: the state machine's own policy, and the timeout, ms."""

    policy: EndOfTurnPolicy
    timeout_ms: int

    def fires_ms(self, pause: JudgedPause, threshold: float) -> int | None:
        """Return when the turn ends in a pause, ms; ``None`` if the next speech is known before."""
        at_ms, _ = self.policy.end(pause.ended, EndOfTurnLimits(threshold, None, self.timeout_ms))
        return at_ms if at_ms < pause.until_ms else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """One turn's result. ``delay_ms`` counts from its true end.

    ``missed``: the next speech came first, and ``delay_ms`` is the wait until then.
    """

    cut: bool
    delay_ms: int
    missed: bool


def judge(turn: JudgedTurn, threshold: float, rule: Rule) -> Verdict | None:
    """Judge one turn at one threshold; ``None`` if no speech of it was detected.

    The delay, with or without a cut-in, is the time to the first moment, from 0.1 s before the true end, at which
    the rule would fire. A pause in which the rule fired earlier, and that extends past that moment, counts from
    that moment.
    """
    if not turn.pauses:
        return None
    fired = [(pause, rule.fires_ms(pause, threshold)) for pause in turn.pauses]
    cut = any(at_ms is not None and at_ms < turn.earliest_ms for _, at_ms in fired)
    for pause, at_ms in fired:
        if at_ms is not None and pause.until_ms > turn.earliest_ms:
            return Verdict(cut, max(at_ms, turn.earliest_ms) - turn.end_ms, missed=False)
    waited_ms = max(turn.pauses[-1].until_ms, turn.end_ms) - turn.end_ms
    return Verdict(cut, waited_ms, missed=True)


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Turns judged at rising thresholds ``[k]``: ``cut`` and ``missed`` bool, ``delay_ms`` int64, all ``[n, k]``.

    ``turns`` are the ``n`` turns with detected speech; ``undetected`` counts the others.
    """

    rule: Rule
    turns: tuple[JudgedTurn, ...]
    undetected: int
    thresholds: NDArray[np.float64]
    cut: NDArray[np.bool_]
    missed: NDArray[np.bool_]
    delay_ms: NDArray[np.int64]

    def place(self, budget: float) -> int | None:
        """Return the index of the lowest threshold with a cut-in rate within ``budget``; ``None``: there is none.

        Delays rise and cut-ins fall with the threshold, so the mean delay is smallest there.
        """
        within = np.flatnonzero(self.cut.sum(axis=0) <= budget * len(self.turns) + 1e-9)
        return int(within[0]) if len(self.turns) and len(within) else None


def sweep(turns: Sequence[JudgedTurn], rule: Rule, also: Iterable[float] = ()) -> Curve:
    """Judge turns at every hundredth, at ``also``, and just above every threshold at which one more turn is cut."""
    steps = {level for turn in turns if (level := _uncut_from(turn, rule)) < 1.0}
    return judge_all(turns, rule, {*_EVEN, *also, *steps})


def judge_all(turns: Sequence[JudgedTurn], rule: Rule, thresholds: Iterable[float]) -> Curve:
    """Judge turns at some thresholds."""
    detected = tuple(turn for turn in turns if turn.pauses)
    rising = sorted(thresholds)
    judged = [verdict for turn in detected for threshold in rising if (verdict := judge(turn, threshold, rule))]
    shape = (len(detected), len(rising))
    return Curve(
        rule=rule,
        turns=detected,
        undetected=len(turns) - len(detected),
        thresholds=np.array(rising),
        cut=np.array([verdict.cut for verdict in judged], np.bool_).reshape(shape),
        missed=np.array([verdict.missed for verdict in judged], np.bool_).reshape(shape),
        delay_ms=np.array([verdict.delay_ms for verdict in judged], np.int64).reshape(shape),
    )


def _uncut_from(turn: JudgedTurn, rule: Rule) -> float:
    """Return the highest confidence reached before the turn's true end: above it, the turn is not cut in on."""
    highest = 0.0
    for pause in turn.pauses:
        last_ms = min(pause.until_ms, turn.earliest_ms) - 1
        if last_ms >= pause.ended.known_ms:
            highest = max(highest, rule.policy.confidence(pause.ended, last_ms + 0.5))
    return highest


# ---- the trade-off in figures


FIXED_SILENCES_S = (0.3, 0.5, 0.7, 1.0, 1.3, 1.5, 2.0)
"""Silences for reference: the simplest rule ends every turn after one of them."""

_NEVER = 1.0


@dataclass(frozen=True, slots=True)
class TradeOffPoint:
    """The turns' results at one threshold. Delays count from the true end, in ms, over all turns.

    ``setting`` is the ``eager_eot_threshold`` with this threshold; ``None``: there is none. ``missed`` turns, whose
    next speech came before the rule fired, count with the silence until then.
    """

    threshold: float
    setting: float | None
    cut: int
    turns: int
    mean_ms: float
    median_ms: float
    p95_ms: float
    missed: int

    @property
    def cut_in_rate(self) -> float:
        """The share of turns cut in on, 0…1."""
        return self.cut / self.turns

    def to_json(self) -> dict[str, Any]:
        """Return the point as JSON values."""
        return {
            "threshold": round(self.threshold, 6),
            "eager_eot_threshold": None if self.setting is None else round(self.setting, 6),
            "cut_ins": count_json(Count(self.cut, self.turns)),
            "cut_in_rate": round(self.cut_in_rate, 4),
            "delay_ms": {"mean": self.mean_ms, "p50": self.median_ms, "p95": self.p95_ms, "n": self.turns},
            "missed": self.missed,
        }


@dataclass(frozen=True, slots=True)
class AtBudget:
    """The smallest delays within a cut-in budget 0…1, with the end-of-turn model and with silence alone.

    ``difference_percent`` is how much longer the mean delay is with the model (negative: shorter).
    """

    budget: float
    judged: TradeOffPoint | None
    silence: TradeOffPoint | None
    difference_percent: float | None
    ci95: tuple[float, float] | None
    why_no_interval: str | None

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as JSON values."""
        shown: dict[str, Any] = {
            "budget": self.budget,
            "judged": self.judged.to_json() if self.judged else None,
            "silence": self.silence.to_json() if self.silence else None,
            "difference_percent": self.difference_percent,
            "ci95": self.ci95,
        }
        return shown if self.why_no_interval is None else {**shown, "why_no_interval": self.why_no_interval}


@dataclass(frozen=True, slots=True)
class TurnScore:
    """The trade-off of a group of turns: ``own`` is the profile's point, ``arms`` are the arms' points."""

    recordings: int
    turns: int
    undetected: int
    own: TradeOffPoint
    arms: Mapping[str, TradeOffPoint]
    budgets: tuple[AtBudget, ...]
    fixed: tuple[tuple[float, TradeOffPoint], ...]
    judged: tuple[TradeOffPoint, ...]
    silence: tuple[TradeOffPoint, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the score as JSON values."""
        return {
            "recordings": self.recordings,
            "turns": self.turns,
            "undetected": self.undetected,
            "profile_threshold": self.own.to_json(),
            "arm_thresholds": [{"arm": name, **found.to_json()} for name, found in self.arms.items()],
            "budgets": [budget.to_json() for budget in self.budgets],
            "fixed_silence": [{"silence_s": silence_s, **_without(point)} for silence_s, point in self.fixed],
            "curve": {"judged": _columns(self.judged), "silence": _columns(self.silence)},
        }


def score_turns(
    turns: Sequence[JudgedTurn], rule: Rule, threshold: float, arms: Mapping[str, float] = MappingProxyType({})
) -> TurnScore | None:
    """Sweep turns over thresholds, including the profile's and those of ``arms``, by name.

    Returns ``None`` if no speech of the turns was detected.
    """
    also = {threshold, *arms.values()}
    judged, silence = (sweep(found, rule, also) for found in (turns, by_silence(turns)))
    if not judged.turns:
        return None
    return TurnScore(
        recordings=len({turn.recording for turn in judged.turns}),
        turns=len(judged.turns),
        undetected=judged.undetected,
        own=point_at(judged, threshold),
        arms={name: point_at(judged, stands_at) for name, stands_at in arms.items()},
        budgets=tuple(_at_budget(judged, silence, budget) for budget in BUDGETS),
        fixed=tuple((silence_s, _fixed(turns, rule, silence_s)) for silence_s in FIXED_SILENCES_S),
        judged=tuple(point(judged, place) for place in range(len(judged.thresholds))),
        silence=tuple(point(silence, place) for place in range(len(silence.thresholds))),
    )


def point_at(curve: Curve, threshold: float) -> TradeOffPoint:
    """Return the point of a curve at one of its thresholds."""
    return point(curve, int(np.searchsorted(curve.thresholds, threshold)))


def point(curve: Curve, place: int) -> TradeOffPoint:
    """Return the point at an index of a curve, which has at least one turn."""
    delays, threshold = curve.delay_ms[:, place], float(curve.thresholds[place])
    return TradeOffPoint(
        threshold=threshold,
        setting=curve.rule.policy.setting_for(threshold),
        cut=int(curve.cut[:, place].sum()),
        turns=len(delays),
        mean_ms=round(float(delays.mean()), 1),
        median_ms=round(float(np.median(delays)), 1),
        p95_ms=round(float(np.quantile(delays, 0.95)), 1),
        missed=int(curve.missed[:, place].sum()),
    )


def _fixed(turns: Sequence[JudgedTurn], rule: Rule, silence_s: float) -> TradeOffPoint:
    """Return the results if a fixed silence ends every turn: a timeout, with an unreachable threshold."""
    return point(judge_all(turns, replace(rule, timeout_ms=round(silence_s * 1000)), [_NEVER]), 0)


def _at_budget(judged: Curve, silence: Curve, budget: float) -> AtBudget:
    ours, theirs = (_best(curve, budget) for curve in (judged, silence))
    if ours is None or theirs is None:
        return AtBudget(budget, ours, theirs, None, None, "no threshold keeps to this budget")
    drawn = sorted({turn.drawn_with for turn in judged.turns})
    named = any(turn.speaker for turn in judged.turns)
    why = why_no_interval(len(judged.turns), len(drawn), "speakers" if named else "recordings")
    difference = 100.0 * (ours.mean_ms / theirs.mean_ms - 1.0) if theirs.mean_ms > 0 else None
    if difference is None:
        return AtBudget(budget, ours, theirs, None, None, "silence alone takes no time here")
    ci = interval(_resampled(judged, silence, budget, drawn)) if why is None else None
    if ci is None and why is None:
        why = "no resample shows a difference"
    return AtBudget(budget, ours, theirs, round(difference, 1), ci, why)


def _best(curve: Curve, budget: float) -> TradeOffPoint | None:
    place = curve.place(budget)
    return None if place is None else point(curve, place)


def _resampled(judged: Curve, silence: Curve, budget: float, names: list[str]) -> NDArray[np.float64]:
    """Return the difference of the mean delays, per cent, in every resample; each finds its own thresholds."""
    means = [_resampled_means(curve, budget, names) for curve in (judged, silence)]
    with np.errstate(divide="ignore", invalid="ignore"):
        differences: NDArray[np.float64] = 100.0 * (means[0] / means[1] - 1.0)
    return differences


def _resampled_means(curve: Curve, budget: float, names: list[str]) -> NDArray[np.float64]:
    # floating point multiplies many times faster, and these counts are exact in it
    drawn = weights(len(names)).astype(np.float64)
    member = np.array([[turn.drawn_with == name for turn in curve.turns] for name in names], np.float64)
    turns = drawn @ member.sum(axis=1)
    within = drawn @ (member @ curve.cut) <= budget * turns[:, None] + 1e-9
    total_ms = (drawn @ (member @ curve.delay_ms))[np.arange(len(drawn)), within.argmax(axis=1)]
    with np.errstate(divide="ignore", invalid="ignore"):
        means: NDArray[np.float64] = np.where(within.any(axis=1), total_ms / turns, np.nan)
    return means


def _without(found: TradeOffPoint) -> dict[str, Any]:
    return {name: value for name, value in found.to_json().items() if not name.endswith("threshold")}


def _columns(points: tuple[TradeOffPoint, ...]) -> dict[str, list[float]]:
    return {
        "threshold": [round(found.threshold, 6) for found in points],
        "cut_in_rate": [round(found.cut_in_rate, 4) for found in points],
        "mean_ms": [found.mean_ms for found in points],
        "p50_ms": [found.median_ms for found in points],
        "p95_ms": [found.p95_ms for found in points],
    }
