"""Commands that move between panes."""

from __future__ import annotations

from tui.commands.command import Command


class NextPane(Command):
    """Go to the next pane: call, settings, log."""

    id = "live.next-pane"
    name = "Pane"
    key = "tab"
    action = "turn_pane(1)"
    in_footer = True


class PreviousPane(Command):
    """Go to the pane before."""

    id = "live.previous-pane"
    name = "Pane before"
    key = "shift+tab"
    action = "turn_pane(-1)"


class Back(Command):
    """Back to the call."""

    id = "live.back"
    name = "Back to the call"
    key = "escape"
    action = "step_back"


PANES: tuple[type[Command], ...] = (
    NextPane,
    PreviousPane,
    Back,
)
