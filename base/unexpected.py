"""Reports unexpected errors the same way in every process: in one line, without values.

An error's message and the variables around it may contain a key, a proxy's password or a caller's number, so the
line has neither. The user may ask for tracebacks. Tracebacks show no variables, and anything that is known or looks
like a secret is removed from their messages. :func:`install` applies this to every uncaught error: in any thread,
in finalizers, and in what libraries such as asyncio and uvicorn log without a handler.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any, Final

DEBUG: Final = "TURNLAB_DEBUG"
"""Environment variable that asks for tracebacks, as ``--debug`` does."""

REMEDY: Final = "run it again with --debug for the traceback"

_OURS: Final = Path(__file__).resolve().parent.parent
_PACKAGES: Final = ("tui", "simulator", "services", "presets", "recordings", "base")
_CUT: Final = "[…]"
# Compiled when they are first needed, because every start of the program would wait for that.
_TELLING_NAMES: Final = r"(?i)(?:KEY|TOKEN|SECRET|PASSWORD)$"
_SHORTEST_SECRET: Final = 6
"""Shorter secrets would match ordinary words."""
_LOOKS_SECRET: Final = (
    (r"(\w://)[^\s'\"<>]*@", rf"\1{_CUT}@"),
    (r"(?i)\b(Bearer|Basic)\s+[^\s'\",]+", rf"\1 {_CUT}"),
    (
        r"(?i)(\b(?:[\w-]*api[_-]?key|\w*token|\w*secret|password)['\"]?\s*[:=]\s*['\"]?)[^\s'\",)}\]]+",
        rf"\1{_CUT}",
    ),
    (r"\+\d[\d ().-]{5,}\d", _CUT),
)
_known: set[str] = set()


def keep_secret(secret: str) -> None:
    """Remove a secret from every traceback of this process."""
    if len(secret) >= _SHORTEST_SECRET:
        _known.add(secret)


def redacted(text: str) -> str:
    """Return ``text`` without known secrets and anything that looks like a secret or a telephone number."""
    for secret in sorted(_known | _in_environment(), key=len, reverse=True):
        text = text.replace(secret, _CUT)
    for pattern, instead in _LOOKS_SECRET:
        text = re.sub(pattern, instead, text)
    return text


def _in_environment() -> set[str]:
    from urllib.parse import unquote

    found = {value for name, value in os.environ.items() if re.search(_TELLING_NAMES, name)}
    for name, value in os.environ.items():
        if name.lower().endswith("_proxy"):
            password = value.rpartition("@")[0].rpartition("://")[2].partition(":")[2]
            found |= {password, unquote(password)}
    return {secret for secret in found if len(secret) >= _SHORTEST_SECRET}


def asked_for_tracebacks() -> bool:
    """Return whether the user asked for tracebacks."""
    return os.environ.get(DEBUG, "") not in ("", "0")


def named(error: BaseException) -> str:
    """Return an error's type and the innermost of our own lines it passed: ``KeyError at tui/app.py:85``."""
    return f"{type(error).__name__}{_place(error.__traceback__)}"


def _place(passed: TracebackType | None) -> str:
    for frame, line in reversed(list(traceback.walk_tb(passed))):
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(_OURS) and (inside := path.relative_to(_OURS)).parts[0] in _PACKAGES:
            return f" at {inside.as_posix()}:{line}"
    return ""


def traceback_of(error: BaseException) -> str:
    """Return an error's traceback without variables, and with secrets removed from the messages."""
    return redacted("".join(traceback.format_exception(error)))


def install() -> None:
    """Make this process report uncaught errors and unhandled logs as described above. May be called twice."""
    sys.excepthook = lambda _kind, error, _passed: report_stopped(error)
    threading.excepthook = _in_thread
    sys.unraisablehook = _in_finalizer
    logging.lastResort = handler()


def handler() -> logging.Handler:
    """Return a handler that reports a logger's warnings and errors as described above."""
    return _Reports(logging.WARNING)


def report(error: BaseException, what: str) -> None:
    """Write to standard error what happened, with :func:`named`, and the traceback if requested."""
    show_traceback(error)
    _write(f"turnlab: {what}{named(error)}; {REMEDY}\n")


def show_traceback(error: BaseException) -> None:
    """Write an error's traceback to standard error, if tracebacks were requested."""
    if asked_for_tracebacks():
        _write(traceback_of(error))


def report_stopped(error: BaseException) -> None:
    """Write to standard error how the program ended."""
    report(error, "stopped by an unexpected ")


def _in_thread(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_value is not None and not isinstance(failed.exc_value, SystemExit):
        report(failed.exc_value, "a thread was stopped by an unexpected ")


def _in_finalizer(failed: Any) -> None:  # its type exists only for type checkers
    if failed.exc_value is not None:
        report(failed.exc_value, "went on after an unexpected ")


class _Reports(logging.Handler):
    """Writes the first line of each message: later lines may contain values."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        try:
            said = record.getMessage()
        except (TypeError, ValueError):  # the arguments do not match the message
            said = str(record.msg)
        said = redacted((said.strip().splitlines() or [""])[0].rstrip(":"))
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            _write(f"turnlab: {said}\n")
        else:
            report(error, f"{said}: ")


def _write(text: str) -> None:
    # The terminal itself may have failed.
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.write("".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text))
        sys.stderr.flush()
