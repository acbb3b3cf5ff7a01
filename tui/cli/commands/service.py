"""``turnlab service``: its commands and their options. Each imports its work only when it is called."""

from __future__ import annotations

from typing import Annotated

import typer

from tui.cli.groups import LATER_HELP, HelpingGroup
from tui.cli.options import Apply, Body, ConnectionName, Json, ServiceName, Wish, with_option_sets
from tui.cli.service_options import ServiceOptions

service_app = typer.Typer(rich_markup_mode=None, add_completion=False, cls=HelpingGroup, help=LATER_HELP["service"])

Name = Annotated[str | None, typer.Option(help="What people call it, 1 to 256 characters.")]


@service_app.command("list")
def list_(
    filter_: Annotated[
        str,
        typer.Argument(metavar="[FILTER]", help="Words, tag:key=value, active:yes, channel:voice, env:sandbox."),
    ] = "",
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    sort: Annotated[
        str,
        typer.Option(
            metavar="FIELD", help="name, created_at or updated_at (Classic: is_active); - in front: last first."
        ),
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
@with_option_sets
def create(
    *,
    name: Annotated[str, typer.Option(help="What people call it; no other active service may be called so.")],
    agent: Annotated[str, typer.Option(help="The agent's name or id.")],
    context_graph: Annotated[str, typer.Option(help="The context graph's name or id.")],
    options: ServiceOptions,
    preset: Annotated[str | None, typer.Option(metavar="NAME", help="The preset its settings begin with.")] = None,
    voice_config: Annotated[
        str | None, typer.Option(metavar="JSON", help="The voice_config it begins with, or @FILE.")
    ] = None,
    apply: Apply = False,
    connection: ConnectionName = None,
    as_json: Json = False,
) -> None:
    """Make a service; it begins with the version sets edge and release."""
    from tui.cli.service_change import create_service

    wish = Wish(apply=apply, connection=connection, as_json=as_json)
    create_service(name, options, agent, context_graph, (preset, voice_config), wish)


@service_app.command()
@with_option_sets
def update(
    *,
    service: ServiceName,
    name: Name = None,
    options: ServiceOptions,
    body: Body = None,
    wish: Wish,
) -> None:
    """Change the named fields of a service; the others stay as they are."""
    from tui.cli.service_change import update_service

    update_service(service, name, options, body, wish)


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
