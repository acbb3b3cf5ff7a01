"""How the command line fails: one line on standard error, and an exit code scripts can rely on.

With ``--json`` the line is an object, ``{"error": {"message", "hint", "code"}}``, and what the command has to note
besides stays a plain line.
"""

from __future__ import annotations

import json
import sys
from typing import Literal

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


Code = Literal["usage", "failed", "interrupted", "unexpected"]
"""What scripts tell failures apart by: the command was called wrongly (exit 2), or its work failed (exit 1)."""

_reporting = {"json": False}


def report_as_json(on: bool) -> None:
    """Let :func:`report` write objects, for a command that was called with ``--json``."""
    _reporting["json"] = on


def report(message: str, code: Code) -> None:
    """Write why the command failed: a line, or an object whose ``hint`` is what to do.

    A message says what happened, then after its last semicolon what to do about it.
    """
    if not _reporting["json"]:
        complain(message)
        return
    happened, semicolon, hint = plain(" ".join(message.split())).rpartition("; ")
    error = {"message": happened if semicolon else hint, "hint": hint if semicolon else None, "code": code}
    sys.stderr.write(json.dumps({"error": error}, ensure_ascii=False) + "\n")
