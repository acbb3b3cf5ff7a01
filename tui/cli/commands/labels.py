"""``turnlab labels``: its commands and their options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tui.cli.groups import LATER_HELP, HelpingGroup
from tui.cli.options import Json

labels_app = typer.Typer(rich_markup_mode=None, add_completion=False, cls=HelpingGroup, help=LATER_HELP["labels"])

Force = Annotated[bool, typer.Option("--force", help="Replace an existing file.")]


@labels_app.command("export")
def labels_export(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A recording, or its JSON label file.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="By default NAME.txt beside it; - prints it.")
    ] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write a recording's labels as a label track that Audacity opens."""
    from tui.cli.labels import export_labels

    export_labels(path, output, force=force, as_json=as_json)


@labels_app.command("import")
def labels_import(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="NAME.txt of Audacity, .TextGrid, .rttm or .srt.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="By default NAME.json beside it; - prints it.")
    ] = None,
    agent: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The tier or speaker that is the agent; by default the one of that name."
        ),
    ] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Convert another program's label file to JSON; what only JSON can hold stays as it was."""
    from tui.cli.labels import import_labels

    import_labels(path, output, agent, force=force, as_json=as_json)
