"""``turnlab version-set``: its commands and their options. Each command imports its work only when it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from tui.cli.groups import LATER_HELP, HelpingGroup
from tui.cli.options import Apply, Body, ConnectionName, Expect, Json, ServiceName, Wish, with_option_sets

version_set_app = typer.Typer(
    rich_markup_mode=None, add_completion=False, cls=HelpingGroup, help=LATER_HELP["version-set"]
)

SetName = Annotated[str, typer.Argument(metavar="NAME", help="The version set.")]


@version_set_app.command("list")
def list_(service: ServiceName, connection: ConnectionName = None, as_json: Json = False) -> None:
    """List the version sets, with what 'latest' means today."""
    from tui.cli.version_set_show import list_version_sets

    list_version_sets(service, connection, as_json=as_json)


@version_set_app.command()
def get(service: ServiceName, name: SetName, connection: ConnectionName = None, as_json: Json = False) -> None:
    """Show one version set in full."""
    from tui.cli.version_set_show import get_version_set

    get_version_set(service, name, connection, as_json=as_json)


@version_set_app.command()
def diff(
    service: ServiceName,
    before: Annotated[str, typer.Argument(metavar="A", help="A version set.")],
    after: Annotated[str, typer.Argument(metavar="B", help="The version set to compare it with.")],
    connection: ConnectionName = None,
    as_json: Json = False,
) -> None:
    """Show all differences between two version sets."""
    from tui.cli.version_set_show import diff_version_sets

    diff_version_sets(service, before, after, connection, as_json=as_json)


@version_set_app.command()
def history(
    service: ServiceName,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Only this version set.")] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=100, help="The largest number of changes from each source.")
    ] = 20,
    connection: ConnectionName = None,
    as_json: Json = False,
) -> None:
    """Show who changed version sets and when: from here, and by the platform's history."""
    from tui.cli.version_set_show import show_history

    show_history(service, name, limit, connection, as_json=as_json)


@version_set_app.command()
@with_option_sets
def promote(
    *,
    service: ServiceName,
    source: Annotated[str, typer.Argument(metavar="FROM", help="The version set that you tried.")],
    target: Annotated[
        str | None, typer.Argument(metavar="[TO]", help="By default the next of personal, test, preview, release.")
    ] = None,
    wish: Wish,
) -> None:
    """Copy one version set's content to another; Turnlab stores the old content for 'rollback'."""
    from tui.cli.version_set_change import promote

    promote(service, source, target, wish)


@version_set_app.command()
@with_option_sets
def upsert(
    *,
    service: ServiceName,
    name: SetName,
    agent_version: Annotated[
        str | None, typer.Option(metavar="N", help="The agent's version to pin, or 'latest'.")
    ] = None,
    context_graph_version: Annotated[
        str | None, typer.Option(metavar="N", help="The context graph's version to pin, or 'latest'.")
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(metavar="USE=MODEL", help="The model for one interaction; USE= for none. Repeatable."),
    ] = None,
    body: Body = None,
    wish: Wish,
) -> None:
    """Change the named fields of a version set, or create it; the other fields stay as they are."""
    from tui.cli.version_set_change import upsert

    versions = {"agent_version_number": agent_version, "context_graph_version_number": context_graph_version}
    upsert(service, name, versions, model or [], body, wish)


@version_set_app.command()
@with_option_sets
def rollback(
    *,
    service: ServiceName,
    name: SetName,
    to: Annotated[
        int | None,
        typer.Option(
            min=1, help="Restore the content from before this change, even after later ones; see history."
        ),
    ] = None,
    wish: Wish,
) -> None:
    """Restore what a version set held before the last change from here; repeat it to go further back."""
    from tui.cli.version_set_change import rollback

    rollback(service, name, to, wish)


@version_set_app.command()
def delete(
    service: ServiceName,
    name: SetName,
    apply: Apply = False,
    expect: Expect = None,
    connection: ConnectionName = None,
    as_json: Json = False,
) -> None:
    """Delete a version set; Turnlab stores its content for 'rollback'."""
    from tui.cli.version_set_change import delete

    delete(service, name, Wish(apply=apply, expect=expect, connection=connection, as_json=as_json))
