"""Loads PortAudio on first use, lists its devices, and describes its failures in sentences."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from simulator.errors import DeviceError

SOUND = Path("/dev/snd")
"""The folder of Linux's sound cards."""

_SHARED_MEMORY = Path("/dev") / "shm"

_REMEDIES = {
    "linux": "add yourself to the group 'audio' and sign in again",
    "darwin": "allow the terminal under System Settings, Privacy & Security, Microphone",
    "win32": "allow desktop apps under Settings, Privacy & security, Microphone",
}


def how_to_permit() -> str:
    """Return how to permit audio on this platform."""
    return _REMEDIES.get(sys.platform, _REMEDIES["linux"])


def is_forbidden(way: Literal["input", "output"]) -> bool:
    """Whether Linux has sound cards of which none may be opened: PortAudio then lists nothing."""
    try:
        cards = [*SOUND.glob(f"pcmC*{'c' if way == 'input' else 'p'}")]
    except PermissionError:
        return True
    return bool(cards) and not any(os.access(card, os.R_OK | os.W_OK) for card in cards)


_PACKAGES = {
    "linux": "install the package libportaudio2 (Debian, Ubuntu) or portaudio (Fedora, Arch, Alpine)",
    "darwin": "install it with 'brew install portaudio'",
    "win32": "install the Python package sounddevice again, which brings it along",
}


def portaudio() -> Any:
    """Return the module ``sounddevice`` with PortAudio initialised.

    Raises :class:`DeviceError`, which names the platform's package, where the library is missing or does not start.
    """
    try:
        with quiet_stderr():
            import sounddevice
    except ImportError:
        raise DeviceError(
            "the Python package sounddevice is missing; install it: pip install sounddevice"
        ) from None
    except OSError:
        remedy = _PACKAGES.get(sys.platform, _PACKAGES["linux"])
        raise DeviceError(
            f"PortAudio's library, which reaches microphones and speakers, is missing; {remedy}"
        ) from None
    except Exception as error:  # PortAudioError, whose module did not load
        raise DeviceError(f"PortAudio does not start ({reason(error)}); is the sound system running?") from None
    return sounddevice


def look_again() -> Any:
    """Return ``sounddevice`` after PortAudio has listed devices again. Every stream must be closed first.

    PortAudio lists devices once, when it starts. sounddevice has no public way to restart it. Raises
    :class:`DeviceError` if it does not start again.
    """
    module = portaudio()
    with quiet_stderr():
        with contextlib.suppress(module.PortAudioError):  # it was not running, for example after a failed start
            module._terminate()
        try:
            module._initialize()
        except module.PortAudioError as error:
            raise DeviceError(f"PortAudio does not start ({reason(error)}); is the sound system running?") from None
    return module


def not_answering() -> str:
    """Return the message for a sound system that does not answer.

    JACK's library, which PortAudio starts on Linux, keeps a small database for each user. A program that is killed
    while it opens that database leaves a lock, and the next program waits for it forever.
    """
    kept = _SHARED_MEMORY / f"jack_db-{os.getuid()}" if sys.platform == "linux" else None
    if kept is None or not kept.exists():
        return "the sound system does not answer; is it running?"
    return (
        "the sound system does not answer; is it running? If so, a killed program may have left a lock: "
        f"remove the folder {kept} and try again"
    )


def reason(error: Exception) -> str:
    """Return the reason that PortAudio, or the sound system behind it, gives, in a few words."""
    said: list[Any] = list(error.args)
    host: list[Any] = list(said[2]) if len(said) > 2 and isinstance(said[2], tuple) else []
    text = host[2] if len(host) > 2 and host[2] else said[0] if said else ""
    return " ".join(str(text).split()).rstrip(".") or type(error).__name__


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Redirect the sound system's own messages away from the terminal; C code writes them to descriptor 2."""
    try:
        sys.stderr.flush()
        kept = os.dup(2)
    except (OSError, ValueError, AttributeError):
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def own_output() -> IO[bytes]:
    """Return standard output for this process only; anything that a library prints there later is discarded."""
    kept = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return kept


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
            raise DeviceError(f"there is no {_WORDS[way]} {name!r} now; 'turnlab devices' lists the devices")
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
