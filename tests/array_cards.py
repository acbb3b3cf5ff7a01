"""A microphone and a speaker made of arrays: tests push samples into one and read what the other plays."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from base.samples import Samples
from simulator.devices.portaudio import Device, Devices
from simulator.devices.streams import Deliver, Render, Stream
from simulator.errors import DeviceError


class ArrayStream:
    """An open device that fails only when a test sets it to."""

    latency_s = 0.01

    def __init__(self, rate: int, channels: int) -> None:
        self.rate = rate
        self.channels = channels
        self.alive = True

    def close(self) -> None:
        """Do nothing."""
        self.alive = False


class ArrayCards:
    """One microphone and one speaker of any rate and width.

    ``fault``: why the microphone cannot be opened. ``raises``: what looking for devices raises. While ``answers``
    is clear, looking does not return.
    """

    def __init__(self, rate: int = 16_000, channels: int = 1) -> None:
        self._shape = rate, channels
        self.fault = ""
        self.raises: Exception | None = None
        self.answers = threading.Event()
        self.answers.set()
        self.microphone: ArrayStream | None = None
        self._deliver: Deliver | None = None
        self._render: Render | None = None

    def look(self, *, again: bool) -> Devices:  # noqa: ARG002 as every sound card
        """Return the devices."""
        self.answers.wait()
        if self.raises:
            raise self.raises
        rate, channels = self._shape
        device = Device("array", "test", channels, rate, True, 0)
        return Devices((device,), (device,))

    def open_input(self, device: Device, deliver: Deliver) -> Stream:  # noqa: ARG002
        """Open the microphone."""
        if self.fault:
            raise DeviceError(self.fault)
        self._deliver = deliver
        self.microphone = ArrayStream(*self._shape)
        return self.microphone

    def open_output(self, device: Device, render: Render) -> Stream:  # noqa: ARG002
        """Open the speaker. It takes its first block before its rate is known, as PortAudio's does."""
        self._render = render
        self.play(160)
        return ArrayStream(*self._shape)

    def push(self, samples: Samples, *, overrun: bool = False) -> None:
        """Add samples to the microphone, the same in each channel."""
        assert self._deliver is not None
        block = np.repeat(samples[:, None].astype(np.float32), self._shape[1], axis=1)
        self._deliver(block, overrun)

    def play(self, count: int) -> NDArray[np.float32]:
        """Return the speaker's next samples, float32 ``[n, channels]``."""
        assert self._render is not None
        block = np.ones((count, self._shape[1]), np.float32)
        self._render(block, False)
        return block
