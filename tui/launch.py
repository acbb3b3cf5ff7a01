"""Opening the dashboard in the terminal the process was started from."""

from __future__ import annotations

import gc
import os
import sys

from base.os_errors import os_error_text
from tui.streams import draw_in_utf8


def open_dashboard(connection: str | None = None, *, read_only: bool = False) -> int:
    """Run the dashboard until the user leaves it; return the exit code. ``read_only``: it cannot write anything."""
    in_browser = "TURNLAB_IN_BROWSER" in os.environ
    # Textual draws on standard error
    if not in_browser and not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        sys.stderr.write("turnlab: the dashboard needs a terminal; for scripts see 'turnlab simulate --help'\n")
        return 2
    draw_in_utf8()
    # Importing makes many objects and no garbage; the app collects again once its first screen stands.
    gc.disable()
    from base.unexpected import report_stopped
    from tui.app import TurnlabApp
    from tui.keys_file import chosen_keys

    keys = chosen_keys()
    app = TurnlabApp(connection=connection, keymap=keys.keymap, notes=keys.problems, read_only=read_only)
    app.run()
    if app.failure is not None:
        report_stopped(app.failure)
        return 1
    return app.return_code or 0


def serve_dashboard(port: int, connection: str | None, *, read_only: bool) -> None:
    """Serve the dashboard to browsers on this machine. Raises :class:`tui.cli.failure.WorkError`."""
    from tui.cli.failure import WorkError

    try:
        from tui.web import serve
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ("textual_serve", "aiohttp"):
            raise
        raise WorkError("--web needs textual-serve; get it with: pip install 'turnlab[web]'") from None
    options = [*(["--connection", connection] if connection else []), *(["--read-only"] if read_only else [])]
    try:
        serve(port, options)
    except OSError as error:
        raise WorkError(
            f"port {port} cannot be used ({os_error_text(error)}); choose another with --port"
        ) from None
