"""The line at the top: what is tuned, and which arms are compared."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from tui.terminal_text import plain
from tui.widgets.header_text import draft_words, name_and_draft

_COLOURS = ("$text-primary", "$text-secondary", "$text-accent", "$text-warning")
"""The arms' colours, by their place."""

_GAP = 2
_ANY = 500
"""The width that is reckoned with before there is one."""


class ArmHeader(Horizontal):
    """Names the service, the draft with its number of changes, and the arms."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._right = Content("")
        self._shown: tuple[str, str, tuple[str, ...]] | None = None
        self._what = Static(id="header-what", markup=False)
        self._arms = Static(id="header-arms", markup=False)

    def compose(self) -> ComposeResult:
        """Lay out the two halves."""
        yield self._what
        yield self._arms

    @property
    def text(self) -> str:
        """The whole line."""
        return f"{self._what.content} {self._arms.content}"

    def show(self, what: str, changes: int, arms: Sequence[str], *, kept_here: bool = False) -> None:
        """Show what is tuned; ``changes`` counts the fields that differ from what is stored.

        With ``kept_here`` the draft cannot be saved, and is only on this machine.
        """
        draft = draft_words(changes) + (", on this machine only" if changes and kept_here else "")
        shown = (what, draft, tuple(arms))
        if shown == self._shown:
            return
        self._shown = shown
        named = (
            ((f"{letter} ", f"bold {colour}"), plain(name), "   ")
            for letter, colour, name in zip("ABCD", _COLOURS, arms, strict=False)
        )
        self._right = Content.assemble(*(part for parts in named for part in parts)).rstrip()
        self._arms.update(self._right)
        self._say_what()

    def on_resize(self) -> None:
        """Fit the left half to the room there is."""
        self._say_what()

    def _say_what(self) -> None:
        if self._shown is None:
            return
        what, draft, _ = self._shown
        width = self.content_size.width or _ANY
        room = max(width - self._right.cell_length - len("Tune") - _GAP, 0)
        name, said = name_and_draft(what, draft, room)
        style = "bold $text-warning" if draft.startswith("draft") else ""
        self._what.update(Content.assemble(("Tune", "bold"), name, said[:3], (said[3:], style)), layout=False)
