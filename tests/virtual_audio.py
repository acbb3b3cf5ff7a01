"""A virtual microphone and speaker: a private PulseAudio, which programs open like any device.

The microphone delivers what is spoken sample for sample. The speaker's output can be recorded.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from ctypes.util import find_library
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray

TOOLS = ("pulseaudio", "pactl", "pacat", "parec", "paplay")
SPEAKER_RATE = 48_000
TIMEOUT_S = 30.0

T = TypeVar("T")


def missing() -> str | None:
    """Return what this machine lacks, as half a sentence, or ``None``."""
    lacking = [tool for tool in TOOLS if shutil.which(tool) is None]
    if find_library("portaudio") is None:
        lacking.append("PortAudio's library (libportaudio2)")
    return f"{', '.join(lacking)} missing: the virtual microphone needs them" if lacking else None


def wait_for(found: Callable[[], T | None], what: str, timeout_s: float = TIMEOUT_S) -> T:
    """Return the result of ``found`` once it is true.

    Raises :class:`TimeoutError`, which names what was missing.
    """
    end_s = time.monotonic() + timeout_s
    while not (it := found()):
        if time.monotonic() > end_s:
            raise TimeoutError(f"{what}: not within {timeout_s:g} s")
        time.sleep(0.01)
    return it


class VirtualAudio:
    """The sound system. ``environment`` makes a program use only this one."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="sound"))
        (self._folder / "pulse").mkdir()
        self.environment = {
            "XDG_RUNTIME_DIR": str(self._folder),
            "PULSE_RUNTIME_PATH": str(self._folder / "pulse"),
            "PULSE_STATE_PATH": str(self._folder),
            "PULSE_COOKIE": str(self._folder / "cookie"),
            "PULSE_SERVER": f"unix:{self._folder}/native",
        }
        self._server: subprocess.Popen[bytes] | None = None
        self._running: list[subprocess.Popen[bytes]] = []

    def use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make this test's programs use only this sound system."""
        for name, value in self.environment.items():
            monkeypatch.setenv(name, value)

    def start(self, *, awake: bool = True) -> None:
        """Plug in microphone and speaker. A microphone that is not ``awake`` delivers nothing at all."""
        modules = (
            f"module-native-protocol-unix socket={self._folder}/native auth-anonymous=1",
            "module-null-sink sink_name=vmic rate=16000 channels=1 format=s16le",
            f"module-null-sink sink_name=vspk rate={SPEAKER_RATE} channels=2 format=s16le",
        )
        loads = [f"--load={module}" for module in modules]
        self._server = self._begin("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", *loads)
        wait_for(lambda: self.ask("set-default-sink", "vspk"), "the sound system")
        self.ask("set-default-source", "vmic.monitor")
        if awake:
            self.wake_microphone()
        else:
            self.ask("suspend-sink", "vmic", "1")

    def stop(self) -> None:
        """Unplug everything and clean up."""
        self.pull()
        shutil.rmtree(self._folder, ignore_errors=True)

    def pull(self) -> None:
        """Unplug both devices while they are in use."""
        for process in [self._server, *self._running]:
            if process is not None:
                process.kill()
                process.wait()
        self._server, self._running = None, []

    def hang(self) -> None:
        """Stop answering."""
        assert self._server is not None
        self._server.send_signal(signal.SIGSTOP)

    def wake_microphone(self) -> None:
        """Make the microphone deliver silence while nothing is spoken."""
        self.ask("suspend-sink", "vmic", "0")
        plain = ("--raw", "--rate=16000", "--channels=1", "--format=s16le")
        self._running.append(self._begin("pacat", "-p", *plain, "--latency-msec=20", "-d", "vmic", "/dev/zero"))

    def speak(self, audio: Path) -> subprocess.Popen[bytes]:
        """Play a file into the microphone. Return the process, which ends with the file."""
        speaking = self._begin("paplay", "-d", "vmic", "--latency-msec=500", str(audio))
        self._running.append(speaking)
        return speaking

    def listen(self) -> Listener:
        """Start to record the speaker."""
        listener = Listener(self.environment)
        self._running.append(listener.process)
        return listener

    def _begin(self, *command: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, env=self._everything(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def ask(self, *command: str) -> bool:
        """Send a command to the sound system. Return whether it worked."""
        done = subprocess.run(["pactl", *command], env=self._everything(), capture_output=True)
        return done.returncode == 0

    def _everything(self) -> dict[str, str]:
        return os.environ | self.environment


class Listener:
    """Records the speaker from its creation on."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 it is heard from until it is gone
        plain = ("--raw", f"--rate={SPEAKER_RATE}", "--channels=1", "--format=s16le")
        self.process = subprocess.Popen(
            ["parec", "-d", "vspk.monitor", *plain, "--latency-msec=10"],
            env=os.environ | environment,
            stdout=self._file,
            stderr=subprocess.DEVNULL,
        )

    def heard(self) -> NDArray[np.float32]:
        """Return the recording so far, float32 ``[n]`` at 48 kHz."""
        content = os.pread(self._file.fileno(), 1 << 30, 0)
        return np.frombuffer(content[: len(content) // 2 * 2], "<i2").astype(np.float32) / 32768.0

    def stop(self) -> NDArray[np.float32]:
        """Stop recording. Return everything."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        return self.heard()
