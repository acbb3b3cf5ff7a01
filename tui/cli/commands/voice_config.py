"""``turnlab voice-config``: its options. The work is imported only when it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from tui.cli import completing
from tui.cli.failure import CallError
from tui.cli.options import Body, ServiceName, Wish, with_option_sets

voice_config_app = typer.Typer(rich_markup_mode=None, add_completion=False)


@voice_config_app.command("voice-config")
@with_option_sets
def voice_config(
    *,
    service: ServiceName,
    preset: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Apply a preset; other fields that presets set inherit again.",
            autocompletion=completing.presets,
        ),
    ] = None,
    keep_others: Annotated[
        bool, typer.Option("--keep-others", help="Set only the preset's fields; leave all others.")
    ] = False,
    body: Body = None,
    get: Annotated[bool, typer.Option("--get", help="Show the stored values.")] = False,
    history: Annotated[bool, typer.Option("--history", help="Show the changes made from here.")] = False,
    rollback: Annotated[
        bool,
        typer.Option("--rollback", help="Restore what the last change replaced; repeat to go further back."),
    ] = False,
    to: Annotated[
        int | None,
        typer.Option(min=1, help="With --rollback: restore what this change replaced, even after later ones."),
    ] = None,
    wish: Wish,
) -> None:
    """Show a service's voice_config, or change its fields: null makes one inherit again."""
    from tui.cli import voice_config_change as work

    changes = [
        name for name, given in (("--preset", preset), ("--body", body), ("--rollback", rollback or None)) if given
    ]
    if to is not None and not rollback:
        raise CallError("--to goes with --rollback")
    if len(changes) > 1:
        raise CallError(f"{' and '.join(changes)} exclude each other; give one, then the other")
    if (get or history) and (changes or keep_others):
        raise CallError(f"{'--get' if get else '--history'} only looks; leave --preset, --body and --rollback out")
    if (wish.apply or wish.expect) and not changes:
        raise CallError("say what to change: --preset NAME, --body JSON or --rollback")
    if history:
        work.show_history(service, wish.connection, as_json=wish.as_json)
    elif rollback:
        work.rollback_voice_config(service, to, wish)
    elif changes or keep_others:
        work.change_voice_config(service, preset, body, wish, keep_others=keep_others)
    else:
        work.show_voice_config(service, wish.connection, as_json=wish.as_json)
