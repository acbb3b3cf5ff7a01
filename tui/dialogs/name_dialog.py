"""Asks for the name of a version set: one of those offered, or another that is typed."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui.dialogs.dialog import Dialog
from tui.terminal_text import content, screen_text


class NameDialog(Dialog[str]):
    """Gives a name: one of ``offered``, each with a line about it; with ``typing``, any that is allowed."""

    def __init__(self, title: str, offered: Sequence[tuple[str, str]], *, typing: bool) -> None:
        super().__init__(title)
        self._offered = list(offered)
        self._typing = typing
        self.keys = f"enter chooses{' · tab to type another name' if typing and offered else ''} · esc cancels"

    def compose_body(self) -> ComposeResult:
        """Lay out the offers over the line to type into."""
        if self._offered:
            yield OptionList(*(Option(_prompt(name, about)) for name, about in self._offered), compact=True)
        if self._typing:
            yield Static("Another name:", classes="dialog-text", markup=False)
            yield Input(compact=True, id="another-name", max_length=60)
            yield Static(id="name-problem", classes="dialog-error", markup=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Give the chosen name."""
        self.dismiss(self._offered[event.option_index][0])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give the typed name, if a version set may be called so."""
        from services.model import version_set_name

        try:
            self.dismiss(version_set_name(event.value.strip()))
        except ValueError as error:
            self.query_one("#name-problem", Static).update(content(str(error)))


def _prompt(name: str, about: str) -> Content:
    return Content.assemble((screen_text(name), "bold"), "  ", (screen_text(about), "$text-muted"))
