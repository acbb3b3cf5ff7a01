"""Microphones and speakers through PortAudio: listing, opening and testing them, and their errors.

The first call loads PortAudio's library; an import never does. The library prints to standard error at will, so a
program that draws on the terminal uses devices from a separate process (:mod:`simulator.session`).
"""

from simulator.devices.portaudio import Device, Devices, list_devices
from simulator.errors import DeviceError

__all__ = ["Device", "DeviceError", "Devices", "list_devices"]
