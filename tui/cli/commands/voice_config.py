"""``turnlab voice-config``: its options. The work is imported only when it is called."""

from __future__ import annotations

from typing import Annotated

import typer

from tui.cli.options import Apply, Body, ConnectionName, Expect, Json, ServiceName

voice_config_app = typer.Typer(rich_markup_mode=None, add_completion=False)


@voice_config_app.command("voice-config")
def voice_config(
    service: ServiceName,
    preset: Annotated[
        str | None, typer.Option(metavar="NAME", help="Set the fields of a preset; the others stay as they are.")
    ] = None,
    body: Body = None,
    get: Annotated[bool, typer.Option("--get", help="Show what is stored.")] = False,
    apply: Apply = False,
    expect: Expect = None,
    connection: ConnectionName = None,
    as_json: Json = False,
) -> None:
    """Show a service's voice_config, or change fields of it: null puts one back to inherit."""
    from tui.cli.voice_config_change import Wish, change_voice_config, show_voice_config

    if get or (preset is None and body is None):
        Wish.refuse_with_get(preset, body, apply=apply, expect=expect)
        show_voice_config(service, connection, as_json=as_json)
    else:
        change_voice_config(service, preset, body, Wish(apply, expect, connection, as_json))
