"""Choosing devices for a call, and what keeps the agent from hearing itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from simulator.devices.listing import Devices, Way
from simulator.session.settings import EchoGuard
from tui.host import Host
from tui.live.call import CallController
from tui.live.words import guard_words

LookForDevices = Callable[[], Devices]


class DeviceQuestions(Protocol):
    """What a person is asked about devices."""

    def choose_device(self, way: Way, calls: CallController, look: LookForDevices) -> None:
        """Offer the devices there are, and try each that is chosen."""

    async def pick(
        self, question: str, choices: Sequence[tuple[str, str]], current: str | None = None
    ) -> str | None:
        """Ask for one of several named things, each with a line about it."""


class DevicesController:
    """Chooses what ``calls`` uses; ``look`` finds devices, ``threshold_db`` gives the profile's echo threshold."""

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
        """Ask what keeps the agent from hearing itself."""
        self._host.start(self._choose_echo_guard, "echo", exclusive=True)

    async def _choose_echo_guard(self) -> None:
        threshold_db = self._threshold_db()
        choices = [(guard.value, guard_words(guard, threshold_db).partition(": ")[2]) for guard in EchoGuard]
        question = "What keeps the agent from hearing itself?"
        answer = await self._questions.pick(question, choices, self._calls.state.guard.value)
        if answer is not None:
            self._calls.guard_echo(EchoGuard(answer))
