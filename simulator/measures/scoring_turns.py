"""The end-of-turn trade-off of a group of turns in figures: delays at cut-in budgets, against silence alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.measures.bootstrap import interval, weights, why_no_interval
from simulator.measures.tradeoff import BUDGETS, Curve, JudgedTurn, Rule, by_silence, judge_all, sweep

FIXED_SILENCES_S = (0.3, 0.5, 0.7, 1.0, 1.3, 1.5, 2.0)
"""Silences at which the simplest rule of all, to wait that long, is shown for reference."""

_NEVER = 1.0


@dataclass(frozen=True, slots=True)
class Point:
    """What turns meet at one threshold. Delays count from the true end, in ms, over all turns.

    ``missed`` turns, whose next speech came before the rule fired, count with the silence until then.
    """

    threshold: float
    cut: int
    turns: int
    mean_ms: float
    median_ms: float
    p95_ms: float
    missed: int

    @property
    def cut_in_rate(self) -> float:
        """Turns cut out of turns, 0…1."""
        return self.cut / self.turns

    def to_json(self) -> dict[str, Any]:
        """Return the point as scripts see it."""
        return {
            "threshold": round(self.threshold, 6),
            "cut_ins": {"count": self.cut, "of": self.turns},
            "cut_in_rate": round(self.cut_in_rate, 4),
            "delay_ms": {"mean": self.mean_ms, "p50": self.median_ms, "p95": self.p95_ms, "n": self.turns},
            "missed": self.missed,
        }


@dataclass(frozen=True, slots=True)
class AtBudget:
    """The smallest delays within a cut-in budget 0…1, by the end-of-turn model and by silence alone.

    ``difference_percent`` is how much longer the mean delay is with the model (negative: shorter).
    """

    budget: float
    judged: Point | None
    silence: Point | None
    difference_percent: float | None
    ci95: tuple[float, float] | None
    why_no_interval: str | None

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as scripts see it."""
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
    """The trade-off of a group of turns. ``own`` is where the profile's threshold lies on the curve."""

    recordings: int
    turns: int
    undetected: int
    own: Point
    budgets: tuple[AtBudget, ...]
    fixed: tuple[tuple[float, Point], ...]
    judged: tuple[Point, ...]
    silence: tuple[Point, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the score as scripts see it."""
        return {
            "recordings": self.recordings,
            "turns": self.turns,
            "undetected": self.undetected,
            "profile_threshold": self.own.to_json(),
            "budgets": [budget.to_json() for budget in self.budgets],
            "fixed_silence": [{"silence_s": silence_s, **_without(point)} for silence_s, point in self.fixed],
            "curve": {"judged": _columns(self.judged), "silence": _columns(self.silence)},
        }


def score_turns(turns: Sequence[JudgedTurn], rule: Rule, threshold: float) -> TurnScore | None:
    """Sweep turns over thresholds, the profile's own among them; ``None`` if no speech of them was detected."""
    judged, silence = (sweep(found, rule, [threshold]) for found in (turns, by_silence(turns)))
    if not judged.turns:
        return None
    own = int(np.searchsorted(judged.thresholds, threshold))
    return TurnScore(
        recordings=len({turn.recording for turn in judged.turns}),
        turns=len(judged.turns),
        undetected=judged.undetected,
        own=point(judged, own),
        budgets=tuple(_at_budget(judged, silence, budget) for budget in BUDGETS),
        fixed=tuple((silence_s, _fixed(turns, rule, silence_s)) for silence_s in FIXED_SILENCES_S),
        judged=tuple(point(judged, place) for place in range(len(judged.thresholds))),
        silence=tuple(point(silence, place) for place in range(len(silence.thresholds))),
    )


def point(curve: Curve, place: int) -> Point:
    """Return one point of a curve of at least one turn."""
    delays = curve.delay_ms[:, place]
    return Point(
        threshold=float(curve.thresholds[place]),
        cut=int(curve.cut[:, place].sum()),
        turns=len(delays),
        mean_ms=round(float(delays.mean()), 1),
        median_ms=round(float(np.median(delays)), 1),
        p95_ms=round(float(np.quantile(delays, 0.95)), 1),
        missed=int(curve.missed[:, place].sum()),
    )


def _fixed(turns: Sequence[JudgedTurn], rule: Rule, silence_s: float) -> Point:
    """Return what turns meet if a silence of fixed length ends them: a timeout, with a threshold never reached."""
    return point(judge_all(turns, replace(rule, timeout_ms=round(silence_s * 1000)), [_NEVER]), 0)


def _at_budget(judged: Curve, silence: Curve, budget: float) -> AtBudget:
    ours, theirs = (_best(curve, budget) for curve in (judged, silence))
    if ours is None or theirs is None:
        return AtBudget(budget, ours, theirs, None, None, "no threshold keeps to this budget")
    recordings = sorted({turn.recording for turn in judged.turns})
    why = why_no_interval(len(judged.turns), len(recordings))
    difference = 100.0 * (ours.mean_ms / theirs.mean_ms - 1.0) if theirs.mean_ms > 0 else None
    if difference is None:
        return AtBudget(budget, ours, theirs, None, None, "silence alone takes no time here")
    ci = interval(_resampled(judged, silence, budget, recordings)) if why is None else None
    return AtBudget(budget, ours, theirs, round(difference, 1), ci, why)


def _best(curve: Curve, budget: float) -> Point | None:
    place = curve.place(budget)
    return None if place is None else point(curve, place)


def _resampled(judged: Curve, silence: Curve, budget: float, recordings: list[str]) -> NDArray[np.float64]:
    """Return the difference of the mean delays in per cent in every resample; each finds its own thresholds."""
    means = [_resampled_means(curve, budget, recordings) for curve in (judged, silence)]
    with np.errstate(divide="ignore", invalid="ignore"):
        differences: NDArray[np.float64] = 100.0 * (means[0] / means[1] - 1.0)
    return differences


def _resampled_means(curve: Curve, budget: float, recordings: list[str]) -> NDArray[np.float64]:
    # in floating point, which counts as exactly here and multiplies many times faster
    drawn = weights(len(recordings)).astype(np.float64)
    member = np.array([[turn.recording == name for turn in curve.turns] for name in recordings], np.float64)
    turns = drawn @ member.sum(axis=1)
    within = drawn @ (member @ curve.cut) <= budget * turns[:, None] + 1e-9
    total_ms = (drawn @ (member @ curve.delay_ms))[np.arange(len(drawn)), within.argmax(axis=1)]
    with np.errstate(divide="ignore", invalid="ignore"):
        means: NDArray[np.float64] = np.where(within.any(axis=1), total_ms / turns, np.nan)
    return means


def _without(found: Point) -> dict[str, Any]:
    return {name: value for name, value in found.to_json().items() if name != "threshold"}


def _columns(points: tuple[Point, ...]) -> dict[str, list[float]]:
    return {
        "threshold": [round(found.threshold, 6) for found in points],
        "cut_in_rate": [round(found.cut_in_rate, 4) for found in points],
        "mean_ms": [found.mean_ms for found in points],
        "p50_ms": [found.median_ms for found in points],
        "p95_ms": [found.p95_ms for found in points],
    }
