"""What can go wrong with a device; every message is one line that says what to do."""

from __future__ import annotations

from simulator.errors import SimulatorError


class DeviceError(SimulatorError):
    """A microphone or speaker, or the library that reaches them, cannot be used as it is."""
