"""The command ``turnlab``: its own options, the commands it is made of, and how it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import Annotated, ClassVar

import typer

from base.unexpected import DEBUG, REMEDY, named, show_traceback
from tui import __version__
from tui.cli.commands import calling, listing, measuring
from tui.cli.failure import CallError, ToldError, WorkError, report, report_as_json
from tui.cli.groups import LateGroup, check_late
from tui.streams import OutputLostError, flushed, write_what_can_be_written


class Turnlab(LateGroup):
    """All commands, in the order of the help; those of :data:`tui.cli.groups.LATER` follow."""

    functions: ClassVar[Mapping[str, Callable[..., None]]] = {
        command.__name__: command for module in (measuring, listing, calling) for command in module.COMMANDS
    }


app = typer.Typer(
    name="turnlab",
    cls=Turnlab,
    help="Hear what a voice_config change does to a call before a caller does. "
    "Without a command, opens the dashboard.",
    no_args_is_help=False,
    add_completion=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"turnlab {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 the option acts through its callback
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
    debug: Annotated[  # noqa: ARG001 read by run(), which must know before anything can fail
        bool, typer.Option("--debug", help="Show the traceback of a failure; TURNLAB_DEBUG=1 does so too.")
    ] = False,
    connection: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The platform to work on, from 'turnlab connect --list'. TURNLAB_CONNECTION says the same.",
        ),
    ] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Open the dashboard so that nothing can be written from it.")
    ] = False,
    in_browser: Annotated[
        bool, typer.Option("--web", help="Serve the dashboard to a browser on this machine.")
    ] = False,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="The port of --web (8766); 0 takes any free one.")
    ] = None,
) -> None:
    if connection:
        # Where every command that opens a connection looks.
        os.environ["TURNLAB_CONNECTION"] = connection
    if port is not None and not in_browser:
        raise CallError("--port goes with --web; 'turnlab serve' has a --port of its own")
    if context.invoked_subcommand is None and in_browser:
        from tui.launch import serve_dashboard

        serve_dashboard(8766 if port is None else port, connection, read_only=read_only)
        raise typer.Exit
    if context.invoked_subcommand is None:
        from tui.launch import open_dashboard

        raise typer.Exit(open_dashboard(connection, read_only=read_only))
    if read_only or in_browser:
        raise CallError("--read-only and --web are for the dashboard; commands write only with --apply")


def run(arguments: list[str]) -> int:
    """Run one command; return its exit code: 0 done, 1 the work failed, 2 the call was wrong."""
    if "--debug" in arguments:
        os.environ[DEBUG] = "1"
    arguments = [argument for argument in arguments if argument != "--debug"]
    write_what_can_be_written()
    report_as_json("--json" in arguments)
    try:
        result = check_late(typer.main.get_command(app)).main(arguments, prog_name="turnlab", standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)  # of the command that was called wrongly, if it came that far
        path = context.command_path if context is not None else "turnlab"
        report(f"{error.format_message().rstrip('.')}; see '{path} --help'", "usage")
        return 2
    except (BrokenPipeError, SystemExit):  # how typer and rich pass it on
        flushed()
        return 0
    except OutputLostError:
        flushed()
        return 1
    except (KeyboardInterrupt, typer.Abort):
        report("stopped", "interrupted")
        return 130
    except (CallError, WorkError) as error:
        show_traceback(error)
        report(str(error), "usage" if isinstance(error, CallError) else "failed")
        return 2 if isinstance(error, CallError) else 1
    except ToldError as error:
        show_traceback(error)
        return error.code
    except Exception as error:
        show_traceback(error)
        report(f"stopped by an unexpected {named(error)}; {REMEDY}", "unexpected")
        return 1
    return result if isinstance(result, int) else 0
