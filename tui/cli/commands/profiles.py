"""``turnlab profiles``: its commands and their options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tui.cli import completing
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
    calls: Annotated[list[Path], typer.Argument(metavar="CALL...", help="PlaybackTimeline JSON of real calls.")],
    name: Annotated[str, typer.Option(help="The new profile's name.")],
    config: Annotated[
        str | None, typer.Option("--config", "-c", help="The voice_config these calls were made under.")
    ] = None,
    extends: Annotated[str, typer.Option(help="The profile whose other values stay.")] = "default",
    output: Annotated[Path | None, typer.Option(help="Write the profile there instead of printing it.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
    as_json: Json = False,
) -> None:
    """Fit model latencies from the nav_ms, render_ms and audio_ttfb_ms of real calls."""
    from tui.cli.profiles import FitRequest, fit_profile

    fit_profile(FitRequest(calls, name, config, extends, output, force), as_json=as_json)
