"""Options that several groups of commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object for scripts instead of a table.")]
ConnectionName = Annotated[
    str | None,
    typer.Option(
        "--connection", metavar="NAME", help="Which platform; by default TURNLAB_CONNECTION, or the embedded."
    ),
]
Apply = Annotated[bool, typer.Option("--apply", help="Write it; without this, only show what it would do.")]
Expect = Annotated[
    str | None,
    typer.Option(
        metavar="PLAN", help="Write only if it is still the plan that was shown under these ten characters."
    ),
]
ServiceName = Annotated[str, typer.Argument(metavar="SERVICE", help="A service's name or id.")]
Body = Annotated[
    str | None,
    typer.Option(metavar="JSON", help="A JSON object of fields, or @FILE that holds one; null takes a field back."),
]
