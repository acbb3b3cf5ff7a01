"""What a controller asks of the screen that holds it: to run work, to wait, and to say something.

A controller owns one piece of a screen's state and knows no widget, so a test gives it another host and needs no
screen. :class:`ScreenHost` is a screen in that role.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Literal, Protocol

from textual.message import Message
from textual.screen import Screen
from textual.worker import Worker, get_current_worker

from tui.terminal_text import plain

Severity = Literal["information", "warning", "error"]


class Timing(Protocol):
    """Something that is called later, once or again and again."""

    def stop(self) -> None:
        """Call it no more."""

    def pause(self) -> None:
        """Call it no more until :meth:`resume`."""

    def resume(self) -> None:
        """Call it again."""


class Job(Protocol):
    """A piece of work in a thread, as that work sees itself."""

    @property
    def cancelled(self) -> bool:
        """Whether nobody waits for it any more."""

    def report(self, deliver: Callable[[], None], topic: Hashable = None) -> None:
        """Have ``deliver`` called where the state lives, outside the thread.

        Of several reports on one ``topic`` that wait to be delivered, only the newest is.
        """


class Host(Protocol):
    """What a controller may ask for."""

    def start(self, work: Callable[[], Coroutine[None, None, Any]], group: str, *, exclusive: bool = False) -> None:
        """Run a coroutine beside everything else; ``exclusive`` ends others of its group."""

    def start_thread(self, work: Callable[[Job], None], group: str, *, exclusive: bool = False) -> None:
        """Run ``work`` in a thread."""

    def after(self, seconds: float, call: Callable[[], object]) -> Timing:
        """Call something once, after some time."""

    def every(self, seconds: float, call: Callable[[], object]) -> Timing:
        """Call something again and again."""

    def tell(
        self, text: str, title: str = "", *, severity: Severity = "information", timeout: float | None = None
    ) -> None:
        """Say something to the person, for ``timeout`` seconds or the usual time."""


class Report(Message, bubble=False):
    """What a thread has to say; the screen delivers it."""

    def __init__(self, deliver: Callable[[], None], topic: Hashable) -> None:
        super().__init__()
        self.deliver = deliver
        self.topic = topic

    def can_replace(self, message: Message) -> bool:
        """Let the newest of several reports on a topic count."""
        return isinstance(message, Report) and message.topic == self.topic is not None


class _WorkerJob:
    """A Textual worker as a :class:`Job`."""

    def __init__(self, screen: Screen[Any], worker: Worker[Any]) -> None:
        self._screen = screen
        self._worker = worker

    @property
    def cancelled(self) -> bool:
        return self._worker.is_cancelled

    def report(self, deliver: Callable[[], None], topic: Hashable = None) -> None:
        self._screen.post_message(Report(deliver, topic))


class ScreenHost:
    """A screen that holds controllers; it delivers each :class:`Report`, as every ``Place`` does."""

    def __init__(self, screen: Screen[Any]) -> None:
        self._screen = screen

    def start(self, work: Callable[[], Coroutine[None, None, Any]], group: str, *, exclusive: bool = False) -> None:
        """Run a coroutine as a worker of the screen."""
        self._screen.run_worker(work, group=group, exclusive=exclusive)

    def start_thread(self, work: Callable[[Job], None], group: str, *, exclusive: bool = False) -> None:
        """Run a function as a worker of the screen; it is cancelled with the screen."""

        def run() -> None:
            work(_WorkerJob(self._screen, get_current_worker()))

        self._screen.run_worker(run, group=group, description=group, exclusive=exclusive, thread=True)

    def after(self, seconds: float, call: Callable[[], object]) -> Timing:
        """Set a timer."""
        return self._screen.set_timer(seconds, call)

    def every(self, seconds: float, call: Callable[[], object]) -> Timing:
        """Set a timer that goes on."""
        return self._screen.set_interval(seconds, call)

    def tell(
        self, text: str, title: str = "", *, severity: Severity = "information", timeout: float | None = None
    ) -> None:
        """Show a notice; nothing in it is taken for markup."""
        self._screen.notify(plain(text), title=plain(title), severity=severity, timeout=timeout, markup=False)
