"""How a program ends on an error it has no words for: one sentence, and never a value.

An error's own message and the variables around it may hold a key, a proxy's password or a caller's number, so that
both stay out, unless the person asks for the traceback with ``--debug`` or ``TURNLAB_DEBUG=1``. Even that shows no
variables.
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from pathlib import Path

from tui.terminal_text import plain

DEBUG = "TURNLAB_DEBUG"
"""Environment variable that asks for tracebacks, as ``--debug`` does."""

_OURS = Path(__file__).resolve().parent.parent
_PACKAGES = ("tui", "simulator", "services", "presets", "recordings")


def asked_for_tracebacks() -> bool:
    """Tell whether the person asked for tracebacks."""
    return os.environ.get(DEBUG, "") not in ("", "0")


def report(error: BaseException) -> None:
    """Write to standard error how the program ended."""
    # The terminal itself may be what has gone.
    with contextlib.suppress(OSError):
        if asked_for_tracebacks():
            sys.stderr.write(plain("".join(traceback.format_exception(error)), lines=True))
        sys.stderr.write(f"turnlab: {sentence(error)}\n")
        sys.stderr.flush()


def sentence(error: BaseException) -> str:
    """Return one sentence: what kind of error it was, and where in Turnlab it came up."""
    kind = type(error).__name__
    return f"stopped by an unexpected {kind}{_place(error)}; run it again with --debug for the traceback"


def _place(error: BaseException) -> str:
    """Return the innermost of our own lines that it passed, as `` at tui/app.py:85``; empty if there is none."""
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(_OURS) and (inside := path.relative_to(_OURS)).parts[0] in _PACKAGES:
            return f" at {inside.as_posix()}:{line}"
    return ""
