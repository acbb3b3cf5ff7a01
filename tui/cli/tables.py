"""Tables for people, drawn so that no file's text can act as markup or as a terminal command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tui.terminal_text import plain


def print_table(
    title: str, headers: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1, whole: int = 0
) -> None:
    """Print a table; the first ``left`` columns are texts, the others figures. Without a title it has none.

    The first ``whole`` columns are never folded, however narrow the terminal is.
    """
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for index, header in enumerate(headers):
        justify: Literal["left", "right"] = "left" if index < left else "right"
        table.add_column(Text(plain(header)), justify=justify, overflow="fold", no_wrap=index < whole)
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    console = Console(highlight=False)
    if title:
        console.print(Text(plain(title), style="bold"))
    console.print(table)


def print_timed(rows: Sequence[tuple[str, str]]) -> None:
    """Print what happened when: a moment and a sentence each, sentences folded beside their moment."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    for moment, sentence in rows:
        grid.add_row(Text(plain(moment)), Text(plain(sentence)))
    Console(highlight=False).print(grid)


def print_line(text: str) -> None:
    """Print one line of text as it is."""
    Console(highlight=False).print(Text(plain(text)))


def print_whole(text: str) -> None:
    """Print one line without folding it, so that what is copied from it is whole."""
    Console(highlight=False).print(Text(plain(text)), soft_wrap=True)
