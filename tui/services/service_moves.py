"""One set of keys to move with, whatever has the focus: which action of which widget a movement means."""

from __future__ import annotations

from textual.containers import VerticalScroll
from textual.widget import Widget

_TABLE = {
    "down": "cursor_down",
    "up": "cursor_up",
    "page_down": "page_down",
    "page_up": "page_up",
    "first": "scroll_top",
    "last": "scroll_bottom",
}
_TEXT = {
    "down": "scroll_down",
    "up": "scroll_up",
    "page_down": "page_down",
    "page_up": "page_up",
    "first": "scroll_home",
    "last": "scroll_end",
}


def moving(focused: Widget | None, where: str, *, otherwise: Widget) -> tuple[Widget, str]:
    """Return the widget that moves and its action: what has the focus if that can move, else ``otherwise``."""
    if isinstance(focused, VerticalScroll):
        return focused, _TEXT[where]
    if focused is not None and hasattr(focused, "action_cursor_down"):
        return focused, _TABLE[where]
    return otherwise, _TABLE[where]
