"""The speaker, in a process of its own: native audio code may crash or print, and must not take the terminal along.

Messages in are ``(index, samples)``, float32 at 16 kHz: they take the places from the index on, and what waited
there is not played. Messages out are :class:`~simulator.playing.speaker.Report`: once the speaker is open, then how
far it is, at last what is wrong.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from base.samples import SAMPLE_RATE, Samples
from base.unexpected import install, report_stopped
from simulator.child_process import messages, outbox
from simulator.devices import Device, DeviceError, list_devices
from simulator.devices.streams import Stream, open_output, speaker_resampler
from simulator.playing.speaker import PATIENCE_S, Report

_REPORT_S = 0.03
_STUCK_S = 2.0
_GULP = SAMPLE_RATE // 100


class Waiting:
    """Samples that wait to be played, each at its place."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._samples = np.zeros(0, np.float32)
        self._resampled = np.zeros(0, np.float32)
        self._resampler: Any = None
        self._sounding = False
        """Whether the resampler still holds the end of something."""
        self.played = 0
        self.asked_s = time.monotonic()
        """When the speaker last asked for a block."""

    def at_rate(self, rate: int) -> None:
        """Give blocks at this rate."""
        self._resampler = speaker_resampler(rate)

    def put(self, index: int, samples: Samples) -> None:
        """Play samples from a place on, instead of what waits there; those whose time is over are not played."""
        with self._lock:
            kept = max(index - self.played, 0)
            late = max(self.played - index, 0)
            self._samples = np.concatenate([self._samples[:kept], samples[late:]])

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not len(self._samples)

    def render(self, block: NDArray[np.float32], _dry: bool) -> None:
        """Fill a block, float32 ``[n, channels]``, with silence where nothing waits; the speaker's thread calls."""
        self.asked_s = time.monotonic()
        sound = self._take(len(block)) if self._resampler is None else self._take_resampled(len(block))
        block[: len(sound)] = sound[:, None]
        block[len(sound) :] = 0.0

    def _take(self, count: int) -> Samples:
        with self._lock:
            taken, self._samples = self._samples[:count], self._samples[count:]
            self.played += len(taken)
        return taken

    def _take_resampled(self, count: int) -> Samples:
        while len(self._resampled) < count and (len(gulp := self._take(_GULP)) or self._sounding):
            self._sounding = bool(len(gulp))
            fresh = self._resampler.resample_chunk(gulp, last=not self._sounding)
            self._resampled = np.concatenate([self._resampled, fresh])
            if not self._sounding:
                self._resampler.clear()
        taken, self._resampled = self._resampled[:count], self._resampled[count:]
        return taken


def main() -> None:
    """Play what comes until there is no more, or the speaker fails."""
    install()
    waiting, send, started = Waiting(), outbox(), threading.Event()
    threading.Thread(target=_read, args=(waiting, started), daemon=True).start()
    try:
        try:
            device, where = _chosen(sys.argv[1] if len(sys.argv) > 1 else "")
            stream = open_output(device, waiting.render)
        except DeviceError as error:
            send(Report(trouble=str(error)))
            return
        waiting.at_rate(stream.rate)
        send(Report(opened=device.name, where=where))
        started.set()  # what failed before ends below, once it is said
        _watch(waiting, stream, device.name, send)
    except Exception as error:
        report_stopped(error)  # leaving at once, as below, would leave it unsaid
    finally:  # at its own end Python would wait for standard input, which is being read, and abort
        os._exit(0)


def _chosen(wanted: str) -> tuple[Device, str]:
    """Return the speaker of that name, or the default where there is none, and what to say about which it is."""
    devices = list_devices()
    default = devices.find("output", None)
    if not wanted:
        return default, ""
    try:
        device = devices.find("output", wanted)
    except DeviceError:
        return default, f"{default.name}, as {wanted} is not there"
    return device, "" if device == default else device.name


def _watch(waiting: Waiting, stream: Stream, name: str, send: Callable[[object], None]) -> None:
    """Report how far it is, as long as the speaker goes on asking."""
    played = 0
    while True:
        time.sleep(_REPORT_S)
        if waiting.played != played:
            played = waiting.played
            send(Report(played=played))
        stuck = not waiting.empty and time.monotonic() - waiting.asked_s > _STUCK_S
        if stuck or not stream.alive:
            send(Report(trouble=f"the speaker {name!r} takes no more sound; is it still plugged in?"))
            return


def _read(waiting: Waiting, started: threading.Event) -> None:
    try:
        for index, samples in messages(sys.stdin.buffer):
            waiting.put(index, samples)
    finally:  # the parent closed us, or died in the middle of a block
        started.wait(PATIENCE_S)  # an exit in the middle of PortAudio's start can leave JACK's library locked
        os._exit(0)


if __name__ == "__main__":
    main()
