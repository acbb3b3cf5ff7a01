"""A window to type one line into; a line that will not do is told why, and the window stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from textual.app import ComposeResult
from textual.widgets import Input, Static

from tui.dialogs.dialog import Dialog
from tui.terminal_text import content

T = TypeVar("T")


class LineEntry(Dialog[T], Generic[T]):
    """Gives what ``read`` makes of the line; ``read`` raises :class:`ValueError` with one sentence."""

    keys = "enter goes on · esc cancels"

    def __init__(self, title: str, hint: str, text: str, read: Callable[[str], T]) -> None:
        super().__init__(title)
        self._hint = hint
        self._text = text
        self._read = read

    def compose_body(self) -> ComposeResult:
        """Lay out what to type, the line and what is wrong with it."""
        yield Static(content(self._hint), classes="dialog-text")
        yield Input(self._text, compact=True, id="entry-line")
        yield Static(id="line-problem", classes="dialog-error", markup=False)

    def on_mount(self) -> None:
        """Start in the line."""
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give the value, if it is one."""
        try:
            value = self._read(event.value.strip())
        except ValueError as error:
            self.query_one("#line-problem", Static).update(content(str(error)))
        else:
            self.dismiss(value)
