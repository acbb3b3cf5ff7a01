"""The tables of readouts: what callers notice, and what the agent did. One column per arm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import compress
from typing import Final

from simulator.measures.readout_table import BY_NAME, BY_PLACE, Meaning, Readout
from tui.report.page import Cell, Table, TableRow
from tui.report.parts import Counted, Latency, Readouts
from tui.report.pictures import seconds

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
