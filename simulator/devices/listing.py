"""Lists the available inputs and outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from simulator.devices.portaudio import how_to_permit, is_forbidden, look_again, portaudio, reason
from simulator.errors import DeviceError

Way = Literal["input", "output"]


@dataclass(frozen=True, slots=True)
class Device:
    """A microphone or a speaker. ``name`` finds it again after it was unplugged; ``rate`` is its own rate, Hz."""

    name: str
    host: str
    channels: int
    rate: int
    default: bool
    index: int

    def to_json(self) -> dict[str, Any]:
        """Return the device as JSON values."""
        return {
            "name": self.name,
            "host": self.host,
            "channels": self.channels,
            "sample_rate": self.rate,
            "default": self.default,
        }


@dataclass(frozen=True, slots=True)
class Devices:
    """The available devices, in PortAudio's order."""

    inputs: tuple[Device, ...]
    outputs: tuple[Device, ...]

    def of(self, way: Way) -> tuple[Device, ...]:
        """Return the inputs or the outputs."""
        return self.inputs if way == "input" else self.outputs

    def find(self, way: Way, name: str | None) -> Device:
        """Return a device by its name or a unique part of it; ``None``: the system's default.

        Raises :class:`DeviceError` if none or several match.
        """
        there = self.of(way)
        if not there:
            raise DeviceError(why_none(way))
        if name is None:
            return next((device for device in there if device.default), there[0])
        exact = [device for device in there if device.name == name]
        found = exact[:1] or [device for device in there if name.casefold() in device.name.casefold()]
        if not found:
            raise DeviceError(f"there is no {_WORDS[way]} {name!r} now; 'turnlab devices' lists what there is")
        if len(found) > 1:
            several = ", ".join(device.name for device in found[:4])
            raise DeviceError(f"{name!r} may mean several {_WORDS[way]}s ({several}); name one in full")
        return found[0]


def why_none(way: Way) -> str:
    """Return the message for a way without devices, input or output."""
    if is_forbidden(way):
        return f"no {_WORDS[way]} may be used: permission denied; {how_to_permit()}"
    return f"there is no {_WORDS[way]}; plug one in and try again"


_WORDS = {"input": "microphone", "output": "speaker"}


def list_devices(*, again: bool = False) -> Devices:
    """List devices. ``again`` looks for newly plugged ones, which requires every stream to be closed.

    Raises :class:`DeviceError` where PortAudio is missing or does not start.
    """
    module = look_again() if again else portaudio()
    try:
        hosts = [str(host["name"]) for host in module.query_hostapis()]
        known = list(enumerate(module.query_devices()))
    except module.PortAudioError as error:
        raise DeviceError(f"PortAudio lists no devices ({reason(error)}); is the sound system running?") from None
    default_input, default_output = (int(index) for index in module.default.device)

    def found(channels: str, default: int) -> tuple[Device, ...]:
        return tuple(
            Device(
                name=str(one["name"]),
                host=hosts[one["hostapi"]],
                channels=int(one[channels]),
                rate=round(one["default_samplerate"]),
                default=index == default,
                index=index,
            )
            for index, one in known
            if one[channels] > 0
        )

    return Devices(found("max_input_channels", default_input), found("max_output_channels", default_output))
