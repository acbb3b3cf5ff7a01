"""Opening the dashboard in the terminal the process was started from."""

from __future__ import annotations

import gc
import sys


def open_dashboard(connection: str | None = None, *, read_only: bool = False) -> int:
    """Run the dashboard until the user leaves it; return the exit code. ``read_only``: it cannot write anything."""
    # Textual draws on standard error
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        sys.stderr.write("turnlab: the dashboard needs a terminal; for scripts see 'turnlab simulate --help'\n")
        return 2
    # Importing makes many objects and no garbage; the app collects again once its first screen stands.
    gc.disable()
    from tui.app import TurnlabApp
    from tui.keys_file import chosen_keys

    keys = chosen_keys()
    app = TurnlabApp(connection=connection, keymap=keys.keymap, notes=keys.problems, read_only=read_only)
    app.run()
    return app.return_code or 0
