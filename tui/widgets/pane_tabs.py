"""A one-line row of tabs, for screens too small to show all panes at once."""

from __future__ import annotations

from collections.abc import Mapping

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Static


class _Tab(Static):
    """One name that can be clicked."""

    def __init__(self, pane: str, title: str) -> None:
        super().__init__(title, markup=False)
        self.pane = pane


class PaneTabs(Horizontal):
    """Names of panes; the one in view is marked."""

    class Chosen(Message):
        """A pane should come into view."""

        def __init__(self, pane: str) -> None:
            super().__init__()
            self.pane = pane

    def __init__(self, titles: Mapping[str, str], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._titles = dict(titles)

    def compose(self) -> ComposeResult:
        """Lay out the names."""
        for pane, title in self._titles.items():
            yield _Tab(pane, title)

    def show(self, pane: str) -> None:
        """Mark the pane in view."""
        for tab in self.query(_Tab):
            current = tab.pane == pane
            tab.set_class(current, "-current")
            title = self._titles[tab.pane]
            tab.update(f"[{title}]" if current else f" {title} ")

    def on_click(self, event: events.Click) -> None:
        """Ask for the pane whose name was clicked."""
        if isinstance(event.widget, _Tab):
            self.post_message(self.Chosen(event.widget.pane))
