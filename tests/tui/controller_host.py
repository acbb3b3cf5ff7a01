"""A host for controllers in tests: no screen, no widgets; answers are scripted, and what is said is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from inspect import isawaitable
from typing import Any, TypeVar

from textual.message import Message

from tui.dialogs.dialog import Dialog
from tui.host import Job, Severity, Timing

T = TypeVar("T")
Answer = Callable[[Any], Any]
"""Looks at a dialog and returns its answer, or what can be awaited for it."""


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
