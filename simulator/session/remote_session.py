"""A session in a process of its own: neither a crash nor the chatter of the sound system reaches the terminal."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from presets.layers import ResolvedVoiceConfig
from simulator.devices.errors import DeviceError
from simulator.devices.listing import Devices
from simulator.session.arms import Arms
from simulator.session.settings import EchoGuard, LiveArm, SessionSettings
from simulator.session.state import Notice, SessionMessage, Snapshot

MOST_TOLD = 10_000
_COMMAND = (sys.executable, "-m", "simulator.session.child")
_PATIENCE_S = 20.0
_CRASHED = "the sound system's code crashed and took the session along; start it again, a recording is kept"


def open_session(settings: SessionSettings) -> RemoteSession:
    """Return a session that is to be started."""
    return RemoteSession(settings)


def devices_there(timeout_s: float = 10.0) -> Devices:
    """Return what devices there are, looked up in a process of its own, in about 0.3 s.

    Raises :class:`~simulator.devices.DeviceError` where PortAudio is missing, does not start, or crashes.
    """
    try:
        done = subprocess.run(
            _COMMAND, input=pickle.dumps(None), capture_output=True, timeout=timeout_s, check=True
        )
        found = pickle.loads(done.stdout)
    except subprocess.TimeoutExpired:
        raise DeviceError("the sound system does not answer; is it running?") from None
    except (subprocess.CalledProcessError, EOFError, pickle.UnpicklingError):
        raise DeviceError("the sound system's code crashed while looking for devices; is it running?") from None
    if isinstance(found, str):
        raise DeviceError(found)
    devices: Devices = found
    return devices


class RemoteSession:
    """A :class:`~simulator.session.session.Session` that runs elsewhere. Snapshots come 30 times a second."""

    def __init__(self, settings: SessionSettings) -> None:
        Arms(settings.arms)
        self._settings = settings
        self._told: deque[SessionMessage] = deque(maxlen=MOST_TOLD)
        self._snapshot = Snapshot(
            arm=settings.arms[0].name,
            arms=tuple(arm.name for arm in settings.arms),
            echo_guard=settings.echo_guard,
            muted=settings.muted,
            push_to_talk=settings.push_to_talk,
        )
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = False
        self._sending = threading.Lock()
        self._listening = threading.Thread(target=self._listen, name="turnlab session", daemon=True)

    def start(self) -> None:
        """Open the devices and begin the call."""
        self._process = subprocess.Popen(
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # ctrl+c and a closed terminal are not for it: it ends, its recording whole, when we are gone
            start_new_session=True,
        )
        self._send(self._settings)
        self._listening.start()

    def stop(self) -> None:
        """End the call: finish a recording, close the devices, wait for the process; one that hangs is killed."""
        process, self._stopping = self._process, True
        if process is None:
            return
        self._order("stop")
        try:
            process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._listening.join(_PATIENCE_S)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                _close(pipe)
        if self._snapshot.phase not in ("stopped", "failed"):  # it was killed
            self._note(replace(self._snapshot, phase="stopped", recording=None), [])

    @property
    def process_id(self) -> int | None:
        """The process it runs in."""
        return self._process.pid if self._process else None

    def snapshot(self) -> Snapshot:
        """Return how things stood when it was last told."""
        return self._snapshot

    def take(self) -> list[SessionMessage]:
        """Return what happened since the last call of this, oldest first."""
        found: list[SessionMessage] = []
        while self._told:
            found.append(self._told.popleft())
        return found

    def use_arms(self, arms: tuple[LiveArm, ...]) -> None:
        """Replace the arms. Raises :class:`ValueError` for none, or two of one name."""
        Arms(arms)
        self._order("use_arms", arms)

    def switch_arm(self, name: str) -> None:
        """Talk to another arm."""
        self._order("switch_arm", name)

    def set_config(self, config: ResolvedVoiceConfig) -> None:
        """Change the settings of the arm in force."""
        self._order("set_config", config)

    def new_call(self) -> None:
        """Begin anew."""
        self._order("new_call")

    def use_input(self, name: str | None) -> None:
        """Change to another microphone."""
        self._order("use_input", name)

    def use_output(self, name: str | None, *, speaker: bool = True) -> None:
        """Change to another speaker, or none."""
        self._order("use_output", name, speaker=speaker)

    def play_tone(self) -> None:
        """Play half a second of a soft tone on the speaker."""
        self._order("play_tone")

    def guard_echo(self, guard: EchoGuard) -> None:
        """Choose what keeps the agent from hearing itself."""
        self._order("guard_echo", guard)

    def mute(self, muted: bool) -> None:
        """Let the agent hear silence instead of the microphone."""
        self._order("mute", muted)

    def push_to_talk(self, on: bool) -> None:
        """Let the agent hear the microphone only while :meth:`talk` says so."""
        self._order("push_to_talk", on)

    def talk(self, held: bool) -> None:
        """Tell whether the push-to-talk key is held."""
        self._order("talk", held)

    def pause(self, paused: bool) -> None:
        """Stop the call's clock, or let it go on."""
        self._order("pause", paused)

    def record(self, on: bool) -> None:
        """Begin or finish a recording."""
        self._order("record", on)

    def _order(self, name: str, *arguments: object, **named: object) -> None:
        self._send((name, arguments, named))

    def _send(self, what: object) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        with self._sending:
            try:
                pickle.dump(what, process.stdin)
                process.stdin.flush()
            except (OSError, ValueError):  # it is gone, which the listening thread says
                return

    def _listen(self) -> None:
        process = self._process
        assert process is not None
        assert process.stdout is not None
        try:
            while True:
                snapshot, happened = pickle.load(process.stdout)
                self._note(snapshot, happened)
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            pass
        if not self._stopping:
            now_ms = self._snapshot.now_ms
            self._note(
                replace(self._snapshot, phase="failed", standing=_CRASHED, recording=None),
                [Notice("fault", now_ms, _CRASHED)],
            )

    def _note(self, snapshot: Snapshot, happened: Sequence[SessionMessage]) -> None:
        self._told.extend(happened)
        self._snapshot = snapshot


def _close(pipe: Any) -> None:
    try:
        pipe.close()
    except OSError:
        return
