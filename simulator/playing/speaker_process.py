"""The speaker's separate process: native audio code may crash or print without harming the terminal.

Input messages are ``(position, samples)``, float32 at 16 kHz; they replace everything from that position on. Output
messages are :class:`~simulator.playing.speaker.SpeakerReport`: one when the speaker is open, then its progress, and
at last any error.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable

from base.unexpected import install, report_stopped
from simulator.child_process import messages, outbox
from simulator.devices import Device, DeviceError, list_devices
from simulator.devices.playback_buffer import PlaybackBuffer
from simulator.devices.streams import Stream, open_output
from simulator.playing.speaker import TIMEOUT_S, SpeakerReport

_REPORT_S = 0.03


def main() -> None:
    """Play incoming samples until the input ends or the speaker fails."""
    install()
    buffer, send, started = PlaybackBuffer(), outbox(), threading.Event()
    threading.Thread(target=_read, args=(buffer, started), daemon=True).start()
    try:
        try:
            device, where = _chosen(sys.argv[1] if len(sys.argv) > 1 else "")
            stream = open_output(device, buffer.render)
        except DeviceError as error:
            send(SpeakerReport(trouble=str(error)))
            return
        buffer.opened(stream.rate, stream.latency_s)
        send(SpeakerReport(opened=device.name, where=where))
        started.set()  # an earlier failure is reported first, and ends below
        _watch(buffer, stream, device.name, send)
    except Exception as error:
        report_stopped(error)  # an immediate exit, as below, would lose the report
    finally:  # at its own end Python would wait for standard input, which is being read, and abort
        os._exit(0)


def _chosen(wanted: str) -> tuple[Device, str]:
    """Return the named speaker, or the default if it does not exist, and a description of the choice."""
    devices = list_devices()
    default = devices.find("output", None)
    if not wanted:
        return default, ""
    try:
        device = devices.find("output", wanted)
    except DeviceError:
        return default, f"{default.name}, as {wanted} is not there"
    return device, "" if device == default else device.name


def _watch(buffer: PlaybackBuffer, stream: Stream, name: str, send: Callable[[object], None]) -> None:
    """Report progress as long as the speaker requests samples."""
    played = 0
    while True:
        time.sleep(_REPORT_S)
        if buffer.played != played:
            played = buffer.played
            send(SpeakerReport(played=played))
        if buffer.stuck() or not stream.alive:
            send(SpeakerReport(trouble=f"the speaker {name!r} takes no more sound; is it still plugged in?"))
            return


def _read(buffer: PlaybackBuffer, started: threading.Event) -> None:
    try:
        for place, samples in messages(sys.stdin.buffer):
            buffer.lay(place, samples)
    finally:  # the parent closed us, or died mid-block
        started.wait(TIMEOUT_S)  # an exit during PortAudio's start can leave JACK's library locked
        os._exit(0)


if __name__ == "__main__":
    main()
