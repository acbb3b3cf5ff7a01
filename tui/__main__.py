"""The ``turnlab`` command. Without arguments it opens the dashboard, and imports nothing it does not need."""

from __future__ import annotations

import gc
import os
import sys
import time

COMPLETING = "_TURNLAB_COMPLETE"
"""Environment variable by which a shell asks for completions."""


def main() -> None:
    """Run ``turnlab`` with the process's arguments and exit with its code."""
    # Imports create many objects and no garbage. The collector is on again when the actual work begins.
    gc.disable()
    from base.unexpected import install, report_stopped
    from tui.streams import flushed, open_missing

    os.environ.setdefault("TURNLAB_STARTED_AT", repr(time.time()))
    # Pydantic would read the metadata of every installed package in search of plugins.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    if not open_missing():
        # A command could not print what it found, so it does nothing.
        sys.exit(1)
    install()
    try:
        code = _run(sys.argv[1:])
        sys.exit(code if flushed() else 1)
    except KeyboardInterrupt:
        sys.stderr.write("turnlab: stopped\n")
        sys.exit(130)
    except Exception as error:
        report_stopped(error)
        sys.exit(1)


def _run(arguments: list[str]) -> int:
    if not arguments and COMPLETING not in os.environ:
        from tui.launch import open_dashboard

        return open_dashboard()
    from tui.cli.main import run
    from tui.launch import collect_again

    collect_again()
    return run(arguments)


if __name__ == "__main__":
    main()
