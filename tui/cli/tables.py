"""Tables for people, drawn so that no file's text can act as markup or as a terminal command."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from textwrap import wrap
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tui.terminal_text import LONGEST, cut, plain

PIPE_WIDTH = 100_000
"""The width of what is no terminal: a row is a line there, so that names can be searched for."""


_WIDEST = 300
"""The widest a column is padded to in a pipe; a longer cell stays whole and goes past it."""


def stdout_console() -> Console:
    """Return a console on standard output: as wide as the terminal or COLUMNS, and without a limit in a pipe."""
    return Console(highlight=False, width=None if _is_limited() else PIPE_WIDTH)


def _is_limited() -> bool:
    return sys.stdout.isatty() or bool(os.environ.get("COLUMNS"))


def print_table(
    title: str, headers: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1, whole: int = 0
) -> None:
    """Print a table; the first ``left`` columns are texts, the others figures. Without a title it has none.

    The first ``whole`` columns are never folded, however narrow the terminal is. Where it is too narrow, headers
    are folded before cells are. No cell is so long that it makes the others' rows long.
    """
    console = stdout_console()
    safe_headers, cells = _safe(headers, rows)
    cells, long_cells = _without_long(cells)
    table = _table(safe_headers, cells, left, whole)
    if _too_wide(table, console):
        table = _table(_folded(safe_headers, cells), cells, left, whole)
    if title:
        console.print(Text(plain(title), style="bold"))
    if not long_cells:
        console.print(table)
        return
    with console.capture() as captured:
        console.print(table)
    drawn = captured.get()
    for stand_in, cell in long_cells.items():
        drawn = drawn.replace(stand_in, cell, 1)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in drawn.splitlines()))


def _without_long(rows: list[list[str]]) -> tuple[list[list[str]], dict[str, str]]:
    """Return rows with long cells cut, or in a pipe with stand-ins for them, and what they stand for."""
    if _is_limited():
        return [[cut(cell, LONGEST) for cell in row] for row in rows], {}
    long_cells: dict[str, str] = {}
    found = []
    for row in rows:
        found.append(list[str]())
        for cell in row:
            if len(cell) > _WIDEST:
                stand_in = f"\ue000{len(long_cells)}".ljust(_WIDEST, "\ue001")
                long_cells[stand_in] = cell
                cell = stand_in
            found[-1].append(cell)
    return found, long_cells


def fits(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the terminal is wide enough for a table without folding any cell."""
    safe_headers, cells = _safe(headers, rows)
    cells, _ = _without_long(cells)
    return not _too_wide(_table(_folded(safe_headers, cells), cells, 1, 0), stdout_console())


def _safe(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    return [plain(header) for header in headers], [[plain(cell) for cell in row] for row in rows]


def _table(headers: list[str], rows: list[list[str]], left: int, whole: int) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for index, header in enumerate(headers):
        justify: Literal["left", "right"] = "left" if index < left else "right"
        table.add_column(Text(header), justify=justify, overflow="fold", no_wrap=index < whole)
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _folded(headers: list[str], rows: list[list[str]]) -> list[str]:
    """Return headers folded between words, to no more than their cells' width where words allow."""
    folded = []
    for index, header in enumerate(headers):
        cells = [row[index] for row in rows if index < len(row)]
        width = max(map(cell_len, [*cells, *header.split()]), default=0)
        folded.append("\n".join(wrap(header, max(1, width), break_long_words=False, break_on_hyphens=False)))
    return folded


def _too_wide(table: Table, console: Console) -> bool:
    """Tell whether a table would like to be wider than the terminal."""
    options = console.options.update(width=10_000)
    return console.measure(table, options=options).maximum > console.width


def print_timed(rows: Sequence[tuple[str, str]]) -> None:
    """Print what happened when: a moment and a sentence each, sentences folded beside their moment."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    for moment, sentence in rows:
        told = plain(sentence)
        grid.add_row(Text(plain(moment)), Text(cut(told, LONGEST) if _is_limited() else told))
    stdout_console().print(grid)


def print_line(text: str) -> None:
    """Print one line of text as it is."""
    stdout_console().print(Text(plain(text)))


def print_whole(text: str) -> None:
    """Print one line without folding it, so that what is copied from it is whole."""
    stdout_console().print(Text(plain(text)), soft_wrap=True)
