"""The top line: what is tuned, and which arms are compared."""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.reactive import var
from textual.widgets import Static

from tui.terminal_text import screen_text
from tui.widgets.status_line import draft_words, name_and_draft

_COLOURS = ("$text-primary", "$text-secondary", "$text-accent", "$text-warning")
"""The arms' colours by position."""

_GAP = 2
_ANY = 500
"""The assumed width before there is one."""


@dataclass(frozen=True, slots=True)
class Heading:
    """The tuned service, the number of unsaved changes, and the arms.

    ``kept_here``: the draft cannot be saved, and exists only on this machine.
    """

    what: str = ""
    changes: int = 0
    arms: tuple[str, ...] = ()
    kept_here: bool = False


class ArmHeader(Horizontal):
    """Shows the service, the draft with its number of changes, and the arms, from :attr:`heading`.

    No arm's name is cut: if they leave no room for the draft, they get lines of their own.
    """

    heading: var[Heading] = var(Heading())

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._right = Content("")
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

    def watch_heading(self, heading: Heading) -> None:
        """Show other arms."""
        named = (
            ((f"{letter} ", f"bold {colour}"), screen_text(name), "   ")
            for letter, colour, name in zip("ABCD", _COLOURS, heading.arms, strict=False)
        )
        self._right = Content.assemble(*(part for parts in named for part in parts)).rstrip()
        self._arms.update(self._right)
        self._say_what()

    def on_resize(self) -> None:
        """Fit the left half to the width."""
        self._say_what()

    def _say_what(self) -> None:
        heading = self.heading
        draft = draft_words(heading.changes)
        draft += ", on this machine only" if heading.changes and heading.kept_here else ""
        width = self.content_size.width or _ANY
        room = width - self._right.cell_length - len("Tune") - _GAP
        stacked = room < len(f" · {draft}")
        self.set_class(stacked, "-stacked")
        room = width - len("Tune") if stacked else room
        name, said = name_and_draft(heading.what, draft, room)
        style = "bold $text-warning" if draft.startswith("draft") else ""
        self._what.update(Content.assemble(("Tune", "bold"), name, said[:3], (said[3:], style)), layout=False)
