"""An evaluation as tables and curves for people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from simulator.measures.comparison import FEWEST_TURNS
from simulator.measures.scoring import UNLABELLED, Group, KindScore, barge_in_scores, voice_scores
from simulator.measures.tradeoff import AtBudget, Point, TurnScore
from tui.cli.simulate_table import print_assumed, print_inline, print_readouts, print_run_notes, print_what_if
from tui.cli.tables import print_line, print_table, stdout_console
from tui.widgets.braille import DotRows

if TYPE_CHECKING:
    from tui.cli.evaluate import Evaluation


ROWS = 10
_LABEL = 6
_PAIR = 2
"""Columns of dots in a cell."""

COLOURS = {"judged": "bold cyan", "silence": "yellow", "mark": "bold"}


def draw(score: TurnScore, width: int, *, ascii_only: bool, silence_only: bool) -> list[Text]:
    """Return the lines of a drawing ``width`` cells wide; one curve where silence is all there is to judge by.

    Each curve shows the lowest cut-in rate at which a mean delay can be had. Marked are the profile's own threshold
    and the best within a budget of 5 %.
    """
    cells = max(width - _LABEL, 20)
    top = _nice(max(score.own.cut_in_rate, 0.3), 0.1)
    right_ms = _nice(max(_reach(points) for points in (score.judged, score.silence)), 500.0)
    curves = {"silence": _dots(score.silence, cells, top, right_ms, every=2)}
    if not silence_only:
        curves["judged"] = _dots(score.judged, cells, top, right_ms, every=1)
    canvas = [[(" ", "")] * cells for _ in range(ROWS)]
    for name, dots in curves.items():
        _lay(canvas, name, dots, ascii_only=ascii_only)
    five = next((at.judged for at in score.budgets if at.budget == 0.05), None)
    for mark, point in (("5", five), ("P" if ascii_only else "◆", score.own)):
        if point is not None:
            column = min(int(point.mean_ms / right_ms * cells), cells - 1)
            row = ROWS - 1 - min(int(point.cut_in_rate / top * ROWS), ROWS - 1)
            canvas[row][max(column, 0)] = (mark, COLOURS["mark"])
    return [*_framed(canvas, top), *_axis(cells, right_ms)]


def legend(*, ascii_only: bool, silence_only: bool) -> str:
    """Return what the signs of a drawing stand for."""
    own = "P" if ascii_only else "◆"
    judged, silence = ("#", ".") if ascii_only else ("solid", "dotted")
    first = "" if silence_only else f"{judged}: with the end-of-turn model; "
    marks = f"{own}: the profile's own threshold; 5: the best within 5 % cut in"
    return f"Turns cut in on, over the mean delay in s. {first}{silence}: silence only; {marks}."


def _nice(value: float, step: float) -> float:
    return math.ceil(value / step - 1e-9) * step


def _reach(points: Sequence[Point]) -> float:
    """Return the delay, ms, at which a curve gets as low as it ever does."""
    lowest = min(point.cut for point in points)
    return max(next(point.mean_ms for point in points if point.cut == lowest), 500.0)


def _dots(points: Sequence[Point], cells: int, top: float, right_ms: float, *, every: int) -> DotRows:
    dots = DotRows(cells, ROWS)
    before: int | None = None
    for column in range(cells * _PAIR):
        delay_ms = (column + 0.5) / (cells * _PAIR) * right_ms
        reached = [point.cut_in_rate for point in points if point.mean_ms <= delay_ms]
        if not reached:
            continue
        height = int(reached[-1] / top * (dots.dot_rows - 1))
        if height < dots.dot_rows and (column // _PAIR) % every == 0:
            dots.fill(column, height, height if before is None else max(before, height))
        before = height
    return dots


def _lay(canvas: list[list[tuple[str, str]]], name: str, dots: DotRows, *, ascii_only: bool) -> None:
    for row, line in enumerate(canvas):
        for column, glyph in enumerate(dots.line(row)):
            if glyph != " ":
                plain = "#" if name == "judged" else "."
                line[column] = (plain if ascii_only else glyph, COLOURS[name])


def _framed(canvas: list[list[tuple[str, str]]], top: float) -> list[Text]:
    lines = []
    for row, line in enumerate(canvas):
        share = top * (ROWS - row) / ROWS
        text = Text(f"{share:4.0%} |" if row % 2 == 0 else "     |")
        for glyph, style in line:
            text.append(glyph, style)
        lines.append(text)
    return lines


def _axis(cells: int, right_ms: float) -> list[Text]:
    ticks = [" "] * cells
    names = [" "] * (cells + _LABEL)
    step_ms = 500.0 if right_ms <= 3000 else 1000.0
    for number in range(int(right_ms / step_ms) + 1):
        column = min(int(number * step_ms / right_ms * cells), cells - 1)
        ticks[column] = "+"
        name = f"{number * step_ms / 1000:g}"
        start = min(column, cells - len(name))
        names[start : start + len(name)] = name
    line = "".join("-" if tick == " " else tick for tick in ticks)
    return [Text(f"  0% +{line}"), Text(f"{'':{_LABEL}}{''.join(names).rstrip()}")]


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
        print_readouts(evaluation.runs, comparison, names)
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
            "Budget: how many turns may be cut in on; at: the lowest threshold that keeps to it, or the profile's"
            " own. Delays are ms from the true end over all turns, cut or not."
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
    headers = ["budget", "at", "cut in", "mean", "p50", "p95"]
    if not silence_only:
        headers += ["silence", "diff.", "95 %"]
    rows = [_budget_row(at, silence_only=silence_only) for at in score.budgets]
    own = ["profile", *_cells(score.own)]
    counted = f"{score.turns} turns in {score.recordings} recording(s)"
    print_table(
        f"End of turn by {evaluation.judge}{whose}: {title}, {counted}",
        headers,
        [*rows, own + [""] * (len(headers) - len(own))],
    )
    if score.turns >= WORTH_DRAWING:
        console = stdout_console()
        ascii_only = not console.is_terminal or "utf" not in (console.encoding or "").lower()
        width = min(console.width - 1, _WIDEST)
        for line in draw(score, width, ascii_only=ascii_only, silence_only=silence_only):
            console.print(line, no_wrap=True, crop=True)
        print_line(legend(ascii_only=ascii_only, silence_only=silence_only))
    fixed = ", ".join(f"{silence_s:g} s {point.cut_in_rate:.0%}" for silence_s, point in score.fixed)
    print_line(f"A fixed silence cuts in on: {fixed}.")
    why = next((at.why_no_interval for at in score.budgets if at.judged and at.why_no_interval), None)
    if why and not silence_only:
        print_line(f"No 95 % interval: {why}.")
    if score.undetected:
        print_line(f"Nothing was heard of {score.undetected} more turn(s).")
    print_line("")


def _budget_row(at: AtBudget, *, silence_only: bool) -> list[str]:
    row = [f"{at.budget:.0%}", *_cells(at.judged)]
    if silence_only:
        return row
    delta = "" if at.difference_percent is None else f"{at.difference_percent:+.0f} %"
    interval = f"{at.ci95[0]:+.0f}…{at.ci95[1]:+.0f}" if at.ci95 else ""
    return [*row, *_delays(at.silence)[:1], delta, interval]


def _cells(point: Point | None) -> list[str]:
    if point is None:
        return ["none", "", "", "", ""]
    return [f"{point.threshold:.4g}", f"{point.cut} / {point.turns}", *_delays(point)]


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
