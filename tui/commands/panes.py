"""Commands that move between the panes of a screen."""

from __future__ import annotations

from tui.commands.command import SharedCommand


class NextPane(SharedCommand):
    """Go to the next pane."""

    part = "next-pane"
    name = "Pane"
    key = "tab"
    action = "turn_pane(1)"
    in_footer = True


class PreviousPane(SharedCommand):
    """Go to the pane before."""

    part = "previous-pane"
    name = "Pane before"
    key = "shift+tab"
    action = "turn_pane(-1)"


class Back(SharedCommand):
    """Back to the pane one begins in."""

    part = "back"
    name = "Back"
    key = "escape"
    action = "step_back"
