"""``turnlab voice-config``: its options. The work is imported only when it is called."""

from __future__ import annotations

from typing import Annotated

import typer

from tui.cli.failure import CallError
from tui.cli.options import Body, ServiceName, with_option_sets
from tui.cli.wish import Wish

voice_config_app = typer.Typer(rich_markup_mode=None, add_completion=False)


@voice_config_app.command("voice-config")
@with_option_sets
def voice_config(
    *,
    service: ServiceName,
    preset: Annotated[
        str | None, typer.Option(metavar="NAME", help="Set the fields of a preset; the others stay as they are.")
    ] = None,
    body: Body = None,
    get: Annotated[bool, typer.Option("--get", help="Show what is stored.")] = False,
    wish: Wish,
) -> None:
    """Show a service's voice_config, or change fields of it: null puts one back to inherit."""
    from tui.cli.voice_config_change import change_voice_config, show_voice_config

    if get or (preset is None and body is None):
        if preset is not None or body is not None:
            raise CallError("--get only looks; leave --preset and --body out")
        if wish.apply or wish.expect:
            raise CallError("say what to change: --preset NAME or --body JSON")
        show_voice_config(service, wish.connection, as_json=wish.as_json)
    else:
        change_voice_config(service, preset, body, wish)
