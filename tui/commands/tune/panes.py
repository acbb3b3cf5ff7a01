"""Commands that move between panes, and out of the screen."""

from __future__ import annotations

from tui.commands.command import Command
from tui.commands.everywhere import Quit


class NextPane(Command):
    """Go to the next pane: recordings, fields, timeline, readouts."""

    id = "tune.next-pane"
    name = "Pane"
    key = "tab"
    action = "turn_pane(1)"
    in_footer = True


class PreviousPane(Command):
    """Go to the pane before."""

    id = "tune.previous-pane"
    name = "Pane before"
    key = "shift+tab"
    action = "turn_pane(-1)"


class Back(Command):
    """Back to the fields."""

    id = "tune.back"
    name = "Back to the fields"
    key = "escape"
    action = "step_back"


class QuitWithCare(Quit):
    """Leave Turnlab, after asking what to do with unsaved changes."""

    action = "quit_with_care"
    in_footer = False


PANES: tuple[type[Command], ...] = (
    NextPane,
    PreviousPane,
    Back,
)
