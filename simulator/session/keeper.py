"""Keeps a session's devices open: opens them, notices when they fail, finds them again by name."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from simulator.devices.errors import DeviceError
from simulator.devices.listing import Device, Way
from simulator.devices.streams import Stream
from simulator.session.cards import SoundCards
from simulator.session.inlet import Inlet
from simulator.session.outlet import Outlet
from simulator.session.state import DeviceInForce

NO_AUDIO_S = 1.0
"""A microphone that delivers nothing for this long is said to."""

REOPEN_S = 4.0
"""One that goes on delivering nothing is opened anew: some systems drop a stream without a word."""

RETRY_S = 1.0
_TICK_S = 0.1

State = Literal["starting", "open", "silent", "lost", "failed"]


@dataclass(slots=True)
class _Line:
    """One of the two devices: which is wanted, and what became of it."""

    way: Way
    wanted: str | None
    state: State = "starting"
    fault: str = ""
    stream: Stream | None = None
    in_force: DeviceInForce | None = None
    retry_s: float = 0.0

    def close(self) -> None:
        stream, self.stream, self.in_force = self.stream, None, None
        if stream is not None:
            stream.close()


class Keeper:
    """Owns both streams and a thread that does all that may block. ``tell`` takes a sentence about a device.

    A microphone that is gone is looked for every second, for which the speaker is closed a moment too. A speaker
    that is gone is tried again without looking for new devices, because that would break into what the microphone
    hears; it is looked for anew when one is chosen, or when the microphone is opened anew.
    """

    def __init__(
        self,
        cards: SoundCards,
        inlet: Inlet,
        outlet: Outlet,
        tell: Callable[[str], None],
        *,
        input: str | None,
        output: str | None,
        speaker: bool,
    ) -> None:
        self._cards = cards
        self._inlet = inlet
        self._outlet = outlet
        self._tell = tell
        self._input = _Line("input", input)
        self._output = _Line("output", output)
        self._speaker = speaker
        self._changed = threading.Condition()
        self._anew = True
        self._ending = False
        self._seen_before = False
        self._thread = threading.Thread(target=self._keep, name="turnlab devices", daemon=True)

    def start(self) -> None:
        """Begin; the devices are opened by the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Close both devices and end the thread; a sound system that hangs is left behind after 5 s."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join(5.0)

    def use_input(self, name: str | None) -> None:
        """Have another microphone."""
        with self._changed:
            self._input.wanted, self._anew = name, True
            self._changed.notify()

    def use_output(self, name: str | None, *, speaker: bool) -> None:
        """Have another speaker, or none."""
        with self._changed:
            self._output.wanted, self._speaker, self._anew = name, speaker, True
            self._changed.notify()

    @property
    def state(self) -> State:
        """How it stands with the microphone."""
        return self._input.state

    @property
    def standing(self) -> str:
        """What is wrong now, in a sentence, the microphone first; "" if nothing is."""
        return self._input.fault or self._output.fault

    @property
    def input(self) -> DeviceInForce | None:
        """The microphone as it was opened."""
        return self._input.in_force

    @property
    def output(self) -> DeviceInForce | None:
        """The speaker as it was opened."""
        return self._output.in_force

    # ---- the thread

    def _keep(self) -> None:
        while True:
            with self._changed:
                if not self._ending and not self._anew:
                    self._changed.wait(_TICK_S)
                if self._ending:
                    break
                anew, self._anew = self._anew, False
            if anew:
                self._open_all()
            else:
                self._look_after_input()
                self._look_after_output()
        self._close_all()

    def _open_all(self) -> None:
        """Look for devices anew and open both."""
        self._close_all()
        try:
            if self._seen_before:
                self._cards.look(again=True)
            self._seen_before = True
        except DeviceError as error:
            self._fail(self._input, str(error))
            return
        self._open_input()
        self._open_output()

    def _close_all(self) -> None:
        for line in (self._input, self._output):
            line.close()
        self._outlet.opened(0, 0.0)

    def _open_input(self) -> None:
        line = self._input
        stream_number = 0

        def open_(device: Device) -> Stream:
            return self._cards.open_input(
                device, lambda block, lost: self._inlet.put(block, lost, stream_number) if stream_number else None
            )

        opened = self._open(line, open_)
        if opened is not None:
            stream_number = self._inlet.opened(opened.rate)

    def _open_output(self) -> None:
        line = self._output
        if not self._speaker:
            line.state, line.fault = "open", ""
            return
        opened = self._open(line, lambda device: self._cards.open_output(device, self._outlet.render))
        if opened is not None:
            self._outlet.opened(opened.rate, opened.latency_s)

    def _open(self, line: _Line, open_: Callable[[Device], Stream]) -> Stream | None:
        try:
            device = self._cards.look(again=False).find(line.way, line.wanted)
            stream = open_(device)
        except DeviceError as error:
            self._fail(line, str(error))
            return None
        line.stream = stream
        line.in_force = _in_force(line.way, device, stream)
        back = line.state in ("lost", "failed")
        line.state, line.fault = "open", ""
        what = _WORDS[line.way]
        self._tell(f"{what} {device.name}{', back again' if back else ''}{_note(line.in_force)}")
        return stream

    def _fail(self, line: _Line, sentence: str) -> None:
        """Note that a device cannot be had; say so once."""
        if line.state != "lost":
            if sentence != line.fault:
                self._tell(sentence)
            line.state, line.fault = "failed", sentence
        line.retry_s = time.monotonic() + RETRY_S

    def _look_after_input(self) -> None:
        line, now_s = self._input, time.monotonic()
        if line.stream is None:
            if now_s >= line.retry_s:
                self._open_all()
            return
        if not line.stream.alive:
            self._lose(line)
            return
        quiet = self._inlet.quiet_s(now_s) >= NO_AUDIO_S
        if line.state == "silent":
            if self._inlet.delivering and not quiet:
                line.state, line.fault = "open", ""
                self._tell(f"{_name(line)} delivers audio again")
            elif now_s >= line.retry_s:
                self._reopen_silent(line)
        elif quiet:
            line.state = "silent"
            line.fault = (
                f"no audio from the device: {_name(line)} is open and delivers nothing; "
                "is it switched on, and not muted by the system?"
            )
            line.retry_s = now_s + REOPEN_S
            self._tell(line.fault)

    def _reopen_silent(self, line: _Line) -> None:
        """Open a microphone anew that delivers nothing, without a word unless that changes something."""
        fault = line.fault
        line.close()
        self._open_all_quietly()
        if line.stream is not None:
            line.state, line.fault = "silent", fault
        line.retry_s = time.monotonic() + REOPEN_S

    def _open_all_quietly(self) -> None:
        tell, self._tell = self._tell, lambda _sentence: None
        try:
            self._open_all()
        finally:
            self._tell = tell

    def _look_after_output(self) -> None:
        line = self._output
        if not self._speaker or self._input.stream is None:
            return
        if line.stream is None:
            if time.monotonic() >= line.retry_s:
                self._open_output()
        elif not line.stream.alive:
            self._outlet.opened(0, 0.0)
            self._lose(line)

    def _lose(self, line: _Line) -> None:
        name = _name(line)
        line.close()
        line.state = "lost"
        line.fault = f"{name} is gone; it is used again as soon as it is back"
        line.retry_s = time.monotonic() + RETRY_S
        self._tell(line.fault)


_WORDS = {"input": "microphone", "output": "speaker"}


def _name(line: _Line) -> str:
    return f"the {_WORDS[line.way]} {line.in_force.name if line.in_force else line.wanted or ''}".rstrip()


def _in_force(way: Way, device: Device, stream: Stream) -> DeviceInForce:
    notes = []
    if stream.rate != 16_000:
        notes.append(f"resampled, it runs at {stream.rate / 1000:g} kHz")
    if way == "input" and stream.channels > 1:
        notes.append(f"its {stream.channels} channels are mixed")
    latency_ms = round(1000 * stream.latency_s, 1)
    return DeviceInForce(device.name, stream.rate, stream.channels, latency_ms, ", ".join(notes))


def _note(device: DeviceInForce) -> str:
    return f" ({device.note})" if device.note else ""
