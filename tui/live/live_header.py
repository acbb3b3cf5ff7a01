"""The line at the top of Live: what is talked to, and the arms with the one in force marked."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from tui.terminal_text import plain
from tui.tune.scene import ARMS
from tui.widgets.header_text import draft_words, name_and_draft

_COLOURS = ("$text-primary", "$text-secondary", "$text-accent", "$text-warning")


class LiveHeader(Static):
    """One line."""

    DEFAULT_CSS = "LiveHeader { height: 1; padding: 0 1; background: $panel; text-wrap: nowrap; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._shown: tuple[object, ...] | None = None

    def show(self, what: str, changes: int, arms: Sequence[str], in_force: str, now: str) -> None:
        """Show what is talked to; ``in_force`` is the letter of an arm, ``now`` how the call stands."""
        shown = (what, changes, tuple(arms), in_force, now, self.size.width)
        if shown == self._shown:
            return
        self._shown = shown
        parts: list[tuple[str, str]] = []
        for letter, colour, name in zip(ARMS, _COLOURS, arms, strict=False):
            mark, style = ("▸", f"bold reverse {colour}") if letter == in_force else (" ", colour)
            parts += [(f"{mark}{letter} {plain(name)} ", style), (" ", "")]
        right = Content.assemble(*parts, (now, "bold"))
        room = max(self.content_size.width - right.cell_length - 2, 6)
        left = Content.assemble(("Live", "bold"), *name_and_draft(what, draft_words(changes), room - len("Live")))
        gap = max(self.content_size.width - left.cell_length - right.cell_length, 1)
        self.update(Content.assemble(left, " " * gap, right), layout=False)
