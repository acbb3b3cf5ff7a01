"""The elements of drawings: lines of cells with a character and a style name, and dots, eight to a cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.terminal_text import screen_text

BLANK = "blank"


def one_cell(text: str) -> str:
    """Return safe text in which every character takes one cell. A wider one becomes a dot."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if cell_len(char) == 1 else "·" for char in screen_text(text))


class CellLine:
    """A line of ``width`` cells. What is outside is cut off."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.chars = [" "] * width
        self.kinds = [BLANK] * width

    def put(self, x: int, char: str, kind: str) -> None:
        """Put one character."""
        if 0 <= x < self.width:
            self.chars[x], self.kinds[x] = char, kind

    def write(self, x: int, text: str, kind: str) -> None:
        """Put a text, starting at ``x``."""
        for offset, char in enumerate(text):
            self.put(x + offset, char, kind)

    def fill(self, start: int, end: int, char: str, kind: str) -> None:
        """Put one character from ``start`` up to but not including ``end``."""
        for x in range(max(start, 0), min(end, self.width)):
            self.chars[x], self.kinds[x] = char, kind

    def lay(self, chars: Sequence[str], kind: str) -> None:
        """Put a whole line's characters, except blanks."""
        for x, char in enumerate(chars):
            if char != " ":
                self.chars[x], self.kinds[x] = char, kind

    def is_free(self, start: int, end: int) -> bool:
        """Return whether the cells from ``start`` up to but not including ``end`` are inside the line and empty."""
        return start >= 0 and end <= self.width and all(char == " " for char in self.chars[start:end])

    @property
    def text(self) -> str:
        """The line as plain text."""
        return "".join(self.chars)

    def segments(self, palette: Mapping[str, Style]) -> list[Segment]:
        """Return one segment for each run of equal style."""
        kinds, text, found, start = self.kinds, self.text, [], 0
        for x in range(1, self.width):
            if kinds[x] != kinds[x - 1]:
                found.append(Segment(text[start:x], palette[kinds[start]]))
                start = x
        if self.width:
            found.append(Segment(text[start:], palette[kinds[start]]))
        return found

    def strip(self, label: Segment, palette: Mapping[str, Style]) -> Strip:
        """Return the line with its label in front."""
        return Strip([label, *self.segments(palette)], label.cell_length + self.width)


# ---- dots, one byte per cell


LEFT_DOTS = (0x01, 0x02, 0x04, 0x40)
RIGHT_DOTS = (0x08, 0x10, 0x20, 0x80)
"""The bits of a cell's left and right column, from the top down."""

DOTS_PER_CELL = 4
"""Rows of dots in a cell; there are two columns."""


def _runs(bits: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    ends = range(DOTS_PER_CELL + 1)
    dots = bits[::-1]
    return tuple(tuple(sum(dots[low:high]) for high in ends) for low in ends)


_RUNS = (_runs(LEFT_DOTS), _runs(RIGHT_DOTS))
"""The bits of a column's dots from row ``low`` to before ``high`` of its cell, counted from the bottom."""

_RUN_ARRAYS = tuple(np.array(runs, np.uint8) for runs in _RUNS)

_BRAILLE = tuple(chr(0x2800 + bits) if bits else " " for bits in range(256))
_ASCII = tuple(" .:-=+*#@"[bits.bit_count()] for bits in range(256))


class DotRows:
    """``rows`` lines of ``width`` cells with dots. Dot row 0 is at the bottom."""

    def __init__(self, width: int, rows: int) -> None:
        self.width = width
        self.rows = rows
        self._cells = [bytearray(width) for _ in range(rows)]

    @property
    def dot_rows(self) -> int:
        """How many rows of dots there are."""
        return self.rows * DOTS_PER_CELL

    def fill(self, column: int, low: int, high: int) -> None:
        """Set the dots of one dot column from row ``low`` to row ``high``, both included."""
        runs = _RUNS[column & 1]
        cell = column >> 1
        low, high = max(low, 0), min(high + 1, self.rows * DOTS_PER_CELL)
        while low < high:
            level, above = low // DOTS_PER_CELL, low % DOTS_PER_CELL
            up_to = min(high - low + above, DOTS_PER_CELL)
            self._cells[self.rows - 1 - level][cell] |= runs[above][up_to]
            low += up_to - above

    def fill_all(self, lows: NDArray[np.intp], highs: NDArray[np.intp]) -> None:
        """Set the dots of every dot column from its row in ``lows`` to that in ``highs``, both included."""
        for row, cells in enumerate(self._cells):
            bottom = (self.rows - 1 - row) * DOTS_PER_CELL
            low, high = (np.clip(one - bottom, 0, DOTS_PER_CELL) for one in (lows, highs + 1))
            drawn = np.frombuffer(cells, np.uint8)  # the bytes themselves, not a copy
            for side, runs in enumerate(_RUN_ARRAYS):
                drawn |= runs[low[side::2], high[side::2]]

    def line(self, row: int, *, ascii_only: bool = False) -> list[str]:
        """Return one line, counted from the top, with one character per cell. An empty cell is a space."""
        glyphs = _ASCII if ascii_only else _BRAILLE
        return [glyphs[bits] for bits in self._cells[row]]
