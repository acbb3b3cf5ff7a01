"""Hosts for controllers in tests, without a screen or widgets. Answers are scripted; messages are recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any, TypeVar

from textual.message import Message

from tui.dialogs.dialog import Dialog
from tui.host import Job, Severity, Timing

T = TypeVar("T")
Answer = Callable[[Any], Any]
"""Looks at a dialog and returns its answer, or an awaitable."""


class ScriptedHost:
    """Runs work as tasks of the test, and answers each dialog with the next of ``answers``."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[Dialog[Any]] = []
        self.said: list[str] = []
        self.posted: list[Message] = []
        self._tasks: dict[str, asyncio.Task[Any]] = {}

    def start(self, work: Callable[[], Coroutine[None, None, Any]], group: str, *, exclusive: bool = False) -> None:
        assert exclusive
        self.stop(group)
        self._tasks[group] = asyncio.get_running_loop().create_task(work())

    def start_thread(self, work: Callable[[Job], None], group: str, *, exclusive: bool = False) -> None:
        raise NotImplementedError

    def stop(self, group: str) -> None:
        if group in self._tasks:
            self._tasks.pop(group).cancel()

    async def settle(self) -> None:
        """Wait until all work is done."""
        while running := [task for task in self._tasks.values() if not task.done()]:
            await asyncio.gather(*running)

    def after(self, seconds: float, call: Callable[[], object]) -> Timing:
        raise NotImplementedError

    def every(self, seconds: float, call: Callable[[], object]) -> Timing:
        raise NotImplementedError

    def tell(
        self,
        text: str,
        title: str = "",
        *,
        severity: Severity = "information",  # noqa: ARG002  (as every host)
        timeout: float | None = None,  # noqa: ARG002
    ) -> None:
        self.said.append(f"{title}: {text}")

    def post(self, message: Message) -> None:
        self.posted.append(message)

    async def ask(self, dialog: Dialog[T]) -> T | None:
        self.asked.append(dialog)
        answer = self.answers.pop(0)(dialog)
        given: T | None = await answer if isawaitable(answer) else answer
        return given

    def say(self, text: str, *, title: str) -> None:
        self.said.append(f"{title}: {text}")

    complain = say


@dataclass
class QuietTimer:
    """A timer that fires when a test lets time pass."""

    call: Callable[[], object]
    again: bool
    waits: bool = True

    def stop(self) -> None:
        self.waits = False

    pause = stop

    def resume(self) -> None:
        self.waits = True


@dataclass
class QuietJob:
    """A job without a thread. Its reports are delivered at once."""

    cancelled: bool = False

    def report(self, deliver: Callable[[], None], topic: Hashable = None) -> None:  # noqa: ARG002  as every job
        deliver()


@dataclass
class QuietHost:
    """Records a controller's messages in ``told``, as ``title: text``, and the requested work."""

    notices: list[str] = field(default_factory=list)
    jobs: list[Callable[[Job], None]] = field(default_factory=list)
    timers: list[QuietTimer] = field(default_factory=list)
    tasks: list[asyncio.Task[Any]] = field(default_factory=list)

    def start(self, work: Callable[[], Coroutine[None, None, Any]], group: str, *, exclusive: bool = False) -> None:  # noqa: ARG002
        self.tasks.append(asyncio.get_running_loop().create_task(work()))

    def start_thread(self, work: Callable[[Job], None], group: str, *, exclusive: bool = False) -> None:  # noqa: ARG002
        self.jobs.append(work)

    def after(self, seconds: float, call: Callable[[], object]) -> QuietTimer:  # noqa: ARG002
        self.timers.append(QuietTimer(call, again=False))
        return self.timers[-1]

    def every(self, seconds: float, call: Callable[[], object]) -> QuietTimer:  # noqa: ARG002
        self.timers.append(QuietTimer(call, again=True))
        return self.timers[-1]

    def tell(
        self,
        text: str,
        title: str = "",
        *,
        severity: Severity = "information",  # noqa: ARG002
        timeout: float | None = None,  # noqa: ARG002
    ) -> None:
        self.notices.append(f"{title}: {text}")

    # ---- for tests

    def run(self) -> None:
        """Run waiting thread work, and the work that it requests."""
        while self.jobs:
            self.jobs.pop(0)(QuietJob())

    def pass_time(self) -> None:
        """Let every timer fire."""
        for timer in [timer for timer in self.timers if timer.waits]:
            timer.waits = timer.again
            timer.call()

    async def finish(self) -> None:
        """Wait for all started work."""
        while self.tasks:
            await self.tasks.pop(0)


class Answers:
    """Answers questions by name in the given order, and records them."""

    def __init__(self, **answers: Any) -> None:
        self._answers = {
            name: list(given) if isinstance(given, list) else [given] for name, given in answers.items()
        }
        self.asked: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Callable[..., Coroutine[None, None, Any]]:
        async def answer(*question: Any, **more: Any) -> Any:
            self.asked.append((name, question, more))
            given = self._answers[name].pop(0)
            given = given(*question) if callable(given) else given
            return await given if asyncio.iscoroutine(given) else given

        return answer

    @property
    def names(self) -> list[str]:
        """The asked questions, by name."""
        return [name for name, _, _ in self.asked]
