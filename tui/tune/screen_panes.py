"""The part of the Tune screen that knows its panes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.widget import Widget

from tui.tune.readout_table import ReadoutTable
from tui.tune.recording_list import RecordingList
from tui.tune.screen_arms import ArmsScreen
from tui.widgets.field_panel import FieldPanel
from tui.widgets.panes import PaneScreen
from tui.widgets.timeline import Timeline


class PanesScreen(ArmsScreen, PaneScreen):
    """Recordings, fields, timeline and readouts, of which one has the focus."""

    PANES: ClassVar[Mapping[str, str]] = {
        "recordings": "Recordings",
        "fields": "Fields",
        "timeline": "Timeline",
        "readouts": "Readouts",
    }
    HOME = "fields"

    def focus_pane(self, pane: str) -> None:
        """Put the focus into a pane."""
        targets: dict[str, type[Widget]] = {"timeline": Timeline, "readouts": ReadoutTable}
        if pane == "fields":
            self.query_one(FieldPanel).focus_field()
        elif pane == "recordings":
            self.query_one(RecordingList).focus()
        else:
            # at once, not by a message, which would come after the next key's
            self.set_focus(self.query_one(targets[pane]))
