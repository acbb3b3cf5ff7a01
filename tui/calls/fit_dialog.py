"""Shows a profile that was fitted to calls, and asks whether to use it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from tui.dialogs.dialog import Dialog
from tui.terminal_text import content


class FitDialog(Dialog[bool]):
    """True if the profile is to be used for the service."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "use", "Use it", tooltip="Try this service's draft under it, and check its calls again."),
        Binding("j", "scroll('down')", show=False),
        Binding("k", "scroll('up')", show=False),
    ]

    def __init__(self, service: str, text: str) -> None:
        super().__init__(f"A profile fitted to the calls of {service}")
        self._text = text
        self.keys = "enter uses it in Tune for this service, and checks again · ↑ ↓ scroll · esc leaves it"

    def compose_body(self) -> ComposeResult:
        """Lay out what was fitted."""
        with VerticalScroll(classes="dialog-body"):
            yield Static(content(self._text, lines=True), id="dialog-long-text")

    def action_use(self) -> None:
        """Use it."""
        self.dismiss(True)

    async def action_scroll(self, direction: str) -> None:
        """Scroll with the keys that move elsewhere."""
        await self.query_one(VerticalScroll).run_action(f"scroll_{direction}")
