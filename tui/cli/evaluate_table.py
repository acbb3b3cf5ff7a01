"""An evaluation as tables and curves for people."""

from __future__ import annotations

from string import ascii_uppercase
from typing import TYPE_CHECKING

from simulator.measures.comparison import FEWEST_TURNS
from simulator.measures.scoring import UNLABELLED, Group, KindScore, barge_in_scores, voice_scores
from simulator.measures.tradeoff import AtBudget, Point, TurnScore
from simulator.measures.turns import Count
from tui.cli.simulate_table import print_assumed, print_inline, print_readouts, print_run_notes, print_what_if
from tui.cli.tables import print_line, print_table, stdout_console
from tui.figures import count_text
from tui.trade_off import Mark, draw, legend, setting_text

if TYPE_CHECKING:
    from tui.cli.evaluate import Evaluation


WORTH_DRAWING = 20
"""Turns below which a curve is a few steps that say little."""

_WIDEST = 90


def print_evaluation(evaluation: Evaluation) -> None:
    """Print the trade-offs, barge-in, voice activity, then the readouts as ``simulate`` shows them."""
    names = [arm.name for arm in evaluation.arms]
    print_what_if(evaluation.hearing.words())
    print_inline(evaluation.arms)
    for arms, scores in evaluation.end_of_turn().items():
        _print_trade_offs(scores, evaluation, "" if len(arms) == len(names) else f" ({', '.join(arms)})")
    _print_barge_in(evaluation, names)
    _print_voice(evaluation)
    if evaluation.runs:
        comparison = evaluation.comparison()
        print_readouts(evaluation.runs, comparison, evaluation.profile)
        print_run_notes(evaluation.runs, comparison, compared=len(names) > 1)
    print_assumed(evaluation.profile)
    for path, why in evaluation.skipped:
        print_line(f"Skipped: {path.name}, {why}.")


def _print_trade_offs(scores: dict[Group | None, TurnScore], evaluation: Evaluation, whose: str) -> None:
    shown = {group: score for group, score in scores.items() if score.turns >= FEWEST_TURNS}
    for group, score in shown.items():
        _print_trade_off(_title(group), score, evaluation, whose)
    if shown:
        print_line(
            "Budget: how many turns may be ended early, heard or not; at: the lowest threshold that keeps to it, or"
            " the profile's or an arm's own; setting: the eager_eot_threshold that puts it there. Delays are ms"
            " from the true end over all turns, ended early or not."
        )
        if not evaluation.silence_only:
            print_line(
                "Silence: the mean delay by silence only within the same budget; diff.: how much longer the model"
                " takes, with its 95 % interval in per cent, a bootstrap over recordings."
            )
    few = [f"{_title(group)} ({score.turns})" for group, score in scores.items() if group not in shown]
    if few:
        print_line(f"Too few turns for a trade-off{whose}: {', '.join(few)}.")


def _title(group: Group | None) -> str:
    return "all but the hard" if group is None else group.title


def _print_trade_off(title: str, score: TurnScore, evaluation: Evaluation, whose: str) -> None:
    silence_only = evaluation.silence_only
    headers = ["budget", "at", "setting", "ended early", "mean", "p50", "p95"]
    if not silence_only:
        headers += ["silence", "diff.", "95 %"]
    rows = [_budget_row(at, silence_only=silence_only) for at in score.budgets]
    arms = zip(ascii_uppercase, score.arms.items(), strict=False)
    stands = {"profile": score.own} | {f"{letter} {name}": at for letter, (name, at) in arms}
    standing = [[name, *_cells(at)] for name, at in stands.items()]
    counted = f"{score.turns} turns in {score.recordings} recording(s)"
    print_table(
        f"End of turn by {evaluation.judge}{whose}: {title}, {counted}",
        headers,
        [*rows, *(row + [""] * (len(headers) - len(row)) for row in standing)],
    )
    if score.turns >= WORTH_DRAWING:
        console = stdout_console()
        ascii_only = not console.is_terminal or "utf" not in (console.encoding or "").lower()
        width, own = min(console.width - 1, _WIDEST), "P" if ascii_only else "◆"
        for line in draw(
            score.judged, score.silence, _marks(score, own), width, ascii_only=ascii_only, silence_only=silence_only
        ):
            console.print(line, no_wrap=True, crop=True)
        print_line(
            f"{legend(ascii_only=ascii_only, silence_only=silence_only)}; {own}: the profile's own threshold;"
            " 5: the best within 5 % ended early; letters: the arms."
        )
    fixed = ", ".join(f"{silence_s:g} s {point.cut_in_rate:.0%}" for silence_s, point in score.fixed)
    print_line(f"A fixed silence ends early: {fixed}.")
    why = next((at.why_no_interval for at in score.budgets if at.judged and at.why_no_interval), None)
    if why and not silence_only:
        print_line(f"No 95 % interval: {why}.")
    if score.undetected:
        print_line(f"Nothing was heard of {score.undetected} more turn(s).")
    print_line("")


def _marks(score: TurnScore, own: str) -> list[Mark]:
    """Return what is marked on the curve: the arms, the best within 5 %, and the profile's own threshold."""
    five = next((at.judged for at in score.budgets if at.budget == 0.05), None)
    best = [("5", five)] if five is not None else []
    return [*zip(ascii_uppercase, score.arms.values(), strict=False), *best, (own, score.own)]


def _budget_row(at: AtBudget, *, silence_only: bool) -> list[str]:
    row = [f"{at.budget:.0%}", *_cells(at.judged)]
    if silence_only:
        return row
    delta = "" if at.difference_percent is None else f"{at.difference_percent:+.0f} %"
    interval = f"{at.ci95[0]:+.0f}…{at.ci95[1]:+.0f}" if at.ci95 else ""
    return [*row, *_delays(at.silence)[:1], delta, interval]


def _cells(point: Point | None) -> list[str]:
    if point is None:
        return ["none", "", "", "", "", ""]
    early = count_text(Count(point.cut, point.turns))
    return [f"{point.threshold:.4g}", setting_text(point.setting), early, *_delays(point)]


def _delays(point: Point | None) -> list[str]:
    values = (point.mean_ms, point.median_ms, point.p95_ms) if point else ()
    return [f"{value:,.0f}" for value in values] or ["none", "", ""]


def _print_barge_in(evaluation: Evaluation, names: list[str]) -> None:
    scores = {name: barge_in_scores(evaluation.scored, name) for name in names}
    for hard in (False, True):
        mine = {name: {one.kind: one for one in scores[name].get(hard, ())} for name in names}
        kinds = list(dict.fromkeys(kind for name in names for kind in mine[name]))
        if kinds:
            rows = [
                [kind, *(cell for name in names for cell in _barge_in_cells(mine[name].get(kind)))]
                for kind in kinds
            ]
            headers = ["over the agent", *(title for name in names for title in (name, "stop ms"))]
            which = ", hard recordings" if hard else ""
            print_table(f"Barge-in{which}: what stopped the agent, of all there was of it", headers, rows)
    if any(scores.values()):
        print_line(
            "Long interruptions last a second or more; stop: median / longest from the onset. What came while the"
            " agent was silent, or was about to end, is left out."
        )
        print_line("")


def _barge_in_cells(score: KindScore | None) -> tuple[str, str]:
    if score is None:
        return "0", ""
    of = "" if score.kind == UNLABELLED else f" / {score.over_agent - score.ended}"
    stop = score.stop_ms
    return (
        f"{score.stopped}{of}",
        "" if stop.p50 is None or stop.max is None else f"{stop.p50:,.0f} / {stop.max:,.0f}",
    )


def _print_voice(evaluation: Evaluation) -> None:
    rows = []
    for name, (count, score) in voice_scores(evaluation.scored).items():
        shares = [
            "none" if share is None else f"{share:.3f}" for share in (score.precision, score.recall, score.f1)
        ]
        rows.append([name, str(count), *shares])
    if rows:
        headers = ["labels", "recordings", "precision", "recall", "F1"]
        print_table("Voice activity, by frames of 32 ms", headers, rows)
