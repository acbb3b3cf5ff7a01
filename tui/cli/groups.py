"""Command groups: those with a default command, and those built only when they are called."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib import import_module
from inspect import getdoc
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup

SHOW = "show"


class ShowingGroup(TyperGroup):
    """A group whose ``show`` runs if no command is named: ``turnlab profiles telephone``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put ``show`` before arguments that name no command."""
        named = bool(args) and args[0] in (*self.commands, *ctx.help_option_names)
        if not named and not (ctx.resilient_parsing and not args):  # shells complete command names here too
            args = [SHOW, *args]
        return super().parse_args(ctx, args)


class HelpingGroup(TyperGroup):
    """A group that shows its help and exits with 2 if no command is named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Show the help on standard error if there is nothing to parse. Raises :class:`typer.Exit`."""
        if not args and not ctx.resilient_parsing:
            sys.stderr.write(f"{ctx.get_help()}\n")
            raise typer.Exit(2)
        return super().parse_args(ctx, args)


LATER = {
    "calls": ("tui.cli.commands.calls", "calls_app"),
    "labels": ("tui.cli.commands.labels", "labels_app"),
    "models": ("tui.cli.commands.models", "models_app"),
    "profiles": ("tui.cli.commands.profiles", "profiles_app"),
    "service": ("tui.cli.commands.service", "service_app"),
    "version-set": ("tui.cli.commands.version_set", "version_set_app"),
    "voice-config": ("tui.cli.commands.voice_config", "voice_config_app"),
}
"""The modules of command groups that the main help only names."""

LATER_HELP = {
    "calls": "Pull a service's real calls, measure, check, show and delete them.",
    "labels": "Convert labels to Audacity and back, and from Praat, RTTM or SRT.",
    "models": "Show the model files, or download the missing one.",
    "profiles": "Show engine profiles, check one, or fit one from real calls.",
    "service": "List, show, create, change and delete services.",
    "version-set": "Show a service's version sets, promote them, roll back.",
    "voice-config": "Show a service's voice_config, or change its fields.",
}


class LateGroup(TyperGroup):
    """A group that builds its commands when one of them is called, because building their options takes time."""

    functions: ClassVar[Mapping[str, Callable[..., None]]] = {}
    """Commands by name, before those of :data:`LATER`."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        helps = {name: getdoc(command) for name, command in self.functions.items()} | LATER_HELP
        for name, text in helps.items():
            self.commands[name] = TyperCommand(name, help=text)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command, and build it if it is still only a name."""
        if args and args[0] in self.functions:
            self.commands[args[0]] = check_late(alone(args[0], self.functions[args[0]]))
        elif args and args[0] in LATER:
            module, app = LATER[args[0]]
            self.commands[args[0]] = check_late(typer.main.get_command(getattr(import_module(module), app)))
        return super().resolve_command(ctx, args)


class _LateCheck:
    """The check of a parameter's value. Typer makes it at the first value that needs conversion.

    For this, Typer imports pydantic, which takes longer than most commands.
    """

    def __init__(self, parameter: Any, make: Callable[[], Any]) -> None:
        self._make = make
        self._text = parameter.type_descriptor.annotation is str

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return a value as the parameter's type. Raises what Typer raises."""
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        return value if self._text and isinstance(value, str) else self._make().coerce(value, param=param, ctx=ctx)


def check_late(command: Any) -> Any:
    """Return a Typer command that checks parameter values late, also in its subcommands."""
    make = command.get_params

    def parameters(ctx: Any) -> list[Any]:
        found: list[Any] = make(ctx)
        for parameter in found:
            if "get_runtime_param" not in vars(parameter):
                parameter.get_runtime_param = partial(_LateCheck, parameter, parameter.get_runtime_param)
        return found

    # Typer asks here for the options that it will read, including --help.
    command.get_params = parameters
    for below in getattr(command, "commands", {}).values():
        check_late(below)
    return command


def alone(name: str, command: Callable[..., None]) -> Any:
    """Return a stand-alone command that runs a function."""
    return typer.main.get_command(_built(name, command))


@cache
def _built(name: str, command: Callable[..., None]) -> typer.Typer:
    app = typer.Typer(rich_markup_mode=None, add_completion=False)
    app.command(name)(command)
    return app
