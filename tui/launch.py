"""Opening the dashboard in the terminal the process was started from."""

from __future__ import annotations

import sys


def open_dashboard() -> int:
    """Run the dashboard until the user leaves it; return the exit code."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        sys.stderr.write("turnlab: the dashboard needs a terminal; for scripts see 'turnlab simulate --help'\n")
        return 2
    from tui.app import TurnlabApp

    app = TurnlabApp()
    app.run()
    return app.return_code or 0
