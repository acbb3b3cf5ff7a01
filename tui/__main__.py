"""The ``turnlab`` command. Without arguments it opens the dashboard, and imports nothing it does not need."""

from __future__ import annotations

import os
import sys
import time


def main() -> None:
    """Run ``turnlab`` with the process's arguments and exit with its code."""
    os.environ.setdefault("TURNLAB_STARTED_AT", repr(time.time()))
    if len(sys.argv) == 1:
        from tui.launch import open_dashboard

        sys.exit(open_dashboard())
    from tui.cli.main import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
