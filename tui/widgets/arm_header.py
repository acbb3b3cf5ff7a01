"""The line at the top: what is tuned, and which two arms are compared."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from tui.terminal_text import plain


class ArmHeader(Horizontal):
    """Names the service, the draft with its number of changes, and both arms."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: tuple[str, int, str, str] | None = None
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

    def show(self, what: str, changes: int, arm_a: str, arm_b: str) -> None:
        """Show what is tuned; ``changes`` counts the fields that differ from what is stored."""
        draft = f"draft, {changes} change{'s' * (changes != 1)}" if changes else "no changes"
        shown = (what, changes, arm_a, arm_b)
        if shown == self._shown:
            return
        self._shown = shown
        self._what.update(
            Content.assemble(
                ("Tune", "bold"), " · ", plain(what), " · ", (draft, "bold $text-warning" if changes else "")
            )
        )
        self._arms.update(
            Content.assemble(
                ("A ", "bold $text-primary"), plain(arm_a), "   ", ("B ", "bold $text-secondary"), plain(arm_b)
            )
        )
