"""Opens a microphone or a speaker at a sample rate and channel count that it accepts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from base.samples import SAMPLE_RATE, Samples
from simulator.devices.portaudio import Device, Way, how_to_permit, portaudio, quiet_stderr, reason
from simulator.errors import DeviceError

TONE_HZ, TONE_S, TONE_PEAK = 440.0, 0.5, 0.1


def tone(rate: int) -> Samples:
    """Return half a second of a soft tone, float32 ``[n]`` at ``rate`` Hz, without a click at either end."""
    t = np.arange(round(rate * TONE_S)) / max(rate, 1)
    rise = np.minimum(1.0, np.minimum(t, TONE_S - t) / 0.02)
    return np.asarray(TONE_PEAK * rise * np.sin(2 * np.pi * TONE_HZ * t), np.float32)


BLOCK_S = 0.01
"""The speaker's block length: a barge-in takes effect with the next block."""

HEARD_S = 0.01
"""The microphone's approximate block length."""

OTHER_RATES = (48_000, 44_100)
"""Common rates of sound cards, Hz, tried after 16 kHz and the device's own rate."""

Block = NDArray[np.float32]
Deliver = Callable[[Block, bool], None]
"""Takes a block, float32 ``[n, channels]``, valid only during the call, and whether input was lost before it."""

Render = Callable[[Block, bool], None]
"""Fills a block, float32 ``[n, channels]``, in place; takes whether the speaker ran dry before it."""


class Stream(Protocol):
    """An open device. ``rate`` is in Hz; ``latency_s`` is what the sound system reports."""

    rate: int
    channels: int
    latency_s: float

    @property
    def alive(self) -> bool:
        """Whether it still runs. An unplugged device may end the stream, or only fall silent."""
        ...

    def close(self) -> None:
        """Release the device; samples not yet played are dropped."""
        ...


class _Opened:
    """A running PortAudio stream."""

    def __init__(self, stream: Any, rate: int, channels: int) -> None:
        self._stream = stream
        self.rate = rate
        self.channels = channels
        self.latency_s = float(stream.latency)

    @property
    def alive(self) -> bool:
        """Whether the stream still runs."""
        try:
            return bool(self._stream.active)
        except portaudio().PortAudioError:
            return False

    def close(self) -> None:
        """Release the device."""
        with quiet_stderr():
            self._stream.close(ignore_errors=True)


def open_input(device: Device, deliver: Deliver) -> Stream:
    """Open a microphone at 16 kHz mono if possible, else at its own rate, or with two channels.

    PortAudio calls ``deliver`` in its own thread. Raises :class:`DeviceError`.
    """

    def came(block: Block, _count: int, _time: Any, status: Any) -> None:
        deliver(block, bool(status.input_overflow))

    return _first_that_opens("input", device, HEARD_S, came)


def open_output(device: Device, render: Render) -> Stream:
    """Open a speaker in blocks of 10 ms, trying the same rates and channel counts as for a microphone.

    PortAudio calls ``render`` in its own thread. Raises :class:`DeviceError`.
    """

    def wanted(block: Block, _count: int, _time: Any, status: Any) -> None:
        render(block, bool(status.output_underflow))

    return _first_that_opens("output", device, BLOCK_S, wanted)


def _start(way: Way, device: Device, shape: tuple[int, int], block_s: float, callback: Callable[..., None]) -> Any:
    """Start a stream of ``(rate, channels)`` in blocks of ``block_s``."""
    kind = portaudio().InputStream if way == "input" else portaudio().OutputStream
    rate, channels = shape
    stream = kind(
        samplerate=rate,
        channels=channels,
        device=device.index,
        dtype="float32",
        blocksize=round(rate * block_s),
        latency=2 * block_s,
        callback=callback,
    )
    try:
        stream.start()
    except Exception:
        stream.close(ignore_errors=True)
        raise
    return stream


def _first_that_opens(way: Way, device: Device, block_s: float, callback: Callable[..., None]) -> Stream:
    module = portaudio()
    why: Exception | None = None
    for rate, channels in _shapes(device):
        try:
            with quiet_stderr():
                stream = _start(way, device, (rate, channels), block_s, callback)
                return _Opened(stream, rate, channels)
        except (module.PortAudioError, ValueError) as error:
            if not _about_shape(error):
                why = error
                break
            why = why or error
    assert why is not None
    raise DeviceError(_sentence(way, device, why)) from None


def _shapes(device: Device) -> Iterator[tuple[int, int]]:
    """Yield the rates and channel counts to try, best first."""
    rates = dict.fromkeys((SAMPLE_RATE, device.rate, *OTHER_RATES))
    for channels in dict.fromkeys((1, min(2, device.channels), device.channels)):
        for rate in rates:
            yield rate, channels


_INVALID_CHANNELS, _INVALID_RATE = -9998, -9997
_GONE = (-9996, -9985)
_FORMAT_REFUSED = -9994


def _code(error: Exception) -> int | None:
    return error.args[1] if len(error.args) > 1 and isinstance(error.args[1], int) else None


def _about_shape(error: Exception) -> bool:
    """Whether another rate or channel count may help; macOS and Windows report that in host error codes."""
    code = _code(error)
    return code in (_INVALID_CHANNELS, _INVALID_RATE, _FORMAT_REFUSED) or (code == -9999 and not _forbidden(error))


def _forbidden(error: Exception) -> bool:
    said = reason(error).casefold()
    return any(word in said for word in ("permission", "not permitted", "access denied", "unauthorized"))


def _sentence(way: Way, device: Device, error: Exception) -> str:
    what = "microphone" if way == "input" else "speaker"
    name = f"the {what} {device.name!r}"
    if _forbidden(error):
        return f"{name} may not be used: permission denied; {how_to_permit()}"
    code = _code(error)
    if code == _INVALID_RATE:
        tried = " and ".join(f"{rate / 1000:g}" for rate in dict.fromkeys((SAMPLE_RATE, device.rate, *OTHER_RATES)))
        return (
            f"{name} refuses the sample rates {tried} kHz; choose another, or set its rate in the system's settings"
        )
    if code in _GONE:
        return f"{name} is not available; is it plugged in, and not in use by another program?"
    return f"{name} cannot be opened ({reason(error)}); choose another one"
