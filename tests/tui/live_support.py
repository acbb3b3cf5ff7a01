"""Shared by the tests of Live: sound cards made of arrays, a call that stands still, and waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from simulator.devices.portaudio import Device, Devices
from simulator.devices.streams import Deliver, Render, Stream
from simulator.engine.scenario import default_scenario
from simulator.session.child import LiveSession
from simulator.session.settings import SessionSettings
from simulator.session.state import SessionMessage, Snapshot

RATE = 16_000
BLOCK = 320
AHEAD_MS = 500
"""At most this much may wait for a decision: less than a session drops."""


@dataclass
class ArrayStream:
    """An open device."""

    rate: int = RATE
    channels: int = 1
    latency_s: float = 0.01
    alive: bool = True

    def close(self) -> None:
        """Release the device."""
        self.alive = False


@dataclass
class ArrayCards:
    """Sound cards with audio in, whose output is ignored. ``devices`` may change as plugs are pulled."""

    devices: Devices = field(default_factory=lambda: Devices((), ()))
    delivers: list[Deliver] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)

    def look(self, *, again: bool = False) -> Devices:  # noqa: ARG002  as every card
        """Return the devices."""
        return self.devices

    def open_input(self, device: Device, deliver: Deliver) -> Stream:
        """Open a microphone."""
        self.opened.append(device.name)
        self.delivers.append(deliver)
        return ArrayStream()

    def open_output(self, device: Device, render: Render) -> Stream:  # noqa: ARG002  as every card
        """Open a speaker."""
        return ArrayStream()

    def plug_in(self, *names: str) -> None:
        """Plug in microphones of these names, the first as default."""
        self.devices = Devices(
            tuple(Device(name, "arrays", 1, RATE, not index, index) for index, name in enumerate(names)), ()
        )

    def speak(self, call: LiveSession, samples: NDArray[np.float32]) -> None:
        """Speak into the last opened microphone, faster than real time, without dropping anything."""
        began_ms = call.snapshot().now_ms
        for start in range(0, len(samples), BLOCK):
            while began_ms + 1000 * start // RATE - call.snapshot().now_ms > AHEAD_MS:
                time.sleep(0.002)
            self.delivers[-1](samples[start : start + BLOCK, None], False)


class StillCall:
    """A call without activity: it only has its messages, and records the order of its commands."""

    def __init__(self, snapshot: Snapshot, told: list[SessionMessage]) -> None:
        self._snapshot, self._told = snapshot, told

    def snapshot(self) -> Snapshot:
        """Return the constant state."""
        return self._snapshot

    def take(self) -> list[SessionMessage]:
        """Return the messages once."""
        told, self._told = self._told, []
        return told

    def ignore(self, *_: object, **__: object) -> None:
        """Do nothing."""

    start = stop = send = ignore


def array_call(cards: ArrayCards, made: list[LiveSession]) -> Callable[[SessionSettings], LiveSession]:
    """Return a function that opens a real session on array cards and stores it in ``made``.

    The caller speaks first.
    """

    def open_call(settings: SessionSettings) -> LiveSession:
        quiet = replace(settings, silence_only=True, voice="silent", scenario=default_scenario())
        made.append(LiveSession(quiet, cards))
        return made[-1]

    return open_call
