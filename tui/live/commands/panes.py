"""Commands that move between Live's panes."""

from __future__ import annotations

from tui.commands.command import Command
from tui.commands.panes import Back, NextPane, PreviousPane

PANES: tuple[type[Command], ...] = (
    NextPane.at("live", "Go to the next pane: call, settings, log."),
    PreviousPane.at("live"),
    Back.at("live", "Back to the call.", name="Back to the call"),
)
