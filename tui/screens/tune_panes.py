"""The part of the Tune screen that knows its panes: all at once where there is room, otherwise as tabs."""

from __future__ import annotations

from textual import events, on
from textual.widget import Widget

from tui.screens.tune_arms import ArmsScreen
from tui.widgets.field_panel import FieldPanel
from tui.widgets.pane_tabs import PaneTabs
from tui.widgets.readout_table import ReadoutTable
from tui.widgets.recording_list import RecordingList
from tui.widgets.timeline import Timeline

PANES = {"recordings": "Recordings", "fields": "Fields", "timeline": "Timeline", "readouts": "Readouts"}
ROOMY = (100, 32)
"""From this size on all panes are shown at once; below it one of them at a time, as tabs."""


class PanesScreen(ArmsScreen):
    """Recordings, fields, timeline and readouts, of which one has the focus."""

    _pane = "fields"

    def on_resize(self) -> None:
        """Show all panes at once where there is room."""
        self.fit()

    def fit(self) -> None:
        """Tell the style sheet how much room there is, and which pane is in view."""
        # Each update styles every widget anew; one for all of the classes is enough, none if nothing changed.
        if self.take_room():
            self.update_node_styles()
        self.query_one(PaneTabs).show(self._pane)

    def take_room(self) -> bool:
        """Set the classes for the room there is; return whether any changed. What is shown is not updated."""
        width, height = self.app.size
        before = self.classes
        self.set_class(width < ROOMY[0] or height < ROOMY[1], "-compact", update=False)
        self.set_class(height >= 48, "-tall", update=False)
        for pane in PANES:
            self.set_class(pane == self._pane, f"-pane-{pane}", update=False)
        return self.classes != before

    def go_to(self, pane: str) -> None:
        """Bring a pane into view and put the focus there."""
        self._pane = pane
        self.fit()
        targets: dict[str, type[Widget]] = {"timeline": Timeline, "readouts": ReadoutTable}
        if pane == "fields":
            self.query_one(FieldPanel).focus_field()
        elif pane == "recordings":
            self.query_one(RecordingList).focus()
        else:
            self.query_one(targets[pane]).focus()

    @on(PaneTabs.Chosen)
    def _tab_clicked(self, message: PaneTabs.Chosen) -> None:
        self.go_to(message.pane)

    @on(events.DescendantFocus)
    def _follow_focus(self, event: events.DescendantFocus) -> None:
        # A click focuses without going through go_to; tab must then go on from there.
        above = {widget.id for widget in event.widget.ancestors_with_self}
        self._pane = next((pane for pane in PANES if f"{pane}-pane" in above), self._pane)

    def action_turn_pane(self, steps: int) -> None:
        """Go to the next pane."""
        names = list(PANES)
        self.go_to(names[(names.index(self._pane) + steps) % len(names)])

    def action_step_back(self) -> None:
        """Go back to the fields."""
        self.go_to("fields")
