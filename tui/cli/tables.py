"""Tables in which no text from a file can act as markup or as a terminal command."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Literal

from rich.cells import cell_len

from tui.terminal_text import LONGEST, cut, plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

PIPE_WIDTH = 100_000
"""The width of output that is not a terminal. Each row is one line there, so that names can be searched for."""


_WIDEST = 300
"""The largest padded width of a column in a pipe. A longer cell overflows uncut."""


def stdout_console() -> Console:
    """Return a console for standard output: as wide as the terminal or COLUMNS, unlimited in a pipe."""
    from rich.console import Console

    return Console(highlight=False, width=None if _is_limited() else PIPE_WIDTH)


def _is_limited() -> bool:
    return sys.stdout.isatty() or bool(os.environ.get("COLUMNS"))


def print_table(
    title: str, headers: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1, whole: int = 0
) -> None:
    """Print a table. The first ``left`` columns are text, the others figures.

    The first ``whole`` columns never wrap. In a narrow terminal, headers wrap before cells do. A long cell does not
    widen the other rows.
    """
    safe_headers, cells = _safe(headers, rows)
    if not _is_limited():
        if title:
            _write(plain(title))
        for line in _piped(safe_headers, cells, left):
            _write(line)
        return
    from rich.text import Text

    console = stdout_console()
    cells = _without_long(cells)
    table = _table(safe_headers, cells, left, whole)
    if _too_wide(table, console):
        table = _table(_folded(safe_headers, cells), cells, left, whole)
    if title:
        console.print(Text(plain(title), style="bold"))
    console.print(table)


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _piped(headers: list[str], rows: list[list[str]], left: int) -> Iterator[str]:
    """Yield a table's lines as rich draws them, with long cells kept whole."""
    filled = [row + [""] * (len(headers) - len(row)) for row in (headers, *rows)]
    columns = list(zip(*filled, strict=True))
    widths = [max(_WIDEST if len(cell) > _WIDEST else cell_len(cell) for cell in column) for column in columns]
    whole_width = sum(widths) + 3 * (len(widths) - 1)
    lines = [
        f" {'   '.join(_padded(cell, widths[at], at_left=at < left) for at, cell in enumerate(row))} "
        for row in filled
    ]
    blank = " " * (whole_width + 2)
    has_long = any(len(cell) > _WIDEST for row in rows for cell in row)
    for line in (blank, lines[0], f" {'─' * whole_width} ", *lines[1:], blank):
        yield line.rstrip() if has_long else line


def _padded(cell: str, width: int, *, at_left: bool) -> str:
    cell = cell if at_left else cell.rstrip()
    room = " " * max(0, width - cell_len(cell))
    return cell + room if at_left else room + cell


def _without_long(rows: list[list[str]]) -> list[list[str]]:
    return [[cut(cell, LONGEST) for cell in row] for row in rows]


def fits(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the terminal is wide enough, without wrapping any cell or using a third header line."""
    if not _is_limited():
        return True
    safe_headers, cells = _safe(headers, rows)
    cells = _without_long(cells)
    folded = _folded(safe_headers, cells, most_lines=2)
    return not _too_wide(_table(folded, cells, 1, 0), stdout_console())


def _safe(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    return [plain(header) for header in headers], [[plain(cell) for cell in row] for row in rows]


def _table(headers: list[str], rows: list[list[str]], left: int, whole: int) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for index, header in enumerate(headers):
        justify: Literal["left", "right"] = "left" if index < left else "right"
        table.add_column(Text(header), justify=justify, overflow="fold", no_wrap=index < whole)
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _folded(headers: list[str], rows: list[list[str]], most_lines: int = LONGEST) -> list[str]:
    """Return headers wrapped between words, at most as wide as their cells if words and ``most_lines`` allow it."""
    folded = []
    for index, header in enumerate(headers):
        cells = [row[index] for row in rows if index < len(row)]
        width = max(1, *map(cell_len, [*cells, *header.split()]))
        while len(lines := wrap(header, width, break_long_words=False, break_on_hyphens=False)) > most_lines:
            width += 1
        folded.append("\n".join(lines))
    return folded


def _too_wide(table: Table, console: Console) -> bool:
    """Return whether a table is wider than the terminal."""
    options = console.options.update(width=10_000)
    return console.measure(table, options=options).maximum > console.width


def print_timed(rows: Sequence[tuple[str, str]]) -> None:
    """Print events: a time and a sentence each. Sentences wrap beside their time."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    for moment, sentence in rows:
        text_shown = plain(sentence)
        grid.add_row(Text(plain(moment)), Text(cut(text_shown, LONGEST) if _is_limited() else text_shown))
    stdout_console().print(grid)


def print_line(text: str) -> None:
    """Print one line of text unchanged."""
    if not _is_limited():
        _write(plain(text))
        return
    from rich.text import Text

    stdout_console().print(Text(plain(text)))


def print_whole(text: str) -> None:
    """Print one line without wrapping, so that it can be copied whole."""
    if not _is_limited():
        _write(plain(text))
        return
    from rich.text import Text

    stdout_console().print(Text(plain(text)), soft_wrap=True)
