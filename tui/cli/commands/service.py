"""``turnlab service``: its commands and their options. Each imports its work only when it is called."""

from __future__ import annotations

from typing import Annotated

import typer

from tui.cli.groups import LATER_HELP
from tui.cli.options import Apply, Body, ConnectionName, Expect, Json, ServiceName

service_app = typer.Typer(
    rich_markup_mode=None, add_completion=False, no_args_is_help=True, help=LATER_HELP["service"]
)

Name = Annotated[str | None, typer.Option(help="What people call it, 1 to 256 characters.")]
Description = Annotated[str | None, typer.Option(help="At most 2,000 characters.")]
Tags = Annotated[
    list[str] | None, typer.Option("--tag", metavar="KEY[:VALUE]", help="A tag; repeatable: all of them together.")
]
ToolCapacity = Annotated[int | None, typer.Option(min=1, max=10, help="How many tools may run at once, 1 to 10.")]
Channel = Annotated[str | None, typer.Option(metavar="voice|text", help="How callers reach it.")]
Environment = Annotated[str | None, typer.Option(metavar="production|sandbox", help="Where it runs.")]
SafetyFilters = Annotated[
    bool | None, typer.Option("--safety-filters/--no-safety-filters", help="Whether conversations are monitored.")
]
Active = Annotated[bool | None, typer.Option("--active/--inactive", help="Whether callers reach it.")]


@service_app.command("list")
def list_(
    filter_: Annotated[
        str,
        typer.Argument(metavar="[FILTER]", help="Words, tag:key=value, active:yes, channel:voice, env:sandbox."),
    ] = "",
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    sort: Annotated[
        str, typer.Option(metavar="FIELD", help="name, created_at or updated_at; - in front: last first.")
    ] = "name",
    connection: ConnectionName = None,
    as_json: Json = False,
) -> None:
    """List services."""
    from tui.cli.service_show import list_services

    list_services(filter_, limit, sort, connection, as_json=as_json)


@service_app.command()
def get(service: ServiceName, connection: ConnectionName = None, as_json: Json = False) -> None:
    """Show one service whole."""
    from tui.cli.service_show import get_service

    get_service(service, connection, as_json=as_json)


@service_app.command()
def create(
    name: Annotated[str, typer.Option(help="What people call it; no other active service may be called so.")],
    agent: Annotated[str, typer.Option(help="The agent's name or id.")],
    context_graph: Annotated[str, typer.Option(help="The context graph's name or id.")],
    description: Description = None,
    tag: Tags = None,
    tool_capacity: ToolCapacity = None,
    channel: Channel = None,
    environment: Environment = None,
    safety_filters: SafetyFilters = None,
    active: Active = None,
    apply: Apply = False,
    connection: ConnectionName = None,
    as_json: Json = False,
) -> None:
    """Make a service; it begins with the version sets edge and release."""
    from tui.cli.service_change import Fields, create_service

    fields = Fields(
        name=name,
        description=description,
        is_active=active,
        tags=tag,
        tool_capacity=tool_capacity,
        channel_type=channel,
        environment=environment,
        safety_filters_enabled=safety_filters,
    )
    create_service(fields, agent, context_graph, connection, apply=apply, as_json=as_json)


@service_app.command()
def update(
    service: ServiceName,
    name: Name = None,
    description: Description = None,
    tag: Tags = None,
    tool_capacity: ToolCapacity = None,
    channel: Channel = None,
    environment: Environment = None,
    safety_filters: SafetyFilters = None,
    active: Active = None,
    body: Body = None,
    apply: Apply = False,
    expect: Expect = None,
    connection: ConnectionName = None,
    as_json: Json = False,
) -> None:
    """Change the named fields of a service; the others stay as they are."""
    from tui.cli.service_change import Fields, Wish, update_service

    fields = Fields(
        name=name,
        description=description,
        is_active=active,
        tags=tag,
        tool_capacity=tool_capacity,
        channel_type=channel,
        environment=environment,
        safety_filters_enabled=safety_filters,
    )
    update_service(service, fields, body, Wish(apply, expect, connection, as_json))


@service_app.command()
def delete(
    service: ServiceName,
    apply: Apply = False,
    confirm: Annotated[
        str | None, typer.Option(metavar="NAME", help="The service's name once more: it cannot be undone.")
    ] = None,
    connection: ConnectionName = None,
    as_json: Json = False,
) -> None:
    """Delete a service with its version sets. That cannot be undone; '--inactive' of 'update' can."""
    from tui.cli.service_change import delete_service

    delete_service(service, confirm, connection, apply=apply, as_json=as_json)
