"""``turnlab`` as its installed script starts it, without the import time.

One process per test run has the libraries imported. Every command is forked from it, with its own arguments,
environment, folder, standard streams and exit code. What Python reads from the environment at its start is that
process's, except PYTHONPATH. Tests of start-up, imports, terminals, and one command of each kind run the installed
script itself.
"""

from __future__ import annotations

import atexit
import fcntl
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from time import monotonic
from typing import IO, cast

TURNLAB = Path(sys.executable).with_name("turnlab")
_SERVER = Path(__file__).with_name("fork_server.py")


class Command:
    """A running command, with the methods of :class:`subprocess.Popen` that tests use."""

    def __init__(
        self,
        arguments: list[str],
        environment: Mapping[str, str],
        *,
        cwd: Path | None = None,
        stdin: int = subprocess.DEVNULL,
        script: str | None = None,
    ) -> None:
        self.arguments = arguments
        self.returncode: int | None = None
        self.stdin: IO[str] | None = None
        if stdin == subprocess.PIPE:
            theirs_in, self.stdin = _pipe_in()
        else:
            theirs_in = os.open(os.devnull, os.O_RDONLY)
        self.stdout, theirs_out = _pipe_out()
        self.stderr, theirs_err = _pipe_out()
        self._talk, theirs = socket.socketpair()
        passed = [theirs_in, theirs_out, theirs_err, theirs.detach()]
        socket.send_fds(_server(), [b"\0"], passed)
        for one in passed:
            os.close(one)
        request = {
            "arguments": arguments,
            "environment": dict(environment),
            "cwd": str(cwd or Path.cwd()),
            "script": script,
        }
        self._talk.sendall(json.dumps(request).encode())
        self._talk.shutdown(socket.SHUT_WR)
        self._news = self._talk.makefile()
        started = self._news.readline()
        assert started, "tests/fork_server.py has ended; standard error says why"
        self.pid = int(started)

    def poll(self) -> int | None:
        """Return the exit code, or ``None`` while it runs."""
        return self._ended(0)

    def wait(self, timeout: float) -> int:
        """Return the exit code. Raises :class:`subprocess.TimeoutExpired` if it still runs."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.arguments, timeout)
        return code

    def _ended(self, timeout: float) -> int | None:
        if self.returncode is None:
            with selectors.DefaultSelector() as news:
                news.register(self._talk, selectors.EVENT_READ)
                if news.select(timeout):
                    self.returncode = int(self._news.readline())
                    self._talk.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to stop."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Stop it."""
        self.send_signal(signal.SIGKILL)

    def communicate(self, said: str | None = None, *, timeout: float) -> tuple[str, str]:
        """Write to standard input. Return standard output and error once the command ends."""
        if self.stdin is not None:
            self.stdin.write(said or "")
            self.stdin.close()
        heard = {self.stdout: b"", self.stderr: b""}
        deadline = monotonic() + timeout
        with selectors.DefaultSelector() as streams:
            for stream in heard:
                if not stream.closed:
                    streams.register(stream, selectors.EVENT_READ)
            while streams.get_map():
                ready = streams.select(deadline - monotonic())
                if not ready and monotonic() > deadline:
                    raise subprocess.TimeoutExpired(self.arguments, timeout)
                for key, _ in ready:
                    stream = cast("IO[str]", key.fileobj)
                    content = os.read(key.fd, 1 << 16)
                    heard[stream] += content
                    if not content:
                        streams.unregister(stream)
                        stream.close()
        self.wait(max(0.0, deadline - monotonic()))
        out, err = (content.decode() for content in heard.values())
        return out, err


def run(
    arguments: list[str],
    environment: Mapping[str, str],
    *,
    cwd: Path | None = None,
    said: str | None = None,
    timeout: float = 300,
    script: str | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, with ``said`` on its standard input.

    A ``script`` runs instead of ``turnlab``, in a process with all of Turnlab imported.
    """
    stdin = subprocess.DEVNULL if said is None else subprocess.PIPE
    command = Command(arguments, environment, cwd=cwd, stdin=stdin, script=script)
    try:
        out, err = command.communicate(said, timeout=timeout)
    except subprocess.TimeoutExpired:
        command.kill()
        raise
    return subprocess.CompletedProcess(arguments, command.wait(timeout), out, err)


def _pipe_in() -> tuple[int, IO[str]]:
    theirs, ours = os.pipe()
    return theirs, os.fdopen(ours, "w")


def _pipe_out() -> tuple[IO[str], int]:
    ours, theirs = os.pipe()
    return os.fdopen(ours), theirs


@cache
def _server() -> socket.socket:
    """Return a connection to this test run's server. The first process that needs it starts it."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"{os.getpid()}")
    place = Path(tempfile.gettempdir()) / f"turnlab-{run}"
    ours = socket.socket(socket.AF_UNIX)
    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            ours.connect(str(place))
        except OSError:
            _start_server(place)
            ours.connect(str(place))
    return ours


def _start_server(place: Path) -> None:
    """Start the server. It ends once every connected process of the run has ended."""
    place.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(place))
        door.listen()
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        # Threads that libraries start on import would be missing after the fork.
        environment |= {"OPENBLAS_NUM_THREADS": "1", "ORT_DISABLE_TELEMETRY": "1"}
        process = subprocess.Popen(
            [sys.executable, _SERVER, str(door.fileno()), TURNLAB],
            pass_fds=[door.fileno()],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )

    def end() -> None:
        _server().close()
        process.wait()
        place.with_suffix(".lock").unlink(missing_ok=True)

    atexit.register(end)
