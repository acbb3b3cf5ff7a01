"""Loads PortAudio on first use, and describes its failures in sentences."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
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

    PortAudio lists devices once, when it starts. sounddevice has no public way to restart it.
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
