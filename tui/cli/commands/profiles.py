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
    """List the profiles, or show one: every value with its unit and origin (also without 'show')."""
    from tui.cli.profiles import show_profiles

    show_profiles(profile, as_json=as_json)


@profiles_app.command("fit")
def profiles_fit(
    timelines: Annotated[
        list[Path] | None, typer.Argument(metavar="[CALL...]", help="PlaybackTimeline JSON of real calls.")
    ] = None,
    heard: Annotated[
        list[str] | None,
        typer.Option(
            "--calls", metavar="SERVICE|FOLDER", help="Fit to these stored calls, by their audio and logs."
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="The new profile's name; with --calls, the output's by default.")
    ] = None,
    config: Annotated[str | None, typer.Option("--config", "-c", help="The voice_config of these calls.")] = None,
    extends: Annotated[str, typer.Option(help="The profile that supplies all other values.")] = "default",
    output: Annotated[
        Path | None, typer.Option(help="Write the profile to this file instead of printing it.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    take_policy: Annotated[
        bool,
        typer.Option("--take-policy", help="With --calls: take values from the platform's own turn policies."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Fit a profile to real calls: to pulled calls with --calls, else model latencies to timelines."""
    if bool(heard) == bool(timelines):
        raise CallError("name either PlaybackTimeline files or, with --calls, stored calls")
    if heard:
        from tui.cli.calls.fitting import HeardFitRequest, fit_calls

        own = name or (output.stem if output else "fitted")
        fit_calls(HeardFitRequest(heard, own, config, extends, output, force, take_policy), as_json=as_json)
        return
    if take_policy:
        raise CallError("--take-policy goes with --calls: timelines hold no turn policies")
    if name is None:
        raise CallError("--name is missing; name the new profile")
    from tui.cli.profiles import FitRequest, fit_profile

    fit_profile(FitRequest(timelines or [], name, config, extends, output, force), as_json=as_json)
