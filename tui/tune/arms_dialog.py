"""The arms: which there are, in which order, and what can be done with each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.dialogs.dialog import Dialog
from tui.terminal_text import screen_text
from tui.tune.arms import ComparisonArm
from tui.tune.comparing import ArmRequest
from tui.tune.scene import ARMS


class ArmsDialog(Dialog[tuple[ArmRequest, int]]):
    """Gives what is wanted, and of the arm in which place."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "wish('add')", "Add", tooltip="Compare with one more, four at most."),
        Binding("d", "wish('duplicate')", "Duplicate", tooltip="Add a copy of this arm as it is now."),
        Binding("w", "wish('swap')", "Swap", tooltip="Swap it with the arm before it."),
        Binding("l", "wish('lock')", "Lock", tooltip="Hold it as it is now, or let go of it."),
        Binding("x", "wish('remove')", "Take away", tooltip="Compare without it."),
    ]
    keys = "↵ choose · a add · d duplicate · w swap · l lock · x take away · esc"

    def __init__(self, arms: Sequence[ComparisonArm], at: int) -> None:
        super().__init__("What is compared")
        self._arms = list(arms)
        self._at = min(at, len(self._arms) - 1)

    def compose_body(self) -> ComposeResult:
        """Lay out the arms."""
        yield OptionList(*(Option(self._prompt(place)) for place in range(len(self._arms))), compact=True)

    def on_mount(self) -> None:
        """Start at the arm in hand."""
        listing = self.query_one(OptionList)
        listing.highlighted = self._at
        listing.focus()

    def _prompt(self, place: int) -> Content:
        arm = self._arms[place]
        about = f"locked · {arm.description}" if arm.locked else arm.description
        return Content.assemble(
            (f"{ARMS[place]} ", "bold"), screen_text(arm.name), "  ", (screen_text(about), "$text-muted")
        )

    @on(OptionList.OptionSelected)
    def _choose(self) -> None:
        self.action_wish("choose")

    def action_wish(self, request: ArmRequest) -> None:
        """Give what is wanted of the highlighted arm."""
        self.dismiss((request, self.query_one(OptionList).highlighted or 0))
