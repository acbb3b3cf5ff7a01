"""Runs one of our modules in a separate process: native audio code may crash or print there without harm.

Both sides exchange pickled messages over the child's standard streams. The parent uses :class:`ChildProcess`, the
child :func:`messages` and :func:`outbox`.
"""

from __future__ import annotations

import contextlib
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import IO, Any

from simulator.devices.portaudio import own_output

_BROKEN = (EOFError, OSError, ValueError, pickle.UnpicklingError)
"""What reading or writing a message raises when the other process has gone, perhaps mid-message."""


TIMEOUT_S = 20.0
"""The time a child gets to end before it is killed.

A kill is the last resort: during PortAudio's start it can leave a lock of JACK's library, and every later start
waits for that lock.
"""


def command(module: str, *arguments: str) -> list[str]:
    """Return the command line that starts a module of ours, never one of the same name in the working folder."""
    return [sys.executable, "-P", "-m", module, *arguments]


class ChildProcess:
    """Starts a module. ``received`` gets each message; ``ended`` is called once when no more can come.

    Both run in a thread of this class. The child survives ctrl+c on our terminal and ends when its standard input
    does.
    """

    def __init__(
        self, module: str, *arguments: str, received: Callable[[Any], None], ended: Callable[[], None]
    ) -> None:
        self._received = received
        self._ended = ended
        self._sending = threading.Lock()
        self._process = subprocess.Popen(
            command(module, *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._listener = threading.Thread(target=self._listen, name=f"turnlab {module}", daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def send(self, message: object) -> None:
        """Send a message. A message to a process that has gone is lost, and ``ended`` reports that."""
        assert self._process.stdin is not None
        with self._sending, contextlib.suppress(OSError, ValueError):
            pickle.dump(message, self._process.stdin)
            self._process.stdin.flush()

    def close(self, timeout_s: float = TIMEOUT_S) -> None:
        """Close the child's standard input, wait for its end, kill it after ``timeout_s``, release the pipes."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.close()
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join()
        assert self._process.stdout is not None
        with contextlib.suppress(OSError):
            self._process.stdout.close()

    def close_soon(self) -> None:
        """Do as :meth:`close` does, in a thread: the child may be starting the sound system."""
        threading.Thread(target=self.close, name="turnlab closing", daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for message in messages(self._process.stdout):
            self._received(message)
        self._ended()


def messages(stream: IO[bytes]) -> Iterator[Any]:
    """Yield the messages of a stream until the process at its other end is gone."""
    with contextlib.suppress(*_BROKEN):
        while True:
            yield pickle.load(stream)


def outbox() -> Callable[[object], None]:
    """Return a function that sends a message to the parent; it raises :class:`SystemExit` if the parent is gone.

    After this call, anything that a library prints on standard output is discarded.
    """
    stream = own_output()

    def send(message: object) -> None:
        try:
            pickle.dump(message, stream)
            stream.flush()
        except OSError:
            raise SystemExit(0) from None

    return send
