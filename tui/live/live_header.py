"""The line at the top of Live: what is talked to, and the arms with the one in force marked."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content
from textual.reactive import var
from textual.widgets import Static

from tui.terminal_text import plain
from tui.tune.scene import ARMS
from tui.widgets.status_line import draft_words, name_and_draft

_COLOURS = ("$text-primary", "$text-secondary", "$text-accent", "$text-warning")


@dataclass(frozen=True, slots=True)
class LiveHeading:
    """What is talked to, how many changes it has, the arms, the letter of the one in force, and the call."""

    what: str = ""
    changes: int = 0
    arms: tuple[str, ...] = ()
    in_force: str = ""
    now: str = ""


class LiveHeader(Static):
    """One line that says :attr:`heading`."""

    heading: var[LiveHeading] = var(LiveHeading())

    DEFAULT_CSS = "LiveHeader { height: 1; padding: 0 1; background: $panel; text-wrap: nowrap; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)

    def watch_heading(self) -> None:
        """Say something else."""
        self.show()

    def on_resize(self) -> None:
        """Say it in another width."""
        self.show()

    def show(self) -> None:
        """Say it in the room there is."""
        heading = self.heading
        parts: list[tuple[str, str]] = []
        for letter, colour, name in zip(ARMS, _COLOURS, heading.arms, strict=False):
            mark, style = ("▸", f"bold reverse {colour}") if letter == heading.in_force else (" ", colour)
            parts += [(f"{mark}{letter} {plain(name)} ", style), (" ", "")]
        right = Content.assemble(*parts, (heading.now, "bold"))
        room = max(self.content_size.width - right.cell_length - 2, 6)
        left = Content.assemble(
            ("Live", "bold"), *name_and_draft(heading.what, draft_words(heading.changes), room - len("Live"))
        )
        gap = max(self.content_size.width - left.cell_length - right.cell_length, 1)
        self.update(Content.assemble(left, " " * gap, right), layout=False)
