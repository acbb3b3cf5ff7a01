"""Commands that move between Tune's panes, and out of the screen."""

from __future__ import annotations

from tui.commands.command import Command
from tui.commands.everywhere import Quit
from tui.commands.panes import Back, NextPane, PreviousPane


class QuitWithCare(Quit):
    """Leave Turnlab, after asking what to do with unsaved changes."""

    action = "quit_with_care"
    in_footer = False


PANES: tuple[type[Command], ...] = (
    NextPane.at("tune", "Go to the next pane: recordings, fields, timeline, readouts."),
    PreviousPane.at("tune"),
    Back.at("tune", "Back to the fields.", name="Back to the fields"),
)
