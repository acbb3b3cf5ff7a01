"""Keeps a session's devices open: opens them, detects failures, and finds them again by name.

:class:`SoundCards` provides them: this machine's devices, or a substitute.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from base.samples import SAMPLE_RATE
from simulator.devices.playback_buffer import PlaybackBuffer
from simulator.devices.portaudio import Device, Devices, Way, list_devices, not_answering, reason
from simulator.devices.streams import Deliver, Render, Stream, open_input, open_output
from simulator.errors import DeviceError
from simulator.session.capture_buffer import CaptureBuffer
from simulator.session.state import OpenedDevice


class SoundCards(Protocol):
    """The devices to open. Every method raises :class:`~simulator.devices.DeviceError` with one sentence."""

    def look(self, *, again: bool) -> Devices:
        """Return the devices; ``again`` rescans, which requires every stream to be closed."""
        ...

    def open_input(self, device: Device, deliver: Deliver) -> Stream:
        """Open a microphone, which calls ``deliver`` from its own thread."""
        ...

    def open_output(self, device: Device, render: Render) -> Stream:
        """Open a speaker, which calls ``render`` from its own thread."""
        ...


class RealCards:
    """The devices of this machine, through PortAudio."""

    def look(self, *, again: bool) -> Devices:
        """Return the devices."""
        return list_devices(again=again)

    def open_input(self, device: Device, deliver: Deliver) -> Stream:
        """Open a microphone."""
        return open_input(device, deliver)

    def open_output(self, device: Device, render: Render) -> Stream:
        """Open a speaker."""
        return open_output(device, render)


NO_AUDIO_S = 1.0
"""A microphone that delivers nothing for this long is reported."""

REOPEN_S = 4.0
"""A microphone that still delivers nothing is reopened: some systems drop a stream silently."""

TIMEOUT_S = 5.0
"""The time limit for one operation of the sound system, after which it is reported as not answering."""

RETRY_S = 1.0
_TICK_S = 0.1


State = Literal["starting", "open", "silent", "lost", "failed"]

_WORDS = {"input": "microphone", "output": "speaker"}


@dataclass(slots=True)
class SupervisedDevice:
    """One way, input or output, and its device. ``chosen``: a choice is pending. Times are monotonic, s."""

    way: Way
    wanted: str | None
    state: State = "starting"
    fault: str = ""
    stream: Stream | None = None
    current: OpenedDevice | None = None
    retry_s: float = 0.0
    quiet_since_s: float = 0.0
    chosen: bool = True

    @property
    def missing(self) -> bool:
        """Whether the device has been reported as unavailable."""
        return self.state in ("lost", "failed")

    @property
    def kind(self) -> str:
        """The kind of device, in words."""
        return _WORDS[self.way]

    @property
    def name(self) -> str:
        """The device, in words."""
        return f"the {self.kind} {self.current.name if self.current else self.wanted or ''}".rstrip()

    def opened(self, device: Device, stream: Stream) -> str:
        """Take an opened device; return a sentence that says so."""
        back = ", back again" if self.missing else ""
        self.stream, self.current = stream, _opened_device(self.way, device, stream)
        self.state, self.fault = "open", ""
        note = f" ({self.current.note})" if self.current.note else ""
        return f"{self.kind} {device.name}{back}{note}"

    def close(self) -> None:
        """Release the device, if there is one."""
        stream, self.stream, self.current = self.stream, None, None
        if stream is not None:
            stream.close()


def _opened_device(way: Way, device: Device, stream: Stream) -> OpenedDevice:
    notes = []
    if stream.rate != SAMPLE_RATE:
        notes.append(f"resampled, it runs at {stream.rate / 1000:g} kHz")
    if way == "input" and stream.channels > 1:
        notes.append(f"its {stream.channels} channels are mixed")
    latency_ms = round(1000 * stream.latency_s, 1)
    return OpenedDevice(device.name, stream.rate, stream.channels, latency_ms, ", ".join(notes))


class DeviceSupervisor:
    """Owns both streams and a thread for everything that may block. ``tell`` receives sentences about devices.

    A lost microphone is searched for every second, which closes the speaker for a moment. A lost speaker is retried
    without a search for new devices, because a search would interrupt the microphone. A search for speakers runs
    only when another device is chosen that was not there before, or the system's default, or when the microphone is
    reopened.
    """

    def __init__(
        self,
        cards: SoundCards,
        capture_buffer: CaptureBuffer,
        playback_buffer: PlaybackBuffer,
        tell: Callable[[str], None],
        *,
        input: str | None,
        output: str | None,
        speaker: bool,
        round_trip_ms: float | None = None,
    ) -> None:
        self._cards = cards
        self._capture_buffer = capture_buffer
        self._playback_buffer = playback_buffer
        self._tell = tell
        self._input = SupervisedDevice("input", input)
        self._output = SupervisedDevice("output", output)
        self._speaker = speaker
        self._round_trip_ms = round_trip_ms
        self._changed = threading.Condition()
        self._ending = False
        self._seen_before = False
        self._asked_s = math.inf
        """Since when the sound system has been busy, s on the monotonic clock."""
        self._thread = threading.Thread(target=self._keep, name="turnlab devices", daemon=True)

    def start(self) -> None:
        """Start the thread, which opens the devices."""
        self._thread.start()

    def stop(self) -> None:
        """Close both devices and end the thread; a hanging sound system is abandoned after 5 s."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join(5.0)

    def use_input(self, name: str | None) -> None:
        """Change to another microphone."""
        with self._changed:
            self._input.wanted, self._input.chosen, self._round_trip_ms = name, True, None
            self._changed.notify()

    def use_output(self, name: str | None, *, speaker: bool) -> None:
        """Change to another speaker, or none."""
        with self._changed:
            self._output.wanted, self._output.chosen, self._speaker = name, True, speaker
            self._round_trip_ms = None
            self._changed.notify()

    @property
    def state(self) -> State:
        """The microphone's state."""
        return self._input.state

    @property
    def standing(self) -> str:
        """The current fault in a sentence, the microphone's first; "" if there is none."""
        if time.monotonic() - self._asked_s > TIMEOUT_S:
            return not_answering()
        return self._input.fault or self._output.fault

    @property
    def input(self) -> OpenedDevice | None:
        """The opened microphone."""
        return self._input.current

    @property
    def output(self) -> OpenedDevice | None:
        """The opened speaker."""
        return self._output.current

    @property
    def round_trip_ms(self) -> float:
        """The time from the speaker to the microphone, ms: measured, or reported by the sound system."""
        if self._round_trip_ms is not None:
            return self._round_trip_ms
        return sum(device.latency_ms for device in (self.input, self.output) if device is not None)

    # ---- the thread

    def _keep(self) -> None:
        while (chosen := self._wait_for_choices()) is not None:
            self._asked_s = time.monotonic()
            try:
                if "input" in chosen:
                    self._open_all()
                elif chosen:
                    self._change_output()
                else:
                    self._check_input()
                    self._check_output()
            except Exception as error:  # whatever a sound system's library raises: both devices are reopened
                self._close_all()
                self._fail(self._input, f"the sound system failed ({reason(error)}); it is retried")
            self._asked_s = math.inf
        self._close_all()

    def _wait_for_choices(self) -> list[Way] | None:
        """Return the devices chosen since, empty after a moment without a choice; ``None``: the session ends."""
        with self._changed:
            if not (self._ending or self._input.chosen or self._output.chosen):
                self._changed.wait(_TICK_S)
            if self._ending:
                return None
            chosen = [line for line in (self._input, self._output) if line.chosen]
            for line in chosen:
                line.chosen = False
                if line.missing:  # another device may have been chosen
                    line.state, line.fault = "starting", ""
        return [line.way for line in chosen]

    def _open_all(self, *, quietly: bool = False) -> None:
        """Look for devices again and open both. ``quietly``: report only devices that were missing."""
        self._close_all()
        try:
            if self._seen_before:
                self._cards.look(again=True)
            self._seen_before = True
        except DeviceError as error:
            self._fail(self._input, str(error))
            return
        self._open_input(quietly=quietly)
        self._open_output(quietly=quietly)

    def _change_output(self) -> None:
        """Open another speaker, or none; keep the microphone open if possible."""
        line = self._output
        if self._speaker and not self._is_known(line):
            self._open_all()
            return
        line.close()
        self._playback_buffer.opened(0, 0.0)
        self._open_output()

    def _is_known(self, line: SupervisedDevice) -> bool:
        """Whether a device can be opened without a new scan; the system's default may have changed."""
        try:
            return line.wanted is not None and bool(self._cards.look(again=False).find(line.way, line.wanted))
        except DeviceError:
            return False

    def _close_all(self) -> None:
        for line in (self._input, self._output):
            line.close()
        self._playback_buffer.opened(0, 0.0)

    def _open_input(self, *, quietly: bool) -> None:
        line = self._input
        stream_number = 0

        def open_(device: Device) -> Stream:
            return self._cards.open_input(
                device,
                lambda block, lost: self._capture_buffer.put(block, lost, stream_number) if stream_number else None,
            )

        opened = self._open(line, open_, quietly=quietly)
        if opened is not None:
            stream_number = self._capture_buffer.opened(opened.rate)

    def _open_output(self, *, quietly: bool = False) -> None:
        line = self._output
        if not self._speaker:
            line.state, line.fault = "open", ""
            return

        def open_(device: Device) -> Stream:
            return self._cards.open_output(device, self._playback_buffer.render)

        opened = self._open(line, open_, quietly=quietly)
        if opened is not None:
            self._playback_buffer.opened(opened.rate, opened.latency_s)

    def _open(self, line: SupervisedDevice, open_: Callable[[Device], Stream], *, quietly: bool) -> Stream | None:
        try:
            device = self._cards.look(again=False).find(line.way, line.wanted)
            stream = open_(device)
        except DeviceError as error:
            self._fail(line, str(error))
            return None
        news = line.missing or not quietly
        sentence = line.opened(device, stream)
        if news:
            self._tell(sentence)
        return stream

    def _fail(self, line: SupervisedDevice, sentence: str) -> None:
        """Note that a device is unavailable; report it once."""
        if line.state != "lost":
            if sentence != line.fault:
                self._tell(sentence)
            line.state, line.fault = "failed", sentence
        line.retry_s = time.monotonic() + RETRY_S

    def _check_input(self) -> None:
        line, now_s = self._input, time.monotonic()
        if line.stream is None:
            if now_s >= line.retry_s:
                self._open_all(quietly=True)
            return
        if not line.stream.alive:
            self._lose(line)
            return
        quiet = self._capture_buffer.quiet_s(now_s) >= NO_AUDIO_S
        if line.state == "silent":
            if self._capture_buffer.delivering and not quiet:
                line.state, line.fault = "open", ""
                self._tell(f"{line.name} delivers audio again, after {now_s - line.quiet_since_s:.1f} s of nothing")
            elif now_s >= line.retry_s:
                self._reopen_silent(line)
        elif quiet:
            line.state = "silent"
            line.fault = (
                f"no audio from the device: {line.name} is open and delivers nothing; "
                "is it switched on, and not muted by the system?"
            )
            line.quiet_since_s = now_s - self._capture_buffer.quiet_s(now_s)
            line.retry_s = now_s + REOPEN_S
            self._tell(line.fault)

    def _reopen_silent(self, line: SupervisedDevice) -> None:
        """Reopen a microphone that delivers nothing; report only a change."""
        fault = line.fault
        self._open_all(quietly=True)
        if line.stream is not None:
            line.state, line.fault = "silent", fault
            line.retry_s = time.monotonic() + REOPEN_S

    def _check_output(self) -> None:
        line = self._output
        if not self._speaker or self._input.stream is None:
            return
        if line.stream is None:
            if time.monotonic() >= line.retry_s:
                self._open_output()
        elif not line.stream.alive:
            self._playback_buffer.opened(0, 0.0)
            self._lose(line)
        elif self._playback_buffer.stuck():
            self._playback_buffer.opened(0, 0.0)
            self._lose(line, "takes no more sound")

    def _lose(self, line: SupervisedDevice, why: str = "is gone") -> None:
        name = line.name
        line.close()
        line.state = "lost"
        line.fault = f"{name} {why}; it is used again as soon as it is back"
        line.retry_s = time.monotonic() + RETRY_S
        self._tell(line.fault)
