"""Trying devices out: what a microphone hears in two seconds, and a tone on a speaker."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import numpy as np

from base.samples import LARGEST_SAMPLE, QUIETEST_DB, Samples, decibels
from simulator.devices.listing import Device
from simulator.devices.portaudio import quiet_stderr
from simulator.devices.streams import TONE_S, Block, open_input, open_output, tone
from simulator.errors import DeviceError

LISTEN_S = 2.0
_HEARD_OUT_S = 0.2


@dataclass(frozen=True, slots=True)
class Heard:
    """What a microphone delivered: how much, how loud (dBFS, at least -100), and as what it was opened."""

    seconds: float
    peak_db: float
    rms_db: float
    clipped: int
    rate: int
    channels: int
    latency_ms: float


def listen(device: Device, seconds: float = LISTEN_S) -> Heard:
    """Listen to a microphone. Raises :class:`DeviceError`, also where it delivers nothing."""
    blocks: list[Block] = []
    with quiet_stderr():
        stream = open_input(device, lambda block, _lost: blocks.append(block.copy()))
        try:
            time.sleep(seconds)
        finally:
            stream.close()
    if not blocks:
        raise DeviceError(
            f"no audio from the device: the microphone {device.name!r} opens and delivers nothing; "
            "is it switched on, and not muted by the system?"
        )
    sound = np.concatenate(blocks)
    return Heard(
        seconds=len(sound) / stream.rate,
        peak_db=float(decibels(float(np.max(np.abs(sound))) ** 2, QUIETEST_DB)),
        rms_db=float(decibels(np.mean(np.square(sound, dtype=np.float64)), QUIETEST_DB)),
        clipped=int(np.count_nonzero(np.abs(sound) >= LARGEST_SAMPLE)),
        rate=stream.rate,
        channels=stream.channels,
        latency_ms=1000 * stream.latency_s,
    )


def play_tone(device: Device) -> None:
    """Play half a second of a soft tone. Raises :class:`DeviceError`, also where the speaker takes nothing."""
    done = threading.Event()
    left: Samples | None = None

    def render(block: Block, _dry: bool) -> None:
        nonlocal left
        block[:] = 0.0
        if left is None:  # its rate is not known yet
            return
        block[: len(left)] = left[: len(block), None]
        left = left[len(block) :]
        if not len(left):
            done.set()

    with quiet_stderr():
        stream = open_output(device, render)
        # what is handed over last is still to be heard
        left = np.pad(tone(stream.rate), (0, round(stream.rate * _HEARD_OUT_S)))
        try:
            over = done.wait(TONE_S + 4.0)
        finally:
            stream.close()
    if not over:
        raise DeviceError(f"the speaker {device.name!r} opens and takes no sound; choose another one")
