"""A session in a separate process: crashes and messages of the sound system do not reach the terminal."""

from __future__ import annotations

import pickle
import subprocess
from collections import deque
from dataclasses import replace

from simulator.child_process import TIMEOUT_S, ChildProcess, command
from simulator.devices.portaudio import Devices, not_answering
from simulator.errors import DeviceError
from simulator.session.commands import SessionCommand
from simulator.session.settings import SessionSettings
from simulator.session.state import Notice, SessionMessage, Snapshot

MOST_OUTGOING = 10_000
_CHILD = "simulator.session.child"
_CRASHED = "the sound system's code crashed and took the session along; start it again, a recording is kept"

STOP = "stop"
"""The message that ends a session, after its settings and its commands."""


def open_session(settings: SessionSettings) -> RemoteSession:
    """Return a session that is not yet started."""
    return RemoteSession(settings)


def devices_there(timeout_s: float = 10.0) -> Devices:
    """Return the available devices, listed in a separate process, in about 0.3 s.

    Raises :class:`~simulator.devices.DeviceError` where PortAudio is missing, does not start, or crashes.
    """
    try:
        done = subprocess.run(
            command(_CHILD), input=pickle.dumps(None), capture_output=True, timeout=timeout_s, check=True
        )
        found = pickle.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise DeviceError(not_answering()) from None
    except (subprocess.CalledProcessError, EOFError, pickle.UnpicklingError):
        raise DeviceError("the sound system's code crashed while looking for devices; is it running?") from None
    if isinstance(found, str):
        raise DeviceError(found)
    devices: Devices = found
    return devices


class RemoteSession:
    """A :class:`~simulator.session.commands.Session` in another process. Snapshots arrive 30 times a second."""

    def __init__(self, settings: SessionSettings) -> None:
        self._settings = settings
        self._messages: deque[SessionMessage] = deque(maxlen=MOST_OUTGOING)
        self._snapshot = Snapshot(
            arm=settings.arms[0].name,
            arms=tuple(arm.name for arm in settings.arms),
            echo_guard=settings.echo_guard,
            muted=settings.muted,
            push_to_talk=settings.push_to_talk,
        )
        self._child: ChildProcess | None = None
        self._stopping = False

    def start(self) -> None:
        """Open the devices and begin the call."""
        self._child = ChildProcess(_CHILD, received=self._note, ended=self._ended)
        self._child.send(self._settings)

    def stop(self) -> None:
        """End the call: finish a recording, close the devices, wait for the process; a hanging one is killed."""
        self._stopping = True
        if self._child is None:
            return
        self._child.send(STOP)
        self._child.close(TIMEOUT_S)
        if self._snapshot.phase not in ("stopped", "failed"):  # it was killed
            self._snapshot = replace(self._snapshot, phase="stopped", recording=None)

    @property
    def process_id(self) -> int | None:
        """The id of its process."""
        return self._child.pid if self._child else None

    def snapshot(self) -> Snapshot:
        """Return the last received state."""
        return self._snapshot

    def take(self) -> list[SessionMessage]:
        """Return the messages since the last call, oldest first."""
        found: list[SessionMessage] = []
        while self._messages:
            found.append(self._messages.popleft())
        return found

    def send(self, command: SessionCommand) -> None:
        """Send a command."""
        if self._child is not None:
            self._child.send(command)

    def _note(self, message: tuple[Snapshot, list[SessionMessage]]) -> None:
        snapshot, happened = message
        self._messages.extend(happened)
        self._snapshot = snapshot

    def _ended(self) -> None:
        if not self._stopping:
            failed = replace(self._snapshot, phase="failed", standing=_CRASHED, recording=None)
            self._note((failed, [Notice("fault", failed.now_ms, _CRASHED)]))
