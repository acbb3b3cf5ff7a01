"""``turnlab profiles``: its commands and their options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tui.cli import completing
from tui.cli.failure import CallError
from tui.cli.groups import LATER_HELP, ShowingGroup
from tui.cli.options import Json

profiles_app = typer.Typer(
    cls=ShowingGroup, rich_markup_mode=None, add_completion=False, help=LATER_HELP["profiles"]
)


@profiles_app.command("show")
def profiles(
    profile: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME|FILE]",
            help="A shipped profile, or a file to check and show.",
            autocompletion=completing.profiles,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the profiles, or show one: every value with its unit and origin (what 'turnlab profiles' alone does)."""
    from tui.cli.profiles import show_profiles

    show_profiles(profile, as_json=as_json)


@profiles_app.command("fit")
def profiles_fit(
    timelines: Annotated[
        list[Path] | None, typer.Argument(metavar="[CALL...]", help="PlaybackTimeline JSON of real calls.")
    ] = None,
    heard: Annotated[
        list[str] | None,
        typer.Option("--calls", metavar="SERVICE|FOLDER", help="Kept calls, to be fitted to by ear and by log."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="The new profile's name; with --calls, the output's by default.")
    ] = None,
    config: Annotated[
        str | None, typer.Option("--config", "-c", help="The voice_config these calls were made under.")
    ] = None,
    extends: Annotated[str, typer.Option(help="The profile whose other values stay.")] = "default",
    output: Annotated[Path | None, typer.Option(help="Write the profile there instead of printing it.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    take_policy: Annotated[
        bool,
        typer.Option("--take-policy", help="With --calls: take what the platform's own turn policies say of them."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Fit a profile to real calls: to pulled calls with --calls, or model latencies to timelines alone."""
    if bool(heard) == bool(timelines):
        raise CallError("name PlaybackTimeline files, or kept calls with --calls, and not both")
    if heard:
        from tui.cli.calls.fitting import HeardFitRequest, fit_calls

        own = name or (output.stem if output else "fitted")
        fit_calls(HeardFitRequest(heard, own, config, extends, output, force, take_policy), as_json=as_json)
        return
    if take_policy:
        raise CallError("--take-policy goes with --calls: timelines hold no turn policies")
    if name is None:
        raise CallError("--name is missing: what is the new profile called?")
    from tui.cli.profiles import FitRequest, fit_profile

    fit_profile(FitRequest(timelines or [], name, config, extends, output, force), as_json=as_json)
