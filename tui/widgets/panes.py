"""What screens of several panes share: all at once where there is room, otherwise one at a time, as tabs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Generic, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.dom import DOMNode
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from tui.commands.place import Place
from tui.terminal_text import show_text
from tui.widgets.timeline import TIMELINE_STYLES

W = TypeVar("W", bound=Widget)

BENCH_STYLES = [TIMELINE_STYLES.with_name("bench.tcss"), TIMELINE_STYLES]
"""The style sheets that Tune and Live share."""


class Part(Generic[W]):
    """A widget that a screen has one of, as an attribute: ``fields = Part(FieldPanel)``."""

    def __init__(self, kind: type[W]) -> None:
        self._kind = kind

    def __get__(self, screen: DOMNode, _: object = None) -> W:
        return screen.query_one(self._kind)


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
            show_text(tab, f"[{title}]" if current else f" {title} ")

    def on_click(self, event: events.Click) -> None:
        """Ask for the pane whose name was clicked."""
        if isinstance(event.widget, _Tab):
            self.post_message(self.Chosen(event.widget.pane))


ROOMY = (100, 32)
"""From this size on all panes are shown at once."""


class PaneScreen(Place):
    """Knows how much room there is, and which of its panes has the focus."""

    PANES: ClassVar[Mapping[str, str]]
    """Titles by pane; the first part of a pane's id, before ``-pane``."""

    HOME: ClassVar[str]
    """The pane to begin with and to step back to."""

    _pane = ""

    def on_resize(self) -> None:
        """Show all panes at once where there is room."""
        self.resized()

    def resized(self) -> None:
        """Fit to the size there is now."""
        self.fit()

    @property
    def pane(self) -> str:
        """The pane that has the focus."""
        return self._pane or self.HOME

    def fit(self) -> None:
        """Tell the style sheet how much room there is, and which pane is in view."""
        # Each update restyles every widget; one for all of the classes is enough, none if nothing changed.
        if self.take_room():
            self.update_node_styles()
        self.query_one(PaneTabs).show(self.pane)

    def take_room(self) -> bool:
        """Set the classes for the room there is; return whether any changed. What is shown is not updated."""
        width, height = self.app.size
        before = self.classes
        self.set_class(width < ROOMY[0] or height < ROOMY[1], "-compact", update=False)
        self.set_class(height >= 48, "-tall", update=False)
        for pane in self.PANES:
            self.set_class(pane == self.pane, f"-pane-{pane}", update=False)
        return self.classes != before

    def go_to(self, pane: str) -> None:
        """Bring a pane into view and put the focus there."""
        self._pane = pane
        self.fit()
        self.focus_pane(pane)
        self._style_titles()

    def focus_pane(self, pane: str) -> None:
        """Put the focus into a pane."""
        raise NotImplementedError

    @on(PaneTabs.Chosen)
    def _tab_clicked(self, message: PaneTabs.Chosen) -> None:
        self.go_to(message.pane)

    @on(events.DescendantFocus)
    def _follow_focus(self, event: events.DescendantFocus) -> None:
        # A click focuses without going through go_to; tab must then go on from there.
        if event.widget is not self.focused:
            return  # keys came faster than this news, and the focus is elsewhere by now
        above = {widget.id for widget in event.widget.ancestors_with_self}
        pane = next((pane for pane in self.PANES if f"{pane}-pane" in above), self._pane)
        if pane != self._pane:
            self._pane = pane
            self.fit()
            self._style_titles()

    def _style_titles(self) -> None:
        # Textual styles what is inside FIELD:focus-within again, and not what is inside PANE:focus-within.
        self.app.stylesheet.update_nodes(self.query(".pane-title, .pane-title *"))

    def action_turn_pane(self, steps: int) -> None:
        """Go to the next pane."""
        names = list(self.PANES)
        self.go_to(names[(names.index(self.pane) + steps) % len(names)])

    def action_step_back(self) -> None:
        """Go back to where one begins."""
        self.go_to(self.HOME)
