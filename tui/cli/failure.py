"""Failures on the command line: one line on standard error, and an exit code for scripts.

With ``--json``, the line is an object ``{"error": {"message", "hint", "code"}}``. A command's other notes stay
plain lines. A command for several files continues after a failure, and fails at the end.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from base.files import write_private
from base.os_errors import os_error_text
from simulator.errors import ChannelError, SimulatorError
from tui.terminal_text import plain

if TYPE_CHECKING:
    from simulator.executors.urls import Url


class CallError(Exception):
    """The command line was wrong (exit 2). The message is one line that says what to do."""


class WorkError(Exception):
    """The command line was right and the work failed (exit 1). The message is one line that says what to do."""


class ReportedError(Exception):
    """Every failure has already been reported: at least part of the work failed (exit 1)."""

    code = 1


class ReportedCallError(ReportedError):
    """The command line was wrong for every file that it names (exit 2). This was already reported."""

    code = 2


@contextmanager
def failures() -> Iterator[None]:
    """Turn a simulator error into a failed command."""
    try:
        yield
    except ChannelError as error:
        raise CallError(str(error)) from error
    except SimulatorError as error:
        raise WorkError(str(error)) from error


def check_folder(place: str, path: Path) -> None:
    """Raise :class:`CallError` for a file whose folder is missing. ``place`` names it, such as ``--out FILE``."""
    if not path.parent.is_dir():
        raise CallError(f"{place}: there is no folder {path.parent}; make it or choose another")


def check_output(place: str, path: Path, *, force: bool) -> None:
    """Raise :class:`CallError` for a file that cannot be written, before any work: see :func:`check_folder`."""
    check_folder(place, path)
    if path.is_dir():
        raise CallError(f"{place}: is a folder; add a file's name")
    if path.exists() and not force:
        raise _exists(place)


@contextmanager
def writing(place: str) -> Iterator[None]:
    """Turn errors of writing a file into a failed command. ``place`` names the file."""
    try:
        yield
    except FileExistsError:
        raise _exists(place) from None
    except OSError as error:
        raise WorkError(f"{place}: {os_error_text(error)}; choose another place") from None


def write_output(place: str, path: Path, content: bytes, *, force: bool) -> None:
    """Write a private file atomically; see :func:`writing`."""
    with writing(place):
        write_private(path, content, replace=force)


def _exists(place: str) -> CallError:
    return CallError(f"{place}: is there already; choose another name, or replace it with --force")


def complain(message: str) -> None:
    """Write one line to standard error, with control characters escaped."""
    sys.stderr.write(f"turnlab: {plain(' '.join(message.split()))}\n")


Code = Literal["usage", "failed", "interrupted", "unexpected"]
"""Codes of failures for scripts: the command line was wrong (exit 2), or the work failed (exit 1)."""

_reporting = {"json": False}


def report_as_json(on: bool) -> None:
    """Make :func:`report` write objects, for a command with ``--json``."""
    _reporting["json"] = on


def report(message: str, code: Code) -> None:
    """Write why the command failed: a line, or an object whose ``hint`` says what to do.

    A message says what happened and, after its last semicolon, what to do.
    """
    if not _reporting["json"]:
        complain(message)
        return
    happened, semicolon, hint = plain(" ".join(message.split())).rpartition("; ")
    error = {"message": happened if semicolon else hint, "hint": hint if semicolon else None, "code": code}
    sys.stderr.write(json.dumps({"error": error}, ensure_ascii=False) + "\n")


class Faults:
    """The files that failed so far. Each was reported on standard error at once."""

    def __init__(self) -> None:
        self._found: list[tuple[Path | Url, Exception]] = []

    def __len__(self) -> int:
        return len(self._found)

    @contextmanager
    def noting(self, path: Path | Url) -> Iterator[None]:
        """Record that the work on a file failed, and continue."""
        try:
            yield
        except (SimulatorError, WorkError) as error:
            report(str(error), "failed")
            self._found.append((path, error))

    def raise_any(self) -> None:
        """Raise :class:`~tui.cli.failure.ReportedError` if a file failed."""
        if self._found:
            errors = [error for _, error in self._found]
            raise ReportedError from ExceptionGroup("files that failed", errors)

    def raise_all(self) -> None:
        """Fail the command because no file could be opened.

        If no file has the requested channel, the command was wrong.

        Raises :class:`~tui.cli.failure.ReportedError`.
        """
        if self._found and all(isinstance(error, ChannelError) for _, error in self._found):
            raise ReportedCallError
        self.raise_any()

    def to_json(self) -> list[dict[str, str]]:
        """Return the failures as JSON."""
        return [{"path": str(path), "error": str(error)} for path, error in self._found]
