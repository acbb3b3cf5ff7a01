"""Text from a file or a server, made safe to show in a terminal.

Names and messages from a platform are data. They must not move the cursor, recolour the screen, hide a character or
reverse the reading direction, and they are never markup: always pass them on as :class:`Content` or
:class:`rich.text.Text`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

if TYPE_CHECKING:
    from rich.text import Text
    from textual.content import Content
    from textual.widgets import Static

LONGEST = 2_000
"""The most cells that a screen shows of one line: a megabyte would block it."""
MOST_LINES = 10_000
NAME_WIDTH = 40
"""The most cells of one name in a list, or in a column beside others."""
_AHEAD = 8
"""The number of characters to examine per cell: some have no width."""

_CONTROL = r"\x00-\x1f\x7f-\x9f"
_INVISIBLE = r"\u00ad\u200b\u200e\u200f\u061c\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
_SURROGATES = r"\ud800-\udfff"
_UNSAFE = f"[{_CONTROL}{_INVISIBLE}{_SURROGATES}]"
"""None of these characters is printable."""


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    # Half a surrogate pair cannot be sent to a terminal, and C1 controls have no pictures.
    if code < 0xA0 or 0xD800 <= code <= 0xDFFF:
        return "�"
    return f"⟨{code:04X}⟩"


def plain(text: str, *, lines: bool = False) -> str:
    """Return ``text`` with every control or hidden character made visible.

    Control characters become their pictures (``␛``), invisible and direction-changing ones their code (``⟨202E⟩``).
    With ``lines``, line breaks stay.
    """
    if lines:
        return "\n".join(plain(line) for line in text.replace("\r\n", "\n").split("\n"))
    return text if text.isprintable() else re.sub(_UNSAFE, _visible, text)


def cut(text: str, width: int) -> str:
    """Return ``text`` in at most ``width`` terminal cells, with an ellipsis if it was cut.

    The work depends on ``width``, not on the length of the text.
    """
    if width <= 0:
        return ""
    begun = text[: _AHEAD * width]
    fits = cell_len(begun) <= width
    if fits and len(begun) == len(text):
        return text
    # there can be many characters without width
    return (begun if fits and cell_len(begun) < width else set_cell_size(begun, width - 1).rstrip()) + "…"


def screen_text(text: str, width: int = LONGEST, *, lines: bool = False) -> str:
    """Return ``text`` safe, as from :func:`plain`, and cut to what a screen can draw at once.

    With ``lines``, each line is cut to ``width`` cells, and at most :data:`MOST_LINES` are returned.
    """
    if lines:
        first = text.replace("\r\n", "\n").split("\n", MOST_LINES)
        more = ["…"] if len(first) > MOST_LINES else []
        return "\n".join([*(screen_text(line, width) for line in first[:MOST_LINES]), *more])
    return cut(plain(text[: _AHEAD * width + 1]), width)


def names(all_names: Iterable[object], between: str = ", ") -> str:
    """Return names in a row, each cut to :data:`NAME_WIDTH`."""
    return between.join(cut(str(name), NAME_WIDTH) for name in all_names)


def content(text: str, style: str = "", *, lines: bool = False) -> Content:
    """Return ``text`` for a Textual widget: safe, and without markup."""
    from textual.content import Content

    safe = screen_text(text, lines=lines)
    return Content.styled(safe, style) if style else Content(safe)


def cell(text: str, style: str = "", *, width: int = LONGEST, lines: bool = False) -> Text:
    """Return ``text`` for a table's cell: safe, without markup, and in at most ``width`` cells."""
    from rich.text import Text

    return Text(screen_text(text, width, lines=lines), style=style, end="")


def fit_last(rows: Sequence[Sequence[Text]], headings: Sequence[str], width: int) -> None:
    """Cut the last cell of each row so that the row fits into ``width`` with a gap between cells."""
    *others, last = headings
    taken = [max(cell_len(heading), *(row[at].cell_len for row in rows), 0) for at, heading in enumerate(others)]
    room = max(width - sum(taken) - 2 * len(headings), cell_len(last))
    for row in rows:
        row[-1].truncate(room, overflow="ellipsis")


def show_text(line: Static, text: Content | str) -> None:
    """Show an unstyled text if it changed: an update lays out the whole screen again."""
    if line.content != text:
        line.update(text)
