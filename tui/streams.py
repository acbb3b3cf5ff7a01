"""The process's standard streams, independent of the shell and the locale."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class OutputLostError(OSError):
    """Standard output accepts no more data: its disk is full, or its device is gone."""


def open_missing() -> bool:
    """Open the null device for each closed standard stream. Return whether standard output was open.

    Otherwise a file that is opened later would become the stream and be overwritten.
    """
    there = sys.stdout is not None
    sys.stdin = sys.stdin or io.TextIOWrapper(io.FileIO(os.devnull))
    sys.stdout = sys.stdout or io.TextIOWrapper(io.FileIO(os.devnull, "w"))
    sys.stderr = sys.stderr or io.TextIOWrapper(io.FileIO(os.devnull, "w"))
    return there


def write_what_can_be_written() -> None:
    """Make standard output raise :class:`OutputLostError`, and write ``?`` for what its encoding lacks."""
    stream = sys.stdout
    if type(stream) is io.TextIOWrapper:  # not the stream with which a test or another program captures output
        stream.flush()
        raw = io.BufferedWriter(_Output(stream.fileno(), "w", closefd=False))
        lines = stream.line_buffering or stream.write_through
        sys.stdout = io.TextIOWrapper(raw, stream.encoding, "replace", line_buffering=lines)


def draw_in_utf8() -> None:
    """Use UTF-8, which the dashboard's drawings need, in any locale."""
    for stream in (sys.__stdin__, sys.__stdout__, sys.__stderr__):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")


def write_content(content: bytes) -> None:
    """Write a file's content to standard output unchanged, in any locale."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)


def flushed() -> bool:
    """Flush standard output. Return whether that worked, or its reader has closed it."""
    try:
        sys.stdout.flush()
    except OSError as error:
        # Python would report unwritten output at exit.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return isinstance(error, BrokenPipeError)
    return True


class _Output(io.FileIO):
    """A file descriptor whose errors say that the output failed."""

    def write(self, content: ReadableBuffer, /) -> int:
        """Write, as any file does."""
        try:
            return super().write(content)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputLostError(error.errno, error.strerror) from None
