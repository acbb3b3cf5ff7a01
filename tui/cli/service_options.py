"""The fields of a service as options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceOptions:
    """What options say of a service besides its name; ``None`` was not given."""

    description: Annotated[str | None, typer.Option(help="At most 2,000 characters.")] = None
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="KEY[:VALUE]", help="A tag; repeatable: all of them together."),
    ] = None
    tool_capacity: Annotated[
        int | None, typer.Option(min=1, max=10, help="How many tools may run at once, 1 to 10.")
    ] = None
    channel: Annotated[str | None, typer.Option(metavar="voice|text", help="How callers reach it.")] = None
    environment: Annotated[str | None, typer.Option(metavar="production|sandbox", help="Where it runs.")] = None
    safety_filters: Annotated[
        bool | None,
        typer.Option("--safety-filters/--no-safety-filters", help="Whether conversations are monitored."),
    ] = None
    active: Annotated[bool | None, typer.Option("--active/--inactive", help="Whether callers reach it.")] = None
