"""Decides what the agent hears of the microphone: mute, push to talk, and the echo guard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from base.samples import SAMPLES_PER_MS, Samples, from_pcm16, to_pcm16
from simulator.activity.model import FRAME_MS, FRAME_SAMPLES
from simulator.errors import SimulatorError
from simulator.session.capture_buffer import Frame
from simulator.session.commands import UseEchoGuard
from simulator.session.echo_canceller import DELAY_MS, EchoCanceller, EchoFinder, PlayedTap
from simulator.session.settings import EchoGuard
from simulator.session.state import OpenedDevice, Unheard

RING_MS = 250
"""How long a room reverberates after the end of the agent's sound has reached the microphone."""

OPEN_MS = 300
"""How long the gate stays open after a voice louder than the echo, so that quiet sounds are not cut."""

SILENCE = np.zeros(FRAME_SAMPLES, np.float32)


@dataclass(slots=True)
class CallControls:
    """The requested controls. Any thread may change them; each frame uses one consistent state.

    ``threshold_db`` is in dB below full scale.
    """

    echo: EchoGuard
    threshold_db: float
    muted: bool = False
    push_to_talk: bool = False
    talking: bool = False


_MONITOR_DB = -3.0
"""No room returns the agent's sound this loud; a monitor does."""

GUARDS_CLOSE: tuple[Unheard | None, ...] = ("half-duplex", "echo threshold")
"""Reasons for which a recording's replay must mute what its microphone recorded."""


class EchoGate:
    """Decides frame by frame. ``played`` receives what the speaker takes."""

    def __init__(self, controls: CallControls) -> None:
        self._controls = controls
        self.played = PlayedTap()
        self._canceller: EchoCanceller | None = None
        self._finder = EchoFinder()
        self._earlier = np.zeros(DELAY_MS * SAMPLES_PER_MS, np.float32)
        self.hears_itself = False
        """Whether the microphone hears the agent, and the guard lets that through."""
        self._hears_monitor = False
        self._devices: tuple[OpenedDevice | None, OpenedDevice | None] = (None, None)
        self._tail_ms = self._open_ms = 0
        self._by_hand: Unheard | None = None
        self._closed = False
        self._raw = self._clean = SILENCE

    def prepare(self) -> str:
        """Load the canceller; if the guard lacks it, disable the guard and return why, otherwise ""."""
        try:
            self._canceller = EchoCanceller()
        except SimulatorError as error:
            if self._controls.echo is EchoGuard.CANCELLATION:
                self._controls.echo = EchoGuard.HEADPHONES
                return str(error)
        return ""

    def choose(self, command: UseEchoGuard) -> str:
        """Change the guard; return a sentence about the change, "" if there is none."""
        controls, guard = self._controls, command.guard
        if guard is EchoGuard.CANCELLATION and self._canceller is None:
            return "echo cancellation is not available here; use headphones, or choose half-duplex"
        before = controls.echo, controls.threshold_db
        controls.echo = guard
        if command.threshold_db is not None:
            controls.threshold_db = command.threshold_db
        if (guard, controls.threshold_db) == before:
            return ""
        self.forget()
        limit = f" (−{controls.threshold_db:.0f} dBFS)" if guard is EchoGuard.THRESHOLD else ""
        return f"echo guard: {guard.words}{limit}"

    def forget(self) -> None:
        """Detect echo from the beginning: the guard, the call, or a device has changed."""
        self._finder = EchoFinder()
        self.hears_itself = self._hears_monitor = False

    def note_devices(self, microphone: OpenedDevice | None, speaker: OpenedDevice | None) -> None:
        """Forget the detected echo if a device was opened since, even the same one."""
        before, self._devices = self._devices, (microphone, speaker)
        if before[0] is not microphone or before[1] is not speaker:
            self.forget()

    def listen(self, frame: Frame) -> None:
        """Take the next frame, heard or not: the canceller needs every frame."""
        played = self.played.until(frame.at_s)
        # rounded to a recording's 16 bits, so that its replay hears the same
        samples = from_pcm16(to_pcm16(frame.samples))
        self._raw = self._clean = samples
        self._finder.note(samples, played)
        if self._canceller is not None:
            late = np.concatenate([self._earlier, samples])
            self._earlier = late[FRAME_SAMPLES:]
            clean = self._canceller.clean(samples, played)
            self._clean = late[:FRAME_SAMPLES] if self._finder.state == "absent" else clean

    def heard(self, rms_db: float, *, agent_sounds: bool, round_trip_ms: float) -> tuple[Samples, Unheard | None]:
        """Return what the agent hears, float32 ``[512]``, the frame or silence, and the reason for silence.

        ``round_trip_ms`` is the time of the agent's sound to the microphone.
        """
        longest_ms = max(round_trip_ms, self._finder.delay_ms)
        self._tail_ms = RING_MS + round(longest_ms) if agent_sounds else max(0, self._tail_ms - FRAME_MS)
        self._by_hand = self._closed_by_hand()
        why = self._by_hand or self._closed_for_echo(rms_db)
        self._closed = why is not None
        return (self._open if why is None else SILENCE), why

    def kept(self) -> Samples:
        """Return the last frame for a recording, float32 ``[512]``; silence if the user closed the microphone."""
        return self._open if self._by_hand is None else SILENCE

    def new_self_hearing(self) -> str:
        """Detect whether the agent hears itself, or the microphone is the speaker's monitor.

        Returns a sentence at the moment of detection, otherwise "".
        """
        self._finder.look()
        finder, known = self._finder, self.hears_itself or self._hears_monitor
        found = finder.state == "found"
        guard = self._controls.echo
        louder = guard is EchoGuard.THRESHOLD and bool(self._tail_ms) and not self._closed
        through = guard is EchoGuard.HEADPHONES or louder
        self.hears_itself = found and (through or self.hears_itself)
        # no guard helps there: a monitor does not contain the caller
        self._hears_monitor = found and (finder.level_db > _MONITOR_DB or self._hears_monitor)
        if known or not (self.hears_itself or self._hears_monitor):
            return ""
        heard = f"the microphone hears the agent, {round(finder.level_db)} dB"
        if self._hears_monitor:
            return f"{heard}: it may be the speaker's own monitor; choose another microphone"
        return f"{heard}: the agent will interrupt itself; choose the echo guard cancellation, or use headphones"

    @property
    def _open(self) -> Samples:
        return self._clean if self._controls.echo is EchoGuard.CANCELLATION else self._raw

    def _closed_by_hand(self) -> Unheard | None:
        if self._controls.muted:
            return "muted"
        if self._controls.push_to_talk and not self._controls.talking:
            return "push to talk"
        return None

    def _closed_for_echo(self, rms_db: float) -> Unheard | None:
        guard = self._controls.echo
        if not self._tail_ms or guard in (EchoGuard.HEADPHONES, EchoGuard.CANCELLATION):
            self._open_ms = 0
            return None
        if guard is EchoGuard.HALF_DUPLEX:
            return "half-duplex"
        louder = rms_db >= -self._controls.threshold_db
        self._open_ms = OPEN_MS if louder else max(0, self._open_ms - FRAME_MS)
        return None if self._open_ms else "echo threshold"
