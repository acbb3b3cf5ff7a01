"""The line at the top of Live: what is talked to, and the arms with the one in force marked."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from tui.terminal_text import cut, plain
from tui.tuning.scene import ARMS

LEAST_OF_WHAT = 6
"""A name that would be cut to less is left out."""

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
        draft = f"draft, {changes} change{'s' * (changes != 1)}" if changes else "no changes"
        parts: list[tuple[str, str]] = []
        for letter, colour, name in zip(ARMS, _COLOURS, arms, strict=False):
            mark, style = ("▸", f"bold reverse {colour}") if letter == in_force else (" ", colour)
            parts += [(f"{mark}{letter} {plain(name)} ", style), (" ", "")]
        right = Content.assemble(*parts, (now, "bold"))
        left = _left(plain(what), draft, max(self.content_size.width - right.cell_length - 2, 6))
        room = max(self.content_size.width - Content(left).cell_length - right.cell_length, 1)
        self.update(Content.assemble(("Live", "bold"), left[4:], " " * room, right), layout=False)


def _left(what: str, draft: str, room: int) -> str:
    """Return the left half: what is talked to gives way first, how many changes there are never does."""
    for_what = room - len(f"Live ·  · {draft}")
    return f"Live · {cut(what, for_what)} · {draft}" if for_what >= LEAST_OF_WHAT else cut(f"Live · {draft}", room)
