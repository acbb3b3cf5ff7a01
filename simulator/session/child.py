"""The process of a live session: commands arrive on standard input, reports leave on standard output.

One thread decides, the devices' threads only copy, and another keeps the devices open. Time is the count of the
microphone's samples; the speaker follows it (:mod:`simulator.devices.playback_buffer`). Lost input is not replaced:
the call's clock stops for it, and a notice says so.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from base.unexpected import install
from simulator.child_process import messages, outbox
from simulator.devices.portaudio import list_devices
from simulator.errors import DeviceError
from simulator.session.call_loop import CallLoop
from simulator.session.commands import SessionCommand
from simulator.session.device_supervisor import SoundCards
from simulator.session.remote_session import STOP
from simulator.session.settings import SessionSettings
from simulator.session.state import SessionMessage, Snapshot


class LiveSession:
    """A :class:`~simulator.session.commands.Session` in this process.

    ``folder`` is where recordings go. ``prepared`` is called when everything is loaded, before the devices open.
    """

    def __init__(
        self,
        settings: SessionSettings,
        cards: SoundCards | None = None,
        folder: Path | None = None,
        prepared: Callable[[], None] = lambda: None,
    ) -> None:
        self._call_loop = CallLoop(settings, cards, folder, prepared)
        self._thread = threading.Thread(target=self._call_loop.run, name="turnlab live", daemon=True)

    def start(self) -> None:
        """Open the devices and begin the call."""
        self._thread.start()

    def stop(self) -> None:
        """End the call: finish a recording, close the devices, wait for the threads."""
        self._call_loop.end()
        if self._thread.ident is not None:
            self._thread.join()

    def snapshot(self) -> Snapshot:
        """Return the current state, at most one frame old."""
        return self._call_loop.snapshot

    def take(self) -> list[SessionMessage]:
        """Return the messages since the last call, oldest first."""
        found: list[SessionMessage] = []
        outgoing = self._call_loop.outgoing
        while outgoing:
            found.append(outgoing.popleft())
        return found

    def send(self, command: SessionCommand) -> None:
        """Send a command."""
        self._call_loop.send(command)


REPORT_S = 1 / 30
"""The interval of the parent's snapshots, shorter than its redraw interval."""


def main() -> None:
    """Run one session until it is stopped or the other end of the pipe is gone."""
    install()
    inbox, send = messages(sys.stdin.buffer), outbox()
    settings = next(inbox, None)
    if settings is None:
        _send_devices(send)
        return
    _serve(settings, inbox, send)
    os._exit(0)  # everything is sent and stored; a hanging sound system would delay Python's own exit


def _serve(settings: SessionSettings, inbox: Iterator[Any], send: Callable[[object], None]) -> None:
    session = LiveSession(settings, prepared=_freeze_loaded_objects)
    over = threading.Event()
    reporting = threading.Thread(target=_report, args=(session, send, over), daemon=True)
    session.start()
    reporting.start()
    try:
        for command in inbox:
            if command == STOP:
                break
            session.send(command)
    finally:
        session.stop()
        over.set()
        reporting.join(5.0)


def _freeze_loaded_objects() -> None:
    """Exclude loaded objects from garbage collection: scanning them takes 50 ms."""
    gc.collect()
    gc.freeze()


def _report(session: LiveSession, send: Callable[[object], None], over: threading.Event) -> None:
    last: Any = None
    while True:
        ending = over.is_set()
        snapshot, happened = session.snapshot(), session.take()
        if happened or snapshot is not last or ending:
            last = snapshot
            send((snapshot, happened))
        if ending:
            return
        time.sleep(REPORT_S)


def _send_devices(send: Callable[[object], None]) -> None:
    try:
        send(list_devices())
    except DeviceError as error:
        send(str(error))


if __name__ == "__main__":
    main()
