"""The line above the fields: what their columns are."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

from tui.widgets.field_editor import NARROW, facts_heading

SCROLLBAR = 1
"""The fields leave so much at the right to the scrollbar."""


class FieldHeading(Horizontal):
    """Names the columns that the rows below have in the room there is."""

    def __init__(self) -> None:
        super().__init__(classes="pane-title")
        self._facts = Static(facts_heading(narrow=False), classes="field-facts", markup=False)

    def compose(self) -> ComposeResult:
        """Lay out the title, room for the controls, and the names of the facts."""
        yield Static("Fields", classes="field-name", markup=False)
        yield Static(classes="field-room")
        yield self._facts

    def on_resize(self, event: events.Resize) -> None:
        """Name more or fewer columns as there is room."""
        narrow = event.size.width - SCROLLBAR < NARROW
        self.set_class(narrow, "-narrow")
        self._facts.update(facts_heading(narrow=narrow), layout=False)
