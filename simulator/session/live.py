"""The live session itself: one thread decides, the devices' threads only copy, another keeps the devices open.

Time is the count of the microphone's samples; the speaker follows it (:mod:`simulator.session.playback_buffer`).
What is lost on the way in is not made up: the call's clock stands still for it, and a notice says so.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from simulator.session.call_loop import CallLoop
from simulator.session.cards import SoundCards
from simulator.session.commands import SessionCommand
from simulator.session.settings import SessionSettings
from simulator.session.state import SessionMessage, Snapshot


class LiveSession:
    """A :class:`~simulator.session.commands.Session` in this process.

    ``folder`` is where recordings go; ``prepared`` is called once everything is loaded, before the devices open.
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
        """Return how things stand, at most one frame old."""
        return self._call_loop.snapshot

    def take(self) -> list[SessionMessage]:
        """Return what happened since the last call of this, oldest first."""
        found: list[SessionMessage] = []
        told = self._call_loop.told
        while told:
            found.append(told.popleft())
        return found

    def send(self, command: SessionCommand) -> None:
        """Send a command."""
        self._call_loop.send(command)
