"""Tables of figures: readouts (one column per arm), end of turn, its trade-off, barge-in, and voice activity."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import compress
from typing import Final

from simulator.measures.readout_table import BY_NAME, BY_PLACE, Meaning, Readout
from tui.report.page import Cell, Table, TableRow
from tui.report.parts import AtThreshold, BargeInScore, Counted, Curve, Latency, Readouts, TradeOff
from tui.report.pictures import CurveMark, CurvePoint, FrontPicture, Tick, seconds, steps
from tui.report.results import Simulated

_NOTICED: Final = BY_NAME["dead_air_s"].place
"""The position of the last readout that callers notice."""

_NOTHING: Final = "–"

Apart = Callable[[Readout, str, str], tuple[str, Meaning]]
"""Returns an arm's difference from the baseline in words, and its meaning."""


def figure_tables(
    columns: Mapping[str, Readouts], tones: Sequence[int], apart: Apart, notes: Sequence[str]
) -> tuple[Table, ...]:
    """Return the tables. Counts that are zero everywhere become a note."""
    noticed: list[TableRow] = []
    behind: list[TableRow] = []
    nothing: list[str] = []
    for readout in BY_PLACE:
        values = {name: readouts.get(readout.name) for name, readouts in columns.items()}
        if all(value is None for value in values.values()):
            continue
        if readout.kind == "count" and not any(isinstance(one, Counted) and one.count for one in values.values()):
            nothing.append(readout.title)
            continue
        for share in readout.shares:
            cells = tuple(
                Cell(_figure(readout, share, value), *apart(readout, share, name)) for name, value in values.items()
            )
            if any(cell.figure != _NOTHING for cell in cells):
                meaning = "" if share == "p90" else readout.meaning
                row = TableRow(_label(readout, share), cells, meaning)
                (noticed if readout.place <= _NOTICED else behind).append(row)
    every = [f"Counted, and none found: {', '.join(nothing)}."] if nothing else []
    tables = (
        _table("What callers met", tuple(columns), noticed, tones, ()),
        _table("What the agent did", tuple(columns), behind, tones, (*every, *notes)),
    )
    return tuple(table for table in tables if table.rows or table.notes)


def _table(
    title: str, headers: Sequence[str], rows: Sequence[TableRow], tones: Sequence[int], notes: tuple[str, ...]
) -> Table:
    """Return a table without empty columns."""
    full = [any(row.cells[at].figure != _NOTHING for row in rows) for at in range(len(headers))]
    kept = tuple(TableRow(row.title, tuple(compress(row.cells, full)), row.meaning) for row in rows)
    return Table(title, tuple(compress(headers, full)), kept, tuple(compress(tones, full)), notes)


def _label(readout: Readout, share: str) -> str:
    if readout.kind != "latency":
        return readout.title
    return f"{readout.title}, {'half within' if share == 'p50' else 'nine in ten within'}"


def _figure(readout: Readout, share: str, value: object) -> str:
    if isinstance(value, Latency):
        return seconds(value.p50 if share == "p50" else value.p90)
    if isinstance(value, Counted):
        return f"{value.count:,.0f} of {value.of:,} {readout.of}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,.1f} s"
    return _NOTHING


_LEFT, _RIGHT, _TOP, _BOTTOM, _HEIGHT = 56, 712, 24, 306, 340
_MOST_MS: Final = 2500.0
"""The range of drawn waits. The curve continues to the timeout."""


def _whole(found: Simulated) -> TradeOff | None:
    """Return the trade-off over all but the hard recordings: the one with the most arms."""
    over_all = [one for one in found.end_of_turn if one.kind is None and not one.hard and one.turns]
    return max(over_all, key=lambda one: len(one.arms), default=None)


def score_tables(found: Simulated) -> tuple[Table, ...]:
    """Return the tables of an evaluation's own scores. Empty for a simulation."""
    names = [arm.name for arm in found.arms]
    return (*_end_of_turn(found), *_barge_in(found.barge_in, names), *_voice(found))


def _end_of_turn(found: Simulated) -> Iterable[Table]:
    whole = _whole(found)
    if whole is None:
        return
    stands = whole.arm_thresholds
    rows = (
        TableRow(
            "turns ended early",
            tuple(Cell(f"{at.cut_ins.count:,.0f} of {at.cut_ins.of:,}") for at in stands),
            "Turns ended before their true end, judged pause by pause, as if the agent never spoke.",
        ),
        TableRow("wait for the end of turn, mean", tuple(Cell(seconds(at.delay_ms.get("mean"))) for at in stands)),
        TableRow(
            "wait for the end of turn, 19 in 20 within",
            tuple(Cell(seconds(at.delay_ms.get("p95"))) for at in stands),
        ),
    )
    headers = tuple(at.arm for at in stands)
    yield Table(f"End of turn, over {whole.turns:,} turns of all but the hard recordings", headers, rows)
    if whole.budgets:
        budgets = tuple(
            TableRow(f"at most {one.budget:.0%} ended early".replace("%", " %"), _budget(one.judged), "")
            for one in whole.budgets
        )
        note = "The shortest mean wait at which no more turns end early, and the eager_eot_threshold for it."
        yield Table("What it costs to end fewer turns early", ("mean wait", "setting"), budgets, (), (note,))


def _budget(at: AtThreshold | None) -> tuple[Cell, ...]:
    if at is None:
        return Cell("–"), Cell("–")
    setting = "beyond any" if at.eager_eot_threshold is None else f"{at.eager_eot_threshold:.2f}"
    return Cell(seconds(at.delay_ms.get("mean"))), Cell(setting)


def _barge_in(scores: Sequence[BargeInScore], names: Sequence[str]) -> Iterable[Table]:
    kinds = list(dict.fromkeys((one.kind, one.hard) for one in scores))
    rows = []
    for kind, hard in kinds:
        mine = {one.arm: one for one in scores if (one.kind, one.hard) == (kind, hard)}
        cells = tuple(Cell(_stops(mine[name]) if name in mine else "–") for name in names)
        wanted = any(one.hits is not None for one in mine.values())
        meaning = "The agent should stop." if wanted else "The agent should talk on."
        rows.append(TableRow(f"{kind}{' (hard)' if hard else ''}", cells, meaning))
    if rows:
        yield Table("Barge-in: how often the agent stopped for speech over it", tuple(names), tuple(rows))


def _stops(one: BargeInScore) -> str:
    stops = one.false_alarms if one.hits is None else one.hits
    return f"{stops or 0:,} of {one.over_agent:,}"


def _voice(found: Simulated) -> Iterable[Table]:
    rows = tuple(
        TableRow(
            one.group,
            tuple(Cell("–" if share is None else f"{100 * share:.1f} %") for share in (one.precision, one.recall)),
        )
        for one in found.voice_activity
    )
    if rows:
        headers = ("detected speech that is speech", "speech that is detected")
        yield Table("Voice activity, by time", headers, rows)


def trade_off_picture(found: Simulated) -> FrontPicture | None:
    """Draw waiting against ending turns early, with each arm at its place."""
    whole = _whole(found)
    if whole is None or not whole.curve:
        return None
    curves = {name: _points(curve) for name, curve in whole.curve.items()}
    stands = [(at.delay_ms.get("mean"), at.cut_ins, at.arm) for at in whole.arm_thresholds]
    marked = [(mean, one.count / one.of, arm) for mean, one, arm in stands if mean is not None and one.of]
    every = [point for points in curves.values() for point in points] + [(x, y) for x, y, _ in marked]
    if not every:
        return None
    most_ms, most = max(x for x, _ in every), max(max(y for _, y in every), 0.05) * 1.05

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            round(_LEFT + x / most_ms * (_RIGHT - _LEFT), 1),
            round(_BOTTOM - y / most * (_BOTTOM - _TOP), 1),
        )

    placed = [(*place(x, y), arm, f"{arm}: {seconds(x)}, {y:.1%} ended early") for x, y, arm in marked]
    return FrontPicture(
        title="The trade-off of end of turn",
        description=(
            "How many turns are ended early against how long callers wait for the end of turn, at every threshold:"
            " further left and down is better. Squares: where each configuration stands."
            + (" Dashed: by silence alone, without the end-of-turn model." if "silence" in curves else "")
        ),
        height=_HEIGHT,
        points=tuple(CurvePoint(x, y, "known", words) for x, y, _, words in placed),
        line=tuple(place(*point) for point in curves.get("silence", ())),
        curve=tuple(place(*point) for point in curves.get("judged", ())),
        shift=(),
        labels=tuple(
            CurveMark(x - 12 if x > _RIGHT - 170 else x + 12, arm, "end" if x > _RIGHT - 170 else "start", y - 8)
            for x, y, arm, _ in placed
        ),
        x_ticks=tuple(Tick(place(at * 1000, 0)[0], f"{at:g}") for at in steps(0, most_ms / 1000)),
        y_ticks=tuple(CurveMark(0, f"{at:g}", y=place(0, at / 100)[1]) for at in steps(0, most * 100, 6)),
        x_axis="mean wait for the end of turn, s",
        y_axis="turns ended early, %",
    )


def _points(curve: Curve) -> list[tuple[float, float]]:
    return [
        (mean, rate)
        for mean, rate in zip(curve.mean_ms, curve.cut_in_rate, strict=False)
        if mean is not None and mean <= _MOST_MS
    ]
