"""How the command line fails: one line on standard error, and an exit code scripts can rely on."""

from __future__ import annotations

import sys

from tui.terminal_text import plain


class CallError(Exception):
    """The command was called wrongly (exit 2); the message is one line that says what to do."""


class WorkError(Exception):
    """The command was right and the work failed (exit 1); the message is one line that says what to do."""


class ToldError(Exception):
    """The work failed in part (exit 1), and every failure has been told already."""


def complain(message: str) -> None:
    """Write one line to standard error, safe for a terminal whatever a file's name or content holds."""
    sys.stderr.write(f"turnlab: {plain(' '.join(message.split()))}\n")
