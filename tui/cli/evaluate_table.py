"""An evaluation as tables and curves for people."""

from __future__ import annotations

from itertools import chain
from string import ascii_uppercase
from typing import TYPE_CHECKING

from simulator.measures.comparison import FEWEST_TURNS
from simulator.measures.scoring import Group, voice_scores
from simulator.measures.tradeoff import AtBudget, TradeOffPoint, TurnScore
from simulator.measures.turns import Count
from tui.cli.simulate_table import print_assumed, print_inline, print_readouts, print_run_notes, print_what_if
from tui.cli.tables import fits, print_line, print_table, stdout_console
from tui.evaluation import (
    BARGE_IN,
    BARGE_IN_COUNTS,
    EARLY,
    FOUND,
    LONG_WAIT,
    MEAN_WAIT,
    MEDIAN_WAIT,
    RIGHT,
    VOICE,
    WAITS_COUNT,
    barge_in_kinds,
    should_text,
    voice_cells,
    wait_text,
)
from tui.figures import count_text, signed
from tui.trade_off import Mark, draw, legend, setting_text

if TYPE_CHECKING:
    from simulator.evaluation import Evaluation
    from tui.cli.audio_options import Hearing


WORTH_DRAWING = 20
"""With fewer turns, a curve is only a few steps and says little."""

_WIDEST = 90
_HEADERS = ("allowed early", EARLY, MEAN_WAIT, MEDIAN_WAIT, LONG_WAIT, "setting", "confidence")
_AGAINST_SILENCE = ("by silence alone", "model's wait against it")
_WAITS = 5
"""The number of leading columns about waits. The others show the causes."""


def print_evaluation(evaluation: Evaluation, hearing: Hearing) -> None:
    """Print the trade-offs, barge-in, voice activity, then the readouts as ``simulate`` shows them."""
    names = evaluation.names
    print_what_if(hearing.words())
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
    headers = [*_HEADERS, *(() if evaluation.silence_only else _AGAINST_SILENCE)]
    tables = {group: _rows(score, headers, silence_only=evaluation.silence_only) for group, score in shown.items()}
    parted = not all(fits(headers, rows) for rows in tables.values())
    for group, score in shown.items():
        title = (
            f"{_title(group)}, {score.turns} turns in {score.recordings} recording{'s' * (score.recordings != 1)}"
        )
        _print_rows(f"End of turn by {evaluation.judge}{whose}: {title}", headers, tables[group], parted=parted)
        _print_curve(score, silence_only=evaluation.silence_only)
    if shown:
        print_line(
            "Each of the first lines is the shortest wait at which no more turns end early, audible or not; the"
            f" others show the profile and the arms. {WAITS_COUNT} Confidence: the turn confidence that ends a"
            " turn. Setting: the eager_eot_threshold with that confidence."
        )
        if not evaluation.silence_only:
            print_line(
                "By silence alone: the mean wait without the end-of-turn model within the same share. The last"
                " column: how much longer the model makes callers wait, with its 95 % interval, a bootstrap over"
                " speakers or recordings."
            )
    few = [f"{_title(group)} ({score.turns})" for group, score in scores.items() if group not in shown]
    if few:
        print_line(f"Too few turns for a trade-off{whose}: {', '.join(few)}.")


def _title(group: Group | None) -> str:
    return "all but the hard" if group is None else group.title


def _rows(score: TurnScore, headers: list[str], *, silence_only: bool) -> list[list[str]]:
    arms = zip(ascii_uppercase, score.arms.items(), strict=False)
    stands = {"profile as it is": score.own} | {f"{letter} {name}": at for letter, (name, at) in arms}
    rows = [_budget_row(at, silence_only=silence_only) for at in score.budgets]
    rows += [[name, *_cells(at)] for name, at in stands.items()]
    return [row + [""] * (len(headers) - len(row)) for row in rows]


def _print_rows(heading: str, headers: list[str], rows: list[list[str]], *, parted: bool) -> None:
    """Print a table, or two tables one above the other, so that no word or figure is broken."""
    if not parted:
        print_table(heading, headers, rows)
        return
    print_table(heading, headers[:_WAITS], [row[:_WAITS] for row in rows])
    print_table("", [headers[0], *headers[_WAITS:]], [[row[0], *row[_WAITS:]] for row in rows])


def _print_curve(score: TurnScore, *, silence_only: bool) -> None:
    """Print the curve if there are enough turns, and notes on the table."""
    if score.turns >= WORTH_DRAWING:
        console = stdout_console()
        ascii_only = not console.is_terminal or "utf" not in (console.encoding or "").lower()
        width, own = min(console.width - 1, _WIDEST), "P" if ascii_only else "◆"
        for line in draw(
            score.judged, score.silence, _marks(score, own), width, ascii_only=ascii_only, silence_only=silence_only
        ):
            console.print(line, no_wrap=True, crop=True)
        print_line(
            f"{legend(ascii_only=ascii_only, silence_only=silence_only)}; {own}: the profile as it is;"
            " 5: the best with at most 5 % ended early; letters: the arms."
        )
    fixed = ", ".join(f"{point.cut:,} after {silence_s:g} s" for silence_s, point in score.fixed)
    print_line(f"A fixed silence ends early, of {score.turns:,} turns: {fixed}.")
    why = next((at.why_no_interval for at in score.budgets if at.judged and at.why_no_interval), None)
    if why and not silence_only:
        print_line(f"No 95 % interval: {why}.")
    if score.undetected:
        print_line(f"No speech was detected in {score.undetected} more turn(s).")
    print_line("")


def _marks(score: TurnScore, own: str) -> list[Mark]:
    """Return the marks on the curve: the arms, the best point within 5 %, and the profile's own threshold."""
    five = next((at.judged for at in score.budgets if at.budget == 0.05), None)
    best = [("5", five)] if five is not None else []
    return [*zip(ascii_uppercase, score.arms.values(), strict=False), *best, (own, score.own)]


def _budget_row(at: AtBudget, *, silence_only: bool) -> list[str]:
    row = [f"at most {at.budget:.0%}".replace("%", " %"), *_cells(at.judged)]
    if silence_only:
        return row
    against = ""
    if at.difference_percent is not None:
        against = f"{signed(at.difference_percent)} %"
        against += f" [{signed(at.ci95[0])}, {signed(at.ci95[1])}]" if at.ci95 else ""
    return [*row, wait_text(at.silence.mean_ms if at.silence else None), against]


def _cells(point: TradeOffPoint | None) -> list[str]:
    if point is None:
        return ["none keeps to it", "", "", "", "", ""]
    early = count_text(Count(point.cut, point.turns), "turns")
    waits = map(wait_text, (point.mean_ms, point.median_ms, point.p95_ms))
    return [early, *waits, setting_text(point.setting), f"{point.threshold:.4g}"]


def _print_barge_in(evaluation: Evaluation, names: list[str]) -> None:
    found = list(barge_in_kinds(evaluation))
    for hard, kinds in found:
        rows = [[kind, should_text(kind), *chain.from_iterable(cells)] for kind, cells in kinds]
        headers = ["over the agent", "stops it"]
        headers += [title for name in names for title in (f"{name}: stopped", "silent after")]
        which = ", hard recordings" if hard else ""
        print_table(f"Barge-in{which}: {BARGE_IN}", headers, rows, left=2)
    if found:
        print_line(BARGE_IN_COUNTS)
        print_line("")


def _print_voice(evaluation: Evaluation) -> None:
    found = voice_scores(evaluation.scored)
    rows = [[name, str(count), *voice_cells(score)] for name, (count, score) in found.items()]
    if rows:
        headers = ["labels", "recordings", RIGHT, FOUND, "F1"]
        print_table(f"Voice activity, {VOICE}: precision, then recall", headers, rows)
