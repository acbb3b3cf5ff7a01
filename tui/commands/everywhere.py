"""Commands that work on every screen; the app has their methods."""

from __future__ import annotations

from tui.commands.command import Command
from tui.screens import SCREENS

SHOW_HELP = Command(
    "app.help",
    "Help",
    "question_mark,f1",
    "List every key that works here.",
    action="app.show_help",
    in_footer=True,
)
SHOW_PALETTE = Command(
    "app.palette",
    "Palette",
    "ctrl+p",
    "Find any command by typing a part of its name.",
    action="app.command_palette",
    priority=True,
)
SWITCH_THEME = Command(
    "app.theme",
    "Next theme",
    "ctrl+t",
    "Change to the next theme: dark, light, high contrast. It is remembered.",
    action="app.switch_theme",
    priority=True,
)
QUIT = Command(
    "app.quit",
    "Quit",
    "q,ctrl+q",
    "Leave Turnlab; ctrl+q does so even while typing.",
    action="app.quit",
    in_footer=True,
)

EVERYWHERE: tuple[Command, ...] = (
    *(
        Command(f"app.{row.id}", row.title, row.key, row.does, action=f"app.show('{row.id}')", in_footer=True)
        for row in SCREENS.values()
        if row.key
    ),
    SHOW_HELP,
    SHOW_PALETTE,
    SWITCH_THEME,
    QUIT,
)
"""In the order of the footer and the help screen."""
