"""A draft was left behind unsaved: what it changes, and whether to take it up again."""

from __future__ import annotations

from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from presets.config import changes
from tui.dialogs.dialog import Dialog
from tui.terminal_text import content
from tui.tune.fields import shown_value
from tui.tune.journal import KeptDraft

Decision = Literal["take", "drop"]


class KeptDialog(Dialog[Decision]):
    """Gives what becomes of a kept draft, ``what`` in words; ``None``: it stays kept for another time."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "answer('take')", "Take up", tooltip="Go on with that draft."),
        Binding("d", "answer('drop')", "Throw away", tooltip="Delete that draft."),
    ]
    keys = "enter takes it up · d throws it away · esc keeps it for later"

    def __init__(self, what: str, kept: KeptDraft) -> None:
        when = kept.at.astimezone().strftime("%Y-%m-%d %H:%M")
        super().__init__(f"An unsaved {what} was left behind on {when}")
        self._kept = kept

    def compose_body(self) -> ComposeResult:
        """Lay out what the draft changes."""
        before = self._kept.began.set_values()
        lines = [
            f"{name}: {shown_value(name, before.get(name))} → {shown_value(name, value)}"
            for name, value in changes(self._kept.began, self._kept.config).items()
        ]
        with VerticalScroll(classes="dialog-body"):
            yield Static(content("\n".join(lines), lines=True))

    def action_answer(self, answer: Decision) -> None:
        """Give the answer."""
        self.dismiss(answer)
