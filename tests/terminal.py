"""A real terminal for the installed script: a pseudo-terminal of 80 by 24 with an empty home."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

DEADLINE_S = 60.0
_MODE = re.compile(rb"\x1b\[\?([\d;]+)([hl])")
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_].*?(?:\x07|\x1b\\)|[ -/]*[0-~])", re.DOTALL)
_SWITCHED_ON = ("1000", "1002", "1003", "1004", "1006", "1015", "1049", "2004")
"""Mouse, focus, alternate screen and bracketed paste: no shell expects them to stay on."""
_SWITCHED_OFF = ("7", "25")
"""Line wrapping and the cursor: every shell expects them on."""


class Terminal:
    """Runs a command in its own terminal, types into it, and reads its drawing.

    The command's home is ``home``. It gets none of this process's Turnlab settings.
    """

    def __init__(self, command: Sequence[str | Path], home: Path, **environment: str) -> None:
        try:
            self._near, self._far = pty.openpty()
        except OSError as error:  # in a container without /dev/pts
            pytest.skip(f"there are no pseudo-terminals here: {error.strerror}")
        fcntl.ioctl(self._far, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self._before: list[Any] = termios.tcgetattr(self._far)
        kept = ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV")
        surroundings = {name: os.environ[name] for name in kept if name in os.environ}
        surroundings |= {"HOME": str(home), "TERM": "xterm-256color", **environment}
        self._process = subprocess.Popen(
            command,
            env=surroundings,
            cwd=home,
            stdin=self._far,
            stdout=self._far,
            stderr=self._far,
            start_new_session=True,
        )
        self._drawn = b""
        self._seen = 0

    def see(self, text: str) -> None:
        """Wait until a text appears that was not there at the last :meth:`type`."""
        end_s = monotonic() + DEADLINE_S
        while text not in (shown := _text(self._drawn[self._seen :])):
            assert self._process.poll() is None, f"it ended instead of showing {text!r}: {self.said[-1000:]}"
            assert monotonic() < end_s, f"it does not show {text!r}, but {shown[-2000:]}"
            self._read()

    def type(self, keys: str) -> None:
        """Type keys."""
        self._seen = len(self._drawn)
        os.write(self._near, keys.encode())

    def end(self) -> int:
        """Wait until the command has ended, and return its exit code."""
        end_s = monotonic() + DEADLINE_S
        while self._process.poll() is None:
            assert monotonic() < end_s, f"it does not end: {self.said!r}"
            self._read()
        while self._read():
            pass
        return self._process.returncode

    def close(self) -> None:
        """Stop the command, its children and the terminal."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for end in (self._near, self._far):
            with suppress(OSError):  # already closed by vanish()
                os.close(end)

    def vanish(self) -> int:
        """Remove the terminal without a signal. Return the command's exit code once it has ended."""
        os.close(self._far)
        os.close(self._near)
        return self._process.wait(DEADLINE_S)

    @property
    def said(self) -> str:
        """The output since the dashboard's screen was left."""
        return _text(self._drawn.rpartition(b"\x1b[?1049l")[2])

    @property
    def drawn(self) -> str:
        """The whole output, without colours and cursor movements."""
        return _text(self._drawn)

    def assert_restored(self) -> None:
        """Check that the terminal has its original state for the next command."""
        now: list[Any] = termios.tcgetattr(self._far)
        assert now == self._before, "the terminal's attributes are others than before"
        modes = {mode: state for found, state in _MODE.findall(self._drawn) for mode in found.decode().split(";")}
        assert [mode for mode in _SWITCHED_ON if modes.get(mode) == b"h"] == []
        assert [mode for mode in _SWITCHED_OFF if modes.get(mode) == b"l"] == []
        assert self._drawn.count(b"\x1b[>25u") == self._drawn.count(b"\x1b[<u"), "keys are still reported at length"

    def _read(self) -> bool:
        if not select.select([self._near], [], [], 0.05)[0]:
            return False
        try:
            new = os.read(self._near, 1 << 16)
        except OSError:  # all writers have closed it
            return False
        self._drawn += new
        return bool(new)


def _text(drawn: bytes) -> str:
    return _ESCAPE.sub("", drawn.decode(errors="replace")).replace("\r\n", "\n")
