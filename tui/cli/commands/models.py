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
        bool, typer.Option("--check", help="Say whether this machine's models give the reference numbers.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show each model: installed or not, from where, its licence and hash (what 'turnlab models' alone does)."""
    from tui.cli.models import check_models, list_models

    (check_models if check else list_models)(as_json=as_json)


@models_app.command("fetch")
def models_fetch(
    force: Annotated[bool, typer.Option("--force", help="Get it even where it is there already.")] = False,
    as_json: Json = False,
) -> None:
    """Get the end-of-turn model through pip, check it, and keep it in the data directory."""
    from tui.cli.models import fetch

    fetch(force=force, as_json=as_json)
