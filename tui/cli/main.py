"""The command ``turnlab``: its options, its commands, and its exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, NoReturn

import typer

from base.files import is_file, is_folder
from base.folders import typed_path
from base.unexpected import DEBUG, REMEDY, named, show_traceback
from tui import __version__
from tui.cli.commands import calling, inventory, simulating, sweep
from tui.cli.failure import CallError, ReportedError, WorkError, report, report_as_json
from tui.cli.groups import LateGroup, alone, check_late
from tui.streams import OutputLostError, flushed, write_what_can_be_written


class Turnlab(LateGroup):
    """All commands, in the order of the help, before those of :data:`tui.cli.groups.LATER`."""

    functions: ClassVar[Mapping[str, Callable[..., None]]] = {
        command.__name__: command
        for module in (simulating, sweep, inventory, calling)
        for command in module.COMMANDS
    }

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command. A path opens the dashboard on the recordings there."""
        if args and args[0] not in self.commands and _is_path(args[0]):
            return OPEN, check_late(alone(OPEN, open_recordings)), args
        return super().resolve_command(ctx, args)


OPEN = "open"
"""The command that takes paths if no command is named."""


def _is_path(argument: str) -> bool:
    """Return whether an argument that names no command is, or looks like, a path."""
    return any(mark in argument for mark in ("/", os.sep, ".", "~")) or Path(argument).exists()


def open_recordings(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(help="Folders of recordings, or recordings.")],
    read_only: Annotated[bool, typer.Option("--read-only", help="Open the dashboard read-only.")] = False,
) -> None:
    """Open the dashboard in Tune, on folders of recordings or single recordings."""
    options = context.parent.params if context.parent else {}
    opened = [typed_path(str(path)) for path in paths]
    for path in opened:
        if not (is_file(path) or is_folder(path)):
            raise CallError(f"{path}: no such file or folder; check the path")
    _open(
        options.get("connection"),
        read_only=read_only or bool(options.get("read_only")),
        web_port=options.get("port") if options.get("in_browser") else None,
        in_browser=bool(options.get("in_browser")),
        opened=opened,
    )


def _open(
    connection: str | None, *, read_only: bool, in_browser: bool, web_port: int | None, opened: Sequence[Path] = ()
) -> NoReturn:
    """Open the dashboard, in the terminal or for browsers."""
    if in_browser:
        from tui.launch import serve_dashboard

        serve_dashboard(web_port, connection, read_only=read_only, opened=opened)
        raise typer.Exit
    from tui.launch import open_dashboard

    raise typer.Exit(open_dashboard(connection, read_only=read_only, opened=opened))


app = typer.Typer(
    name="turnlab",
    cls=Turnlab,
    help="Hear what a voice_config change does to a call before your callers do. "
    "Without a command, opens the dashboard; with folders or files, on the recordings there.",
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
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    debug: Annotated[  # noqa: ARG001 read by run(), which must know before anything can fail
        bool, typer.Option("--debug", help="Show the traceback of a failure, like TURNLAB_DEBUG=1.")
    ] = False,
    connection: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The platform to use, from 'turnlab connect --list'; by default TURNLAB_CONNECTION.",
        ),
    ] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Open the dashboard read-only.")] = False,
    in_browser: Annotated[
        bool, typer.Option("--web", help="Serve the dashboard to a browser on this machine.")
    ] = False,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="The port of --web (8767, or a free one); 0 takes any free one."),
    ] = None,
) -> None:
    if connection:
        # Every command that opens a connection reads it.
        os.environ["TURNLAB_CONNECTION"] = connection
    if port is not None and not in_browser:
        raise CallError("--port goes with --web; 'turnlab serve' has a --port of its own")
    if context.invoked_subcommand is None:
        _open(connection, read_only=read_only, in_browser=in_browser, web_port=port)
    if (read_only or in_browser) and context.invoked_subcommand != OPEN:
        raise CallError("--read-only and --web are for the dashboard; commands write only with --apply")


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code: 0 success, 1 the work failed, 2 the command line was wrong."""
    if "--debug" in arguments:
        os.environ[DEBUG] = "1"
    arguments = [argument for argument in arguments if argument != "--debug"]
    write_what_can_be_written()
    report_as_json("--json" in arguments)
    try:
        result = check_late(typer.main.get_command(app)).main(arguments, prog_name="turnlab", standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)  # of the wrong command, if known
        path = context.command_path if context is not None else "turnlab"
        report(f"{error.format_message().rstrip('.')}; see '{path} --help'", "usage")
        return 2
    except (BrokenPipeError, SystemExit):  # typer and rich raise it like this
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
    except ReportedError as error:
        show_traceback(error)
        return error.code
    except Exception as error:
        show_traceback(error)
        report(f"stopped by an unexpected {named(error)}; {REMEDY}", "unexpected")
        return 1
    return result if isinstance(result, int) else 0
