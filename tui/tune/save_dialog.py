"""Shows the exact body that saving sends, and asks whether to send it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from base.json_text import json_lines
from tui.terminal_text import plain


class SaveDialog(ModalScreen[bool]):
    """True if the person wants ``changes`` to be sent to the service.

    Without ``enter_sends`` only ``s`` agrees: enter was perhaps meant for what somebody was typing as this came up.
    """

    CSS_PATH = "../dialogs/tune_dialogs.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "send", "Send", tooltip="Send it to the platform."),
        Binding("enter", "send_by_enter", "Send", show=False),
        Binding("escape", "leave", "Cancel", tooltip="Send nothing."),
    ]

    def __init__(
        self, service: str, changes: Mapping[str, Any], warnings: tuple[str, ...] = (), *, enter_sends: bool = True
    ) -> None:
        super().__init__()
        self._enter_sends = enter_sends
        self._service = service
        self._changes = dict(changes)
        self._warnings = warnings

    def compose(self) -> ComposeResult:
        """Lay out the service's name, the body and the keys."""
        body = json_lines({"voice_config": self._changes})
        with Vertical(classes="dialog"):
            yield Static(f"Save to {plain(self._service)}?", classes="dialog-title", markup=False)
            yield Static(
                "This is all that is sent; null goes back to inherit.", classes="dialog-text", markup=False
            )
            with VerticalScroll(classes="dialog-body"):
                yield Static(plain(body, lines=True), id="save-body", markup=False)
            for warning in self._warnings:
                yield Static(f"! {plain(warning)}", classes="dialog-warning", markup=False)
            keys = "enter or s sends" if self._enter_sends else "s sends, enter does not: you went on meanwhile"
            yield Static(f"{keys} · esc cancels", classes="dialog-keys", markup=False)

    def action_send(self) -> None:
        """Agree."""
        self.dismiss(True)

    def action_send_by_enter(self) -> None:
        """Agree, unless enter may have been meant for something else."""
        if self._enter_sends:
            self.dismiss(True)

    def action_leave(self) -> None:
        """Disagree."""
        self.dismiss(False)
