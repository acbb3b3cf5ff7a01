"""Screens with several panes: all at once if there is room, otherwise one at a time, as tabs."""

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
    """A screen's only widget of a class, as an attribute: ``fields = Part(FieldPanel)``."""

    def __init__(self, kind: type[W]) -> None:
        self._kind = kind

    def __get__(self, screen: DOMNode, _: object = None) -> W:
        return screen.query_one(self._kind)


class _Tab(Static):
    """One clickable name."""

    def __init__(self, pane: str, title: str) -> None:
        super().__init__(title, markup=False)
        self.pane = pane


class PaneTabs(Horizontal):
    """The names of panes. The visible one is marked."""

    class Chosen(Message):
        """A pane was chosen."""

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
        """Mark the visible pane."""
        for tab in self.query(_Tab):
            current = tab.pane == pane
            tab.set_class(current, "-current")
            title = self._titles[tab.pane]
            show_text(tab, f"[{title}]" if current else f" {title} ")

    def on_click(self, event: events.Click) -> None:
        """Post the pane whose name was clicked."""
        if isinstance(event.widget, _Tab):
            self.post_message(self.Chosen(event.widget.pane))


ROOMY = (100, 32)
"""From this size on all panes are shown at once."""


class PaneScreen(Place):
    """Knows the available space, and which pane has the focus."""

    PANES: ClassVar[Mapping[str, str]]
    """Titles by pane; the first part of a pane's id, before ``-pane``."""

    HOME: ClassVar[str]
    """The pane to begin with and to step back to."""

    _pane = ""

    def on_resize(self) -> None:
        """Show all panes at once if there is room."""
        self.resized()

    def resized(self) -> None:
        """Fit everything to the new size."""
        self.fit()

    @property
    def pane(self) -> str:
        """The pane that has the focus."""
        return self._pane or self.HOME

    def fit(self) -> None:
        """Set the classes for the space and the visible pane."""
        # Each update restyles every widget: do one for all classes, and none if nothing changed.
        if self.take_room():
            self.update_node_styles()
        self.query_one(PaneTabs).show(self.pane)

    def take_room(self) -> bool:
        """Set the classes for the space. Return whether any changed. Does not update the screen."""
        width, height = self.app.size
        before = self.classes
        self.set_class(width < ROOMY[0] or height < ROOMY[1], "-compact", update=False)
        self.set_class(height >= 48, "-tall", update=False)
        for pane in self.PANES:
            self.set_class(pane == self.pane, f"-pane-{pane}", update=False)
        return self.classes != before

    def go_to(self, pane: str) -> None:
        """Show and focus a pane."""
        self._pane = pane
        self.fit()
        self.focus_pane(pane)
        self._style_titles()

    def focus_pane(self, pane: str) -> None:
        """Focus a pane."""
        raise NotImplementedError

    @on(PaneTabs.Chosen)
    def _tab_clicked(self, message: PaneTabs.Chosen) -> None:
        self.go_to(message.pane)

    @on(events.DescendantFocus)
    def _follow_focus(self, event: events.DescendantFocus) -> None:
        # A click focuses without go_to. Tab must then continue from there.
        if event.widget is not self.focused:
            return  # keys were faster than this event, and the focus has moved
        above = {widget.id for widget in event.widget.ancestors_with_self}
        pane = next((pane for pane in self.PANES if f"{pane}-pane" in above), self._pane)
        if pane != self._pane:
            self._pane = pane
            self.fit()
            self._style_titles()

    def _style_titles(self) -> None:
        # Textual restyles what is inside FIELD:focus-within, but not what is inside PANE:focus-within.
        self.app.stylesheet.update_nodes(self.query(".pane-title, .pane-title *"))

    def action_turn_pane(self, steps: int) -> None:
        """Go to the next pane."""
        names = list(self.PANES)
        self.go_to(names[(names.index(self.pane) + steps) % len(names)])

    def action_step_back(self) -> None:
        """Go back to the first pane."""
        self.go_to(self.HOME)
