"""How good a calibration is, as the lines of a Markdown file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.calibration.expected import Expected
from benchmarks.calibration.fit import THRESHOLD
from benchmarks.calibration.heard import Heard, pauses
from simulator.activity.smart_turn import completeness_of
from simulator.engine.end_of_turn import ConfidencePolicy
from simulator.measures.tradeoff import Curve, JudgedTurn, Rule, TurnScore, by_silence, score_turns, sweep

TIMEOUT_MS = 5000
_STEPS = tuple(step / 100 for step in range(2, 21))

HEADER = (
    "| recordings | turns | budget | silence alone | ours | saved | 95 % interval |",
    "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
)


class Group(NamedTuple):
    """Recordings judged together, and the head start, s, that a span's end gets."""

    name: str
    heard: Sequence[Heard]
    head_start_s: Callable[[Heard, int], float]
    half_life_s: float

    def judged(self) -> list[JudgedTurn]:
        """Return the turns with their pauses judged."""
        return [turn for one in self.heard for turn in one.judged(self._completeness)]

    def rule(self) -> Rule:
        """Return the rule they are judged by."""
        return Rule(ConfidencePolicy(self.half_life_s, THRESHOLD), TIMEOUT_MS)

    def _completeness(self, heard: Heard, span: int) -> float:
        return completeness_of(self.head_start_s(heard, span), self.half_life_s)


def trade_off(group: Group) -> list[str]:
    """Return table rows: mean delays at cut-in budgets, and how much of silence alone's delay is saved."""
    score = score_turns(group.judged(), group.rule(), THRESHOLD)
    rows = []
    for at in score.budgets if score else ():
        start = f"| {group.name} | {score.turns if score else 0} | {at.budget:.0%} |"
        if at.judged is None or at.silence is None or at.difference_percent is None:
            rows.append(f"{start} - | - | - | {at.why_no_interval} |")
            continue
        # the interval is of how much longer the delay is: the other way round it is of what is saved
        ci = f"{-at.ci95[1]:.0f} to {-at.ci95[0]:.0f} %" if at.ci95 else at.why_no_interval
        rows.append(
            f"{start} {at.silence.mean_ms / 1000:.3f} s | {at.judged.mean_ms / 1000:.3f} s"
            f" | {-at.difference_percent:.1f} % | {ci} |"
        )
    return rows


def in_words(group: Group) -> str:
    """Return one line: the default threshold's place, and the least saving at any budget from 2 to 20 %."""
    turns, rule = group.judged(), group.rule()
    ours, alone = score_turns(turns, rule, THRESHOLD), score_turns(by_silence(turns), rule, THRESHOLD)
    assert ours is not None
    assert alone is not None
    curves = sweep(turns, rule), sweep(by_silence(turns), rule)
    savings = {budget: 1.0 - _mean_ms(curves[0], budget) / _mean_ms(curves[1], budget) for budget in _STEPS}
    worst = min(savings, key=lambda budget: savings[budget])
    return (
        f"* {group.name}: at the threshold {THRESHOLD} {_own(ours)}, silence alone {_own(alone)}."
        f" Least saved at any budget from 2 to 20 %: {savings[worst]:.1%} (at {worst:.0%})."
    )


def expected_line(group: Group) -> str:
    """Return one line of what :mod:`benchmarks.calibration.expected` says."""
    found = pauses(list(group.heard))
    expected = Expected(found)
    head_start_s = np.array([group.head_start_s(pause.heard, pause.span) for pause in found])
    budgets = (0.02, 0.05, 0.1, 0.2)
    return f"* {group.name}: " + ", ".join(
        f"{expected.saving(head_start_s, budget):.1%} at {budget:.0%}" for budget in budgets
    )


def _own(score: TurnScore) -> str:
    own = score.own
    return f"cuts {own.cut} of {own.turns} ({own.cut_in_rate:.0%}) at a mean delay of {own.mean_ms / 1000:.2f} s"


def _mean_ms(curve: Curve, budget: float) -> float:
    place = curve.place(budget)
    assert place is not None
    return float(curve.delay_ms[:, place].mean())
