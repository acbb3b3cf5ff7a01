"""``turnlab connect``."""

from __future__ import annotations

from typing import Annotated

import typer

from tui.cli.failure import CallError
from tui.cli.options import Json


def connect(
    name: Annotated[str | None, typer.Argument(help="What to call the connection, such as staging.")] = None,
    api: Annotated[str | None, typer.Option(help="Which API: platform (the default) or classic.")] = None,
    region: Annotated[
        str | None, typer.Option(help="The API's region by name: us; Classic also ca, eu, au.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="The API's address, instead of a region.")] = None,
    workspace: Annotated[str | None, typer.Option(help="Workspace ID (Platform).")] = None,
    organization: Annotated[str | None, typer.Option(help="Organization ID (Classic).")] = None,
    key_id: Annotated[str | None, typer.Option("--key-id", help="API key ID (Classic).")] = None,
    user: Annotated[str | None, typer.Option(help="ID of the user to sign in as (Classic).")] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the connections there are.")] = False,
    testing: Annotated[bool, typer.Option("--test", help="Only test the connection of that name.")] = False,
    removing: Annotated[bool, typer.Option("--remove", help="Forget a connection and its key.")] = False,
    as_json: Json = False,
) -> None:
    """Set up a connection to a real platform and test it. The key is asked for, or the first line of stdin."""
    if sum((listing, testing, removing)) > 1:
        raise CallError("--list, --test and --remove exclude each other")
    if removing and not name:
        raise CallError("--remove needs the connection's name; see 'turnlab connect --list'")
    from tui.cli import connect as connecting
    from tui.cli.connect import Answers

    if listing:
        connecting.show_list(as_json=as_json)
    elif testing:
        connecting.test(name, as_json=as_json)
    elif removing:
        connecting.remove(str(name), as_json=as_json)
    else:
        connecting.set_up(Answers(name, api, region, url, workspace, organization, key_id, user), as_json=as_json)
