"""Groups of commands: those that show something by default, and those that are built only when they are called."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

SHOW = "show"


class ShowingGroup(TyperGroup):
    """A group whose ``show`` runs wherever no command of it is named: ``turnlab profiles telephone``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put ``show`` before arguments that name no command."""
        if not args or args[0] not in (*self.commands, *ctx.help_option_names):
            args = [SHOW, *args]
        return super().parse_args(ctx, args)


LATER = {
    "service": ("tui.cli.commands.service", "service_app"),
    "version-set": ("tui.cli.commands.version_set", "version_set_app"),
    "voice-config": ("tui.cli.commands.voice_config", "voice_config_app"),
}
"""Where the commands are that the main help only names: building their options would slow it down."""

LATER_HELP = {
    "service": "List, show, make, change and delete services.",
    "version-set": "Look at a service's version sets, promote them, go back.",
    "voice-config": "Show a service's voice_config, or change fields of it.",
}


class LateGroup(TyperGroup):
    """A group that builds the commands of :data:`LATER` when one of them is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name in LATER:
            self.commands[name] = TyperCommand(name, help=LATER_HELP[name])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the called command, building it if it was only named so far."""
        if args and args[0] in LATER:
            module, app = LATER[args[0]]
            self.commands[args[0]] = typer.main.get_command(getattr(import_module(module), app))
        return super().resolve_command(ctx, args)
