"""Dots finer than a character: eight to a cell, kept as one byte a cell."""

from __future__ import annotations

LEFT_DOTS = (0x01, 0x02, 0x04, 0x40)
RIGHT_DOTS = (0x08, 0x10, 0x20, 0x80)
"""The bits of a cell's left and right column, from the top down."""

DOTS_PER_CELL = 4
"""Rows of dots in a cell; there are two columns."""

_BRAILLE = tuple(chr(0x2800 + bits) if bits else " " for bits in range(256))
_ASCII = tuple(" .:-=+*#@"[bits.bit_count()] for bits in range(256))


class DotRows:
    """``rows`` lines of ``width`` cells that dots are set in; dot row 0 is at the bottom."""

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
        bits = RIGHT_DOTS if column & 1 else LEFT_DOTS
        cell = column >> 1
        top = self.dot_rows - 1
        for row in range(max(low, 0), min(high, top) + 1):
            line, dot = divmod(top - row, DOTS_PER_CELL)
            self._cells[line][cell] |= bits[dot]

    def line(self, row: int, *, ascii_only: bool = False) -> list[str]:
        """Return one line, from the top, as a character a cell; an empty cell is a space."""
        glyphs = _ASCII if ascii_only else _BRAILLE
        return [glyphs[bits] for bits in self._cells[row]]
