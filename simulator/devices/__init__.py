"""Microphones and speakers, through PortAudio: what there is, opening them, and what can go wrong with them.

PortAudio's library is loaded with the first call, never on import, and prints to standard error as it likes; a
program that draws on the terminal uses devices from a process of their own (:mod:`simulator.session`).
"""

from simulator.devices.listing import Device, Devices, list_devices
from simulator.errors import DeviceError

__all__ = ["Device", "DeviceError", "Devices", "list_devices"]
