"""Text that somebody else wrote, made safe to show in a terminal.

Names and messages from a platform are data. They must not move the cursor, recolour the screen, hide a character or
turn the reading direction around, and never be taken for markup: always pass them on as :class:`Content` or
:class:`rich.text.Text`, which hold no markup.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

if TYPE_CHECKING:
    from rich.text import Text
    from textual.content import Content

_CONTROL = r"\x00-\x1f\x7f-\x9f"
_INVISIBLE = r"\u00ad\u200b\u200e\u200f\u061c\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
_SURROGATES = r"\ud800-\udfff"
_UNSAFE = re.compile(f"[{_CONTROL}{_INVISIBLE}{_SURROGATES}]")


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    # No terminal can be sent half a surrogate pair, and C1 controls have no pictures.
    if code < 0xA0 or 0xD800 <= code <= 0xDFFF:
        return "�"
    return f"⟨{code:04X}⟩"


def plain(text: str, *, lines: bool = False) -> str:
    """Return ``text`` with everything a terminal would obey, or not show, made visible.

    Control characters become their pictures (``␛``), invisible and direction-changing ones their code (``⟨202E⟩``).
    With ``lines``, line breaks stay line breaks.
    """
    if lines:
        return "\n".join(plain(line) for line in text.replace("\r\n", "\n").split("\n"))
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(_visible, text)


def cut(text: str, width: int) -> str:
    """Return ``text`` in at most ``width`` terminal cells, with an ellipsis where it was cut."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(width - 1, 0)).rstrip() + "…" if width > 0 else ""


def content(text: str, style: str = "", *, lines: bool = False) -> Content:
    """Return ``text`` for a Textual widget: safe, and without markup."""
    from textual.content import Content

    return Content.styled(plain(text, lines=lines), style) if style else Content(plain(text, lines=lines))


def cell(text: str, style: str = "", *, lines: bool = False) -> Text:
    """Return ``text`` for a table's cell: safe, and without markup."""
    from rich.text import Text

    return Text(plain(text, lines=lines), style=style, end="")
