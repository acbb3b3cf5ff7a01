"""``turnlab calls``: its commands and their options. Each command imports its work only when it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from tui.cli.failure import CallError
from tui.cli.groups import LATER_HELP, HelpingGroup
from tui.cli.options import (
    Channel,
    ConnectionName,
    Eot,
    GateOptions,
    Json,
    Profile,
    ServiceName,
    WorkOptions,
    with_option_sets,
)

calls_app = typer.Typer(rich_markup_mode=None, add_completion=False, cls=HelpingGroup, help=LATER_HELP["calls"])

Since = Annotated[str | None, typer.Option(metavar="DATE", help="The first day (UTC), such as 2026-11-20.")]
Until = Annotated[str | None, typer.Option(metavar="DATE", help="The last day (UTC).")]
ShowNumbers = Annotated[bool, typer.Option("--show-numbers", help="Show telephone numbers in full.")]
Service = Annotated[str | None, typer.Argument(metavar="[SERVICE]", help="Only calls of this service: name or id.")]

Calls = Annotated[
    list[str],
    typer.Argument(
        metavar="CALL|FOLDER|FILE...", help="Ids of calls, a service, folders of calls, or audio files."
    ),
]


@calls_app.command("pull")
def pull(
    service: ServiceName,
    days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="Number of days up to today; 14 by default.")
    ] = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 200,
    simulated: Annotated[
        bool, typer.Option("--simulated", help="Also pull calls whose caller the platform simulated.")
    ] = False,
    no_audio: Annotated[
        bool, typer.Option("--no-audio", help="Store measures only: no sound, no words, no number.")
    ] = False,
    connection: ConnectionName = None,
    as_json: Json = False,
) -> None:
    """Pull a service's calls into a private folder; calls that are stored already are skipped."""
    if days is not None and since is not None:
        raise CallError("--days and --since both say where to begin; give one")
    from tui.cli.calls.pull import PullOptions, pull_calls

    pull_calls(PullOptions(service, days, since, until, limit, simulated, no_audio, connection), as_json=as_json)


@calls_app.command("list")
def list_(
    service: Service = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many, the newest.")] = None,
    show_numbers: ShowNumbers = False,
    as_json: Json = False,
) -> None:
    """List the stored calls, the newest first."""
    from tui.cli.calls.listing import list_calls

    list_calls(service, since, until, limit, show_numbers=show_numbers, as_json=as_json)


@calls_app.command("show")
def show(
    call: Annotated[str, typer.Argument(metavar="ID", help="A stored call's id, or its beginning.")],
    show_numbers: ShowNumbers = False,
    as_json: Json = False,
) -> None:
    """Show one stored call: its facts, and who spoke when."""
    from tui.cli.calls.listing import show_call

    show_call(call, show_numbers=show_numbers, as_json=as_json)


@calls_app.command("import")
def import_(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Two-channel audio, pairs NAME.caller.* and NAME.agent.*."),
    ],
    channel: Channel = None,
    as_json: Json = False,
) -> None:
    """Import calls from elsewhere: audio of both sides, with or without a log NAME.json beside it."""
    from tui.cli.calls.importing import import_calls

    import_calls(paths, channel, as_json=as_json)


@calls_app.command("measure")
@with_option_sets
def measure(
    *, calls: Calls, channel: Channel = None, gate: GateOptions, work: WorkOptions, as_json: Json = False
) -> None:
    """Measure real calls from their audio: both channels, and nothing else, show who spoke when."""
    from tui.cli.calls.measuring import measure_calls
    from tui.report.gate import gate_of

    required = gate_of("turnlab calls measure", gate.require, gate.junit)
    measure_calls(calls, channel, required, work, as_json=as_json)


@calls_app.command("check")
@with_option_sets
def check(
    *,
    calls: Calls,
    profile: Profile = "default",
    config: Annotated[
        str | None, typer.Option("--config", "-c", help="The settings of calls without recorded settings.")
    ] = None,
    eot: Eot = None,
    gate: GateOptions,
    work: WorkOptions,
    as_json: Json = False,
) -> None:
    """Check the simulator: replay each call's caller, and compare the real turns with the simulated ones."""
    from tui.cli.calls.checking import MEASURABLE, CheckRequest, check_calls
    from tui.report.gate import gate_of

    required = gate_of("turnlab calls check", gate.require, gate.junit, MEASURABLE)
    check_calls(CheckRequest(calls, profile, config, eot.value if eot else None, work), required, as_json=as_json)


@calls_app.command("compare")
@with_option_sets
def compare(
    *,
    calls: Calls,
    before: Annotated[str | None, typer.Option(metavar="DATE", help="Calls before this day (UTC)...")] = None,
    after: Annotated[str | None, typer.Option(metavar="DATE", help="...against those from this day on.")] = None,
    gate: GateOptions,
    as_json: Json = False,
) -> None:
    """Compare two periods of real calls; without days, before and after the last change of their settings."""
    from tui.cli.calls.comparing import compare_calls
    from tui.report.gate import gate_of

    required = gate_of("turnlab calls compare", gate.require, gate.junit)
    compare_calls(calls, before, after, required, as_json=as_json)


@calls_app.command("purge")
def purge(
    older_than: Annotated[
        int | None,
        typer.Option(min=0, max=3650, metavar="DAYS", help="Delete calls pulled more than this many days ago."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Delete every call.")] = False,
    keep: Annotated[
        int | None,
        typer.Option(min=1, max=3650, metavar="DAYS", help="Keep calls for this many days; 30 by default."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Delete calls that are past their days, with everything derived from them."""
    if everything and older_than is not None:
        raise CallError("--all and --older-than exclude each other")
    from tui.cli.calls.purge import purge_calls

    purge_calls(older_than, keep, everything=everything, as_json=as_json)
