"""A session's microphone or speaker: which is wanted, what became of it, and how to speak of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simulator.audio.samples import SAMPLE_RATE
from simulator.devices.listing import Device, Way
from simulator.devices.streams import Stream
from simulator.session.state import DeviceInForce

State = Literal["starting", "open", "silent", "lost", "failed"]

_WORDS = {"input": "microphone", "output": "speaker"}


@dataclass(slots=True)
class Line:
    """``chosen``: another one was, since it was last looked at. Times are on the monotonic clock."""

    way: Way
    wanted: str | None
    state: State = "starting"
    fault: str = ""
    stream: Stream | None = None
    in_force: DeviceInForce | None = None
    retry_s: float = 0.0
    quiet_since_s: float = 0.0
    chosen: bool = True

    @property
    def missing(self) -> bool:
        """Whether it was said that it cannot be had."""
        return self.state in ("lost", "failed")

    @property
    def kind(self) -> str:
        """What it is, for people."""
        return _WORDS[self.way]

    @property
    def name(self) -> str:
        """Which it is, for people."""
        return f"the {self.kind} {self.in_force.name if self.in_force else self.wanted or ''}".rstrip()

    def opened(self, device: Device, stream: Stream) -> str:
        """Take a device that was opened; return a sentence that says so."""
        back = ", back again" if self.missing else ""
        self.stream, self.in_force = stream, _in_force(self.way, device, stream)
        self.state, self.fault = "open", ""
        note = f" ({self.in_force.note})" if self.in_force.note else ""
        return f"{self.kind} {device.name}{back}{note}"

    def close(self) -> None:
        """Let go of the device, if there is one."""
        stream, self.stream, self.in_force = self.stream, None, None
        if stream is not None:
            stream.close()


def _in_force(way: Way, device: Device, stream: Stream) -> DeviceInForce:
    notes = []
    if stream.rate != SAMPLE_RATE:
        notes.append(f"resampled, it runs at {stream.rate / 1000:g} kHz")
    if way == "input" and stream.channels > 1:
        notes.append(f"its {stream.channels} channels are mixed")
    latency_ms = round(1000 * stream.latency_s, 1)
    return DeviceInForce(device.name, stream.rate, stream.channels, latency_ms, ", ".join(notes))
