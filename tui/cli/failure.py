"""How the command line fails: one line on standard error, and an exit code scripts can rely on."""

from __future__ import annotations

import sys

from tui.terminal_text import plain


class CallError(Exception):
    """The command was called wrongly (exit 2); the message is one line that says what to do."""


class WorkError(Exception):
    """The command was right and the work failed (exit 1); the message is one line that says what to do."""


class ToldError(Exception):
    """Every failure has been told already: the work failed, at least in part (exit 1)."""

    code = 1


class ToldCallError(ToldError):
    """The command was called wrongly for every file it names (exit 2), which has been told already."""

    code = 2


def complain(message: str) -> None:
    """Write one line to standard error, safe for a terminal whatever a file's name or content holds."""
    sys.stderr.write(f"turnlab: {plain(' '.join(message.split()))}\n")
