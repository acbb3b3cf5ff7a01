"""``turnlab models``: its commands and their options."""

from __future__ import annotations

from typing import Annotated

import typer

from tui.cli.groups import LATER_HELP, ShowingGroup
from tui.cli.options import Json

models_app = typer.Typer(cls=ShowingGroup, rich_markup_mode=None, add_completion=False, help=LATER_HELP["models"])


@models_app.command("show")
def models(
    check: Annotated[
        bool, typer.Option("--check", help="Check whether this machine's models give the reference numbers.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show each model: installed or not, its origin, licence and hash (also without 'show')."""
    from tui.cli.models import check_models, list_models

    (check_models if check else list_models)(as_json=as_json)


@models_app.command("fetch")
def models_fetch(
    force: Annotated[bool, typer.Option("--force", help="Download it even if it is installed.")] = False,
    as_json: Json = False,
) -> None:
    """Download the end-of-turn model through pip, check it, and store it in the data directory."""
    from tui.cli.models import fetch

    fetch(force=force, as_json=as_json)
