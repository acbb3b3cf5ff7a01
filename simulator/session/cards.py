"""Where a session's sound comes from and goes to: the machine's devices, or anything that acts like them."""

from __future__ import annotations

from typing import Protocol

from simulator.devices.listing import Device, Devices, list_devices
from simulator.devices.streams import Deliver, Render, Stream, open_input, open_output


class SoundCards(Protocol):
    """Devices to open. All of it raises :class:`~simulator.devices.DeviceError` in one sentence."""

    def look(self, *, again: bool) -> Devices:
        """Return what there is; ``again``: look anew, for which no stream may be open."""
        ...

    def open_input(self, device: Device, deliver: Deliver) -> Stream:
        """Open a microphone, which calls ``deliver`` from a thread of its own."""
        ...

    def open_output(self, device: Device, render: Render) -> Stream:
        """Open a speaker, which calls ``render`` from a thread of its own."""
        ...


class RealCards:
    """The devices of this machine, through PortAudio."""

    def look(self, *, again: bool) -> Devices:
        """Return what there is."""
        return list_devices(again=again)

    def open_input(self, device: Device, deliver: Deliver) -> Stream:
        """Open a microphone."""
        return open_input(device, deliver)

    def open_output(self, device: Device, render: Render) -> Stream:
        """Open a speaker."""
        return open_output(device, render)
