"""What a screen does for its controllers: running work, timers, and notices.

A controller owns one piece of a screen's state and knows no widget. A test can give it another host and needs no
screen. :class:`ScreenHost` is a screen in this role.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Hashable
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, runtime_checkable

from textual.message import Message
from textual.notifications import Notification, SeverityLevel
from textual.screen import Screen
from textual.worker import Worker, get_current_worker

from tui.terminal_text import screen_text

if TYPE_CHECKING:
    from tui.dialogs.dialog import Dialog

T = TypeVar("T")
SECONDS_TO_READ = 12
"""How many seconds a notice with a result stays on screen."""

Severity = Literal["information", "warning", "error"]


class Timing(Protocol):
    """A timer: a call that happens later, once or repeatedly."""

    def stop(self) -> None:
        """Cancel the timer."""

    def pause(self) -> None:
        """Pause the timer until :meth:`resume`."""

    def resume(self) -> None:
        """Resume the timer."""


LOOKS_A_SECOND = 15
"""How often per second a running call or a playhead is read."""


class Looking:
    """Calls ``look`` repeatedly while there is something to see."""

    def __init__(self, host: Host, look: Callable[[], object]) -> None:
        self._host, self._look = host, look
        self._timing: Timing | None = None

    def begin(self) -> None:
        """Call ``look`` now, and repeatedly until :meth:`rest`."""
        if self._timing is None:
            self._timing = self._host.every(1 / LOOKS_A_SECOND, self._look)
        self._timing.resume()
        self._look()

    def rest(self) -> None:
        """Stop until :meth:`begin`."""
        if self._timing is not None:
            self._timing.pause()


class LeftError(Exception):
    """The user left the screen while a thread worked for it. The result is not needed."""


class Job(Protocol):
    """Work in a thread, as that work sees itself."""

    @property
    def cancelled(self) -> bool:
        """Whether the result is no longer needed."""

    def report(self, deliver: Callable[[], None], topic: Hashable = None) -> None:
        """Call ``deliver`` on the app's thread.

        Of several waiting reports on one ``topic``, only the newest is delivered.
        """


class Host(Protocol):
    """The services of a screen that a controller may use."""

    def start(self, work: Callable[[], Coroutine[None, None, Any]], group: str, *, exclusive: bool = False) -> None:
        """Run a coroutine in the background. ``exclusive`` cancels others in its group."""

    def start_thread(self, work: Callable[[Job], None], group: str, *, exclusive: bool = False) -> None:
        """Run ``work`` in a thread."""

    def after(self, seconds: float, call: Callable[[], object]) -> Timing:
        """Call a function once after a delay."""

    def every(self, seconds: float, call: Callable[[], object]) -> Timing:
        """Call a function repeatedly."""

    def tell(
        self, text: str, title: str = "", *, severity: Severity = "information", timeout: float | None = None
    ) -> None:
        """Show the user a notice, for ``timeout`` seconds or the usual time."""


class AskingHost(Host, Protocol):
    """The services of a controller that asks the user questions."""

    def stop(self, group: str) -> None:
        """Cancel the work of a group."""

    def post(self, message: Message) -> None:
        """Post a message from the screen."""

    async def ask(self, dialog: Dialog[T]) -> T | None:
        """Show a dialog and return its answer. ``None`` if the user closed it, or if it could not be shown."""

    def say(self, text: str, *, title: str) -> None:
        """Show a result long enough to act on it. Line breaks stay."""

    def complain(self, text: str, *, title: str) -> None:
        """Show a failure long enough to act on it."""


class Report(Message, bubble=False):
    """A thread's report, which the screen delivers."""

    def __init__(self, deliver: Callable[[], None], topic: Hashable) -> None:
        super().__init__()
        self.deliver = deliver
        self.topic = topic

    def can_replace(self, message: Message) -> bool:
        """Keep only the newest report on a topic."""
        return isinstance(message, Report) and message.topic == self.topic is not None


class ScreenNotice(Notification):
    """A notice that disappears with its screen."""

    def __init__(
        self,
        message: str,
        title: str,
        severity: SeverityLevel,
        timeout: float,
        markup: bool,
        *,
        screen: Screen[Any],
    ) -> None:
        super().__init__(message, title, severity, timeout, markup)
        self.screen = screen


@runtime_checkable
class DroppingNotices(Protocol):
    """An app that can remove the notices of one screen."""

    def drop_notices(self, of: Screen[Any]) -> None:
        """Remove the notices of a screen."""


def drop_notices(of: Screen[Any]) -> None:
    """Remove the notices of a screen. Those of other screens and of the app stay."""
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
    """A screen with controllers. It delivers each :class:`Report`, as every ``Place`` does."""

    def __init__(self, screen: Screen[Any]) -> None:
        self._screen = screen

    def start(self, work: Callable[[], Coroutine[None, None, Any]], group: str, *, exclusive: bool = False) -> None:
        """Run a coroutine as a worker of the screen."""

        async def awaited() -> Any:
            return await work()

        run: Callable[[], Coroutine[None, None, Any]] = awaited  # which may be a lambda, unlike a worker's
        self._screen.run_worker(run, group=group, exclusive=exclusive)

    def start_alone(self, work: Callable[[], Coroutine[None, None, Any]], group: str, busy: str) -> None:
        """Run a coroutine unless one of its group is running. In that case, show ``busy``.

        Cancelling one that sends a change would leave its outcome unreported.
        """
        if any(worker.group == group and worker.is_running for worker in self._screen.workers):
            self.tell(busy, "Not now", severity="warning")
        else:
            self.start(work, group)

    def start_thread(self, work: Callable[[Job], None], group: str, *, exclusive: bool = False) -> None:
        """Run a function as a worker of the screen. It is cancelled with the screen."""

        def run() -> None:
            work(_WorkerJob(self._screen, get_current_worker()))

        self._screen.run_worker(run, group=group, description=group, exclusive=exclusive, thread=True)

    def after(self, seconds: float, call: Callable[[], object]) -> Timing:
        """Start a timer."""
        return self._screen.set_timer(seconds, call)

    def every(self, seconds: float, call: Callable[[], object]) -> Timing:
        """Start a repeating timer."""
        return self._screen.set_interval(seconds, call)

    def tell(
        self, text: str, title: str = "", *, severity: Severity = "information", timeout: float | None = None
    ) -> None:
        """Show a notice. Its text is not markup."""
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
    """Return whether a dialog may open over a screen. If another screen was opened meanwhile, say so."""
    if screen.app.screen is screen:
        drop_notices(screen)  # they would cover the dialog
        return True
    ScreenHost(screen).complain("Something else was opened meanwhile. Ask again.", title="Nothing done")
    return False


async def ask_over(screen: Screen[Any], dialog: Screen[T]) -> T | None:
    """Show a dialog over a screen and return its answer. ``None`` if another screen was opened meanwhile."""
    if not getattr(dialog, "comes_late", False) and not in_view(screen):
        return None
    return await screen.app.push_screen_wait(dialog)
