"""A dialog for choosing and trying devices, and for choosing the echo guard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from textual import work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from simulator.devices import DeviceError
from simulator.devices.portaudio import Device, Devices, Way
from simulator.session.settings import EchoGuard
from simulator.session.state import Snapshot
from tui.dialogs.dialog import Dialog
from tui.host import LOOKS_A_SECOND, Host
from tui.live.call import CallController
from tui.live.meters import LevelMeter
from tui.live.words import WHAT, device_words, guard_words
from tui.terminal_text import plain

LookForDevices = Callable[[], Devices]


class DeviceQuestions(Protocol):
    """The questions to the user about devices."""

    def choose_device(self, way: Way, calls: CallController, look: LookForDevices) -> None:
        """Offer the available devices, and try each one that is chosen."""

    async def pick(
        self, question: str, choices: Sequence[tuple[str, str]], current: str | None = None
    ) -> str | None:
        """Ask for one of several named items, each with a description."""

    async def ask_threshold(self, now_db: float) -> float | None:
        """Ask for the level in dBFS above which the microphone is heard over the agent."""


class DevicesController:
    """Chooses the devices of ``calls``.

    ``look`` finds devices; ``threshold_db`` returns the profile's echo threshold.
    """

    def __init__(
        self,
        host: Host,
        calls: CallController,
        questions: DeviceQuestions,
        *,
        look: LookForDevices,
        threshold_db: Callable[[], float],
    ) -> None:
        self._host, self._calls, self._questions, self._threshold_db = host, calls, questions, threshold_db
        self.look = look

    def choose(self, way: Way) -> None:
        """Choose a microphone or a speaker."""
        self._questions.choose_device(way, self._calls, self.look)

    def choose_echo_guard(self) -> None:
        """Ask for the echo guard."""
        self._host.start(self._choose_echo_guard, "echo", exclusive=True)

    async def _choose_echo_guard(self) -> None:
        chosen_db = self._calls.state.threshold_db
        threshold_db = self._threshold_db() if chosen_db is None else chosen_db
        choices = [(guard.value, guard_words(guard, threshold_db).partition(": ")[2]) for guard in EchoGuard]
        question = "What keeps the agent from hearing itself?"
        answer = await self._questions.pick(question, choices, self._calls.state.guard.value)
        if answer is None:
            return
        wanted_db = await self._questions.ask_threshold(threshold_db) if answer == EchoGuard.THRESHOLD else None
        if answer != EchoGuard.THRESHOLD or wanted_db is not None:
            self._calls.guard_echo(EchoGuard(answer), wanted_db)


def threshold_of(text: str) -> float:
    """Return a threshold in dBFS. Raises :class:`ValueError` with one sentence."""
    try:
        found = abs(float(text.replace("−", "-").replace(",", ".").lower().removesuffix("dbfs").strip()))
    except ValueError:
        raise ValueError("type a number of dB below full scale, such as 35") from None
    if not 0 < found <= 90:
        raise ValueError("the threshold must lie between 1 and 90 dB below full scale")
    return found


_HERE = Path(__file__).parent
SETTLED_LOOKS = 8
"""After so many looks, a chosen speaker is open, so that the tone comes from it."""

Use = Callable[[Way, str | None, bool], None]


class DeviceDialog(Dialog[None]):
    """Stays open to try several devices. ``use`` gets each choice."""

    CSS_PATH = [_HERE.parent / "dialogs" / "dialogs.tcss", _HERE / "live.tcss"]  # noqa: RUF012  (Textual's type)

    def __init__(
        self,
        way: Way,
        wanted: str | None,
        look: Callable[[], Devices],
        use: Use,
        snapshot: Callable[[], Snapshot],
        *,
        on: bool,
        tone: Callable[[], None],
    ) -> None:
        super().__init__(f"Which {WHAT[way]}?")
        self._way, self._wanted, self._on = way, wanted, on
        self._look, self._use, self._snapshot, self._tone = look, use, snapshot, tone
        self._choices: list[tuple[str | None, bool]] = []
        self._tone_in = 0
        self._none = ""
        tests = "a tone is played on it" if way == "output" else "speak: the meter must move"
        self.keys = f"enter takes it, and {tests} · esc closes"

    def compose_body(self) -> ComposeResult:
        """Lay out the devices and, below them, the signal of the current one."""
        yield OptionList(compact=True, id="devices")
        yield Static("Looking for devices…", id="device-said", markup=False)
        if self._way == "input":
            yield LevelMeter(id="device-level")

    def on_mount(self) -> None:
        """Find devices."""
        self.set_interval(1 / LOOKS_A_SECOND, self._follow)
        self._find()

    @work(group="devices", exclusive=True)
    async def _find(self) -> None:
        try:
            found = (await asyncio.to_thread(self._look)).of(self._way)
        except DeviceError as error:
            self._say(str(error))
            return
        default = next((device.name for device in found if device.default), "")
        self._offer(None, True, "system default", f"now {default}" if default else "")
        for device in found:
            self._offer(device.name, True, device.name, _about(device))
        if self._way == "output":
            self._offer(None, False, "no speaker", "the agent's words are only shown")
        options = self.query_one(OptionList)
        now = (self._wanted, self._on)
        options.highlighted = self._choices.index(now) if now in self._choices else 0
        self._say(
            "" if found else f"There is no {WHAT[self._way]} now; plug one in: the default is used as it comes."
        )

    def _offer(self, name: str | None, on: bool, shown: str, about: str) -> None:
        self._choices.append((name, on))
        prompt = Content.assemble((f"{plain(shown):<34} ", ""), (plain(about), "$text-muted"))
        self.query_one(OptionList).add_option(Option(prompt))

    def _say(self, text: str) -> None:
        self.query_one("#device-said", Static).update(plain(text))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Switch to a device and try it."""
        name, on = self._choices[event.option_index]
        self._use(self._way, name, on)
        self._tone_in = SETTLED_LOOKS if self._way == "output" and on else 0

    def _follow(self) -> None:
        shown = self._snapshot()
        in_force = shown.input if self._way == "input" else shown.output
        if self._way == "input":
            self.query_one(LevelMeter).level = shown.level if in_force else None
        if self._choices:
            wrong = shown.standing or self._none
            self._say(f"In use: {device_words(in_force)}{f' · {wrong}' if wrong else ''}")
        if self._tone_in:
            self._tone_in -= 1
            if not self._tone_in and in_force is not None:
                self._tone()


def _about(device: Device) -> str:
    channels = "mono" if device.channels == 1 else f"{device.channels} channels"
    return f"{device.host}, {device.rate / 1000:g} kHz, {channels}"
