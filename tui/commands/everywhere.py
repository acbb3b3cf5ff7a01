"""Commands that work on every screen; the app has their methods."""

from __future__ import annotations

from tui.commands.command import Command


class ShowServices(Command):
    """Go to the services of the workspace."""

    id = "app.services"
    name = "Services"
    key = "1"
    action = "app.show_services"
    in_footer = True


class ShowTune(Command):
    """Go to Tune with the highlighted service, or with the last one that was tuned."""

    id = "app.tune"
    name = "Tune"
    key = "2"
    action = "app.show_tune"
    in_footer = True


class ShowLive(Command):
    """Talk to the agent through the microphone, with the arms of what was last tuned."""

    id = "app.live"
    name = "Live"
    key = "3"
    action = "app.show_live"
    in_footer = True


class ShowHelp(Command):
    """List every key that works here."""

    id = "app.help"
    name = "Help"
    key = "question_mark,f1"
    action = "app.show_help"
    in_footer = True


class ShowPalette(Command):
    """Find any command by typing a part of its name."""

    id = "app.palette"
    name = "Palette"
    key = "ctrl+p"
    action = "app.command_palette"
    priority = True


class SwitchTheme(Command):
    """Change to the next theme: dark, light, high contrast. It is remembered."""

    id = "app.theme"
    name = "Next theme"
    key = "ctrl+t"
    action = "app.switch_theme"
    priority = True


class Quit(Command):
    """Leave Turnlab; ctrl+q does so even while typing."""

    id = "app.quit"
    name = "Quit"
    key = "q,ctrl+q"
    action = "app.quit"
    in_footer = True


EVERYWHERE: tuple[type[Command], ...] = (
    ShowServices,
    ShowTune,
    ShowLive,
    ShowHelp,
    ShowPalette,
    SwitchTheme,
    Quit,
)
"""In the order of the footer and the help screen."""
