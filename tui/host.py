"""The services of a screen for its controllers: running work, timers, and notices.

A controller owns one piece of a screen's state and knows no widget, so a test can give it another host and needs no
screen. :class:`ScreenHost` is a screen in that role.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, runtime_checkable

from textual.message import Message
from textual.notifications import Notification
from textual.screen import Screen
from textual.worker import Worker, get_current_worker

from tui.terminal_text import screen_text

if TYPE_CHECKING:
    from tui.dialogs.dialog import Dialog

T = TypeVar("T")
SECONDS_TO_READ = 12
"""Seconds for which a notice with a result stays on screen."""

Severity = Literal["information", "warning", "error"]


class Timing(Protocol):
    """A timer: a call that happens later, once or repeatedly."""

    def stop(self) -> None:
        """Call it no more."""

    def pause(self) -> None:
        """Call it no more until :meth:`resume`."""

    def resume(self) -> None:
        """Call it again."""


LOOKS_A_SECOND = 15
"""The interval at which a running call or a playhead is read."""


class Looking:
    """Calls ``look`` repeatedly while there is something to see."""

    def __init__(self, host: Host, look: Callable[[], object]) -> None:
        self._host, self._look = host, look
        self._timing: Timing | None = None

    def begin(self) -> None:
        """Look now, and go on until :meth:`rest`."""
        if self._timing is None:
            self._timing = self._host.every(1 / LOOKS_A_SECOND, self._look)
        self._timing.resume()
        self._look()

    def rest(self) -> None:
        """Look no more until :meth:`begin`."""
        if self._timing is not None:
            self._timing.pause()


class Job(Protocol):
    """A piece of work in a thread, as that work sees itself."""

    @property
    def cancelled(self) -> bool:
        """Whether its result is no longer wanted."""

    def report(self, deliver: Callable[[], None], topic: Hashable = None) -> None:
        """Call ``deliver`` on the app's thread. Of several waiting reports on one ``topic``, only the newest is
        delivered.
        """


class Host(Protocol):
    """The services that a controller may use."""

    def start(self, work: Callable[[], Coroutine[None, None, Any]], group: str, *, exclusive: bool = False) -> None:
        """Run a coroutine in the background; ``exclusive`` ends others of its group."""

    def start_thread(self, work: Callable[[Job], None], group: str, *, exclusive: bool = False) -> None:
        """Run ``work`` in a thread."""

    def after(self, seconds: float, call: Callable[[], object]) -> Timing:
        """Call something once, after some time."""

    def every(self, seconds: float, call: Callable[[], object]) -> Timing:
        """Call something again and again."""

    def tell(
        self, text: str, title: str = "", *, severity: Severity = "information", timeout: float | None = None
    ) -> None:
        """Show the user a notice, for ``timeout`` seconds or the usual time."""


class AskingHost(Host, Protocol):
    """The services of a controller that asks the user questions."""

    def stop(self, group: str) -> None:
        """End what runs in a group."""

    def post(self, message: Message) -> None:
        """Tell the screen, and what it is part of, what happened."""

    async def ask(self, dialog: Dialog[T]) -> T | None:
        """Show a dialog and return its answer; ``None`` if it was left, or could not be shown."""

    def say(self, text: str, *, title: str) -> None:
        """Show a result, long enough to act on it; line breaks stay."""

    def complain(self, text: str, *, title: str) -> None:
        """Show a failure, long enough to act on it."""


class Report(Message, bubble=False):
    """A thread's report, which the screen delivers."""

    def __init__(self, deliver: Callable[[], None], topic: Hashable) -> None:
        super().__init__()
        self.deliver = deliver
        self.topic = topic

    def can_replace(self, message: Message) -> bool:
        """Let the newest of several reports on a topic count."""
        return isinstance(message, Report) and message.topic == self.topic is not None


@dataclass(kw_only=True)
class ScreenNotice(Notification):
    """A notice that leaves with the screen that shows it."""

    screen: Screen[Any]


@runtime_checkable
class DroppingNotices(Protocol):
    """An app that can show the notices of one screen no more."""

    def drop_notices(self, of: Screen[Any]) -> None:
        """Show the notices of a screen no more."""


def drop_notices(of: Screen[Any]) -> None:
    """Show the notices of a screen no more; those of other screens, and of the app, stay."""
    if isinstance(of.app, DroppingNotices):
        of.app.drop_notices(of)


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

        async def awaited() -> Any:
            return await work()

        run: Callable[[], Coroutine[None, None, Any]] = awaited  # which may be a lambda; a worker's may not
        self._screen.run_worker(run, group=group, exclusive=exclusive)

    def start_alone(self, work: Callable[[], Coroutine[None, None, Any]], group: str, busy: str) -> None:
        """Run a coroutine unless one of its group runs: then say that it is busy.

        Ending one that sends a change would leave its outcome unreported.
        """
        if any(worker.group == group and worker.is_running for worker in self._screen.workers):
            self.tell(busy, "Not now", severity="warning")
        else:
            self.start(work, group)

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
        self._screen.notify(
            screen_text(text), title=screen_text(title), severity=severity, timeout=timeout, markup=False
        )

    def stop(self, group: str) -> None:
        """Cancel the workers of a group."""
        self._screen.workers.cancel_group(self._screen, group)

    def post(self, message: Message) -> None:
        """Post a message from the screen."""
        self._screen.post_message(message)

    async def ask(self, dialog: Dialog[T]) -> T | None:
        """Show a dialog over the screen."""
        return await ask_over(self._screen, dialog)

    def say(self, text: str, *, title: str) -> None:
        """Show a notice."""
        shown = screen_text(text, lines=True)
        self._screen.notify(shown, title=screen_text(title), timeout=SECONDS_TO_READ, markup=False)

    def complain(self, text: str, *, title: str) -> None:
        """Show a notice of a failure."""
        self.tell(text, title, severity="error", timeout=SECONDS_TO_READ)


def in_view(screen: Screen[Any]) -> bool:
    """Tell whether a dialog may open over a screen; say so if something else was opened meanwhile."""
    if screen.app.screen is screen:
        drop_notices(screen)  # they no longer stand in the way
        return True
    ScreenHost(screen).complain("Something else was opened meanwhile. Ask again.", title="Nothing done")
    return False


async def ask_over(screen: Screen[Any], dialog: Screen[T]) -> T | None:
    """Show a dialog over a screen and return its answer; ``None`` where something else was opened meanwhile."""
    if not getattr(dialog, "comes_late", False) and not in_view(screen):
        return None
    return await screen.app.push_screen_wait(dialog)
