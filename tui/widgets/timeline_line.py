"""One line of the timeline while it is being drawn: a character and a style name a cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.terminal_text import screen_text

BLANK = "blank"


def one_cell(text: str) -> str:
    """Return text that is safe to show and in which every character takes one cell; a wider one becomes a dot."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if cell_len(char) == 1 else "·" for char in screen_text(text))


class Line:
    """A line of ``width`` cells; whatever is put outside it is cut off."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.chars = [" "] * width
        self.kinds = [BLANK] * width

    def put(self, x: int, char: str, kind: str) -> None:
        """Put one character."""
        if 0 <= x < self.width:
            self.chars[x], self.kinds[x] = char, kind

    def write(self, x: int, text: str, kind: str) -> None:
        """Put a text from ``x`` on."""
        for offset, char in enumerate(text):
            self.put(x + offset, char, kind)

    def fill(self, start: int, end: int, char: str, kind: str) -> None:
        """Put one character from ``start`` up to but not including ``end``."""
        for x in range(max(start, 0), min(end, self.width)):
            self.chars[x], self.kinds[x] = char, kind

    def lay(self, chars: Sequence[str], kind: str) -> None:
        """Put a whole line's characters wherever they are not blank."""
        for x, char in enumerate(chars):
            if char != " ":
                self.chars[x], self.kinds[x] = char, kind

    def is_free(self, start: int, end: int) -> bool:
        """Whether nothing was put from ``start`` up to but not including ``end``, all of it inside the line."""
        return start >= 0 and end <= self.width and all(char == " " for char in self.chars[start:end])

    @property
    def text(self) -> str:
        """The line as plain text."""
        return "".join(self.chars)

    def segments(self, palette: Mapping[str, Style]) -> list[Segment]:
        """Return one segment a run of equal style."""
        found, x = [], 0
        for kind, run in groupby(self.kinds):
            length = len(list(run))
            found.append(Segment("".join(self.chars[x : x + length]), palette[kind]))
            x += length
        return found

    def strip(self, label: Segment, palette: Mapping[str, Style]) -> Strip:
        """Return the line with its label in front."""
        return Strip([label, *self.segments(palette)], label.cell_length + self.width)
