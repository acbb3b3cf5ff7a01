"""The one wait for all pilots: until the app's event loop is at rest, without a clock.

An event loop that has nothing to run asks its selector to wait until the next timer is due. :class:`RestingLoop`
looks at that. Textual 8.2.8 has no public way to replace a pilot's wait or to skip frames, so :func:`keep_pace`
replaces four of its functions for the length of a test:

- ``wait_for_idle``, under both names by which Textual imports it. It sleeps at least 20 ms, twice for every key,
  and takes low CPU use for rest: slow on a quiet machine, wrong on a busy one.
- ``Pilot._wait_for_screen``. It sends a message to every widget of the screen and waits for all of them. A loop at
  rest has handled what was sent; the messages alone would take a quarter more CPU time.
- ``Compositor.render_update``. Frames that no test looks at are not painted, which saves a third of the time.
- ``App.run_test``. The wait needs the app that runs, and the last frame is painted before the app ends.

It also replaces ``asyncio.events.new_event_loop``: pytest-asyncio's hook for loops does not reach ``snap_compare``.
"""

from __future__ import annotations

import asyncio
import selectors
import sys
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from contextvars import Context, copy_context
from time import monotonic
from typing import Any, TypeVar, TypeVarTuple

import anyio.to_thread
import pytest
import textual.app
import textual.pilot
from rich.console import RenderableType
from textual._compositor import Compositor
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

SOON_S = 0.02
"""A timer due sooner than this is awaited: more than the 1/60 s after which a screen is painted."""

DEADLINE_S = 120.0
"""The longest wait of a test on a busy machine."""

_painted: set[type] = set()
"""The kinds of screen that this process has painted at rest."""

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


async def until(pilot: Pilot[None], found: Callable[[], T | None], what: str = "it") -> T:
    """Wait until a condition holds or a value exists, and return it. Workers may wait for dialogs meanwhile."""
    end_s = monotonic() + DEADLINE_S
    while not (it := found()):
        assert monotonic() < end_s, f"{what} did not come about within {DEADLINE_S:g} s"
        await pilot.pause(0.01)
    return it


class RestSelector(selectors.DefaultSelector):
    """Notifies waiters when the loop would sleep longer than a frame and no thread works for it."""

    def __init__(self) -> None:
        super().__init__()
        self.threads = 0
        """The number of threads that work for the loop."""
        self.threads_matter = True
        self.waiting: list[asyncio.Future[None]] = []

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return the events. The loop polls while it has something to run."""
        if not self.waiting or (timeout is not None and timeout < SOON_S):
            return super().select(timeout)
        if ready := super().select(0):
            return ready
        if self.threads_matter and self.threads:
            return super().select(timeout)
        for one in self.waiting:
            if not one.done():
                one.set_result(None)
        self.waiting.clear()
        return []


class RestingLoop(asyncio.SelectorEventLoop):
    """An event loop that reports when it is at rest."""

    def __init__(self) -> None:
        self.selector = RestSelector()
        super().__init__(self.selector)
        self._threads = ThreadPoolExecutor()
        self.set_default_executor(self._threads)

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        """Count a thread as working until the loop has its result."""
        if executor is not None:
            return super().run_in_executor(executor, func, *args)
        work = self._threads.submit(func, *args)
        known = asyncio.wrap_future(work, loop=self)
        self.selector.threads += 1
        # Callbacks run in the order of their addition: first the one that notifies the loop.
        work.add_done_callback(self._thread_ended)
        return known

    def _thread_ended(self, _: Future[Any]) -> None:
        with suppress(RuntimeError):  # the loop was already closed
            self.call_soon_threadsafe(self._count_ended)

    def _count_ended(self) -> None:
        self.selector.threads -= 1

    async def rest(self, over: Callable[[], bool]) -> None:
        """Wait until nothing is ready to run, no timer is due within a frame, and no thread works.

        A finished app may leave a timer that repaints what is gone. It is not awaited once the app is ``over``.
        """
        future = self.create_future()
        self.selector.waiting.append(future)
        end_s = monotonic() + DEADLINE_S
        while not future.done() and not over():
            assert monotonic() < end_s, f"the app did not come to rest within {DEADLINE_S:g} s"
            await asyncio.wait([future], timeout=_OVER_S)


_OVER_S = 0.25
"""How often a wait checks whether its app has ended."""


def keep_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run every app in a :class:`RestingLoop`, and make every pilot wait for its rest.

    A screen is painted when one of its kind first rests in this process, when a picture is taken, and when the test
    is finished with the app.
    """
    paint, run_test = Compositor.render_update, App.run_test
    unpainted: dict[Compositor, tuple[Context, list[Screen[Any]] | None]] = {}

    def paint_at_rest(
        compositor: Compositor,
        full: bool = False,
        screen_stack: list[Screen[Any]] | None = None,
        simplify: bool = False,
    ) -> RenderableType | None:
        if full:  # a picture
            return paint(compositor, full, screen_stack, simplify)
        unpainted[compositor] = (copy_context(), screen_stack)
        return None

    apps: list[App[Any]] = []

    def is_left() -> bool:
        return bool(apps) and not apps[-1].is_running

    async def at_rest(min_sleep: float = 0, max_sleep: float = 0, again: bool = False) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, RestingLoop)
        await loop.rest(is_left)
        while loop.selector.threads_matter and anyio.to_thread.current_default_thread_limiter().borrowed_tokens:
            await asyncio.sleep(0.001)
            await loop.rest(is_left)
        for compositor in [one for one in unpainted if again or type(one.root) not in _painted]:
            context, stack = unpainted.pop(compositor)
            context.run(paint, compositor, screen_stack=stack)
            _painted.add(type(compositor.root))

    async def wait_for_screen(_: Pilot[None]) -> bool:
        await at_rest()
        return True

    @asynccontextmanager
    async def run_and_paint(app: App[Any], **options: Any) -> AsyncIterator[Pilot[Any]]:
        if sys.version_info >= (3, 12):  # as App.run does
            asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        async with run_test(app, **options) as pilot:
            apps.append(app)
            try:
                yield pilot
                await at_rest(again=True)
            finally:
                apps.remove(app)

    monkeypatch.setattr(asyncio.events, "new_event_loop", RestingLoop)
    monkeypatch.setattr(textual.app, "wait_for_idle", at_rest)
    monkeypatch.setattr(textual.pilot, "wait_for_idle", at_rest)
    monkeypatch.setattr(Pilot, "_wait_for_screen", wait_for_screen)
    monkeypatch.setattr(Compositor, "render_update", paint_at_rest)
    monkeypatch.setattr(App, "run_test", run_and_paint)


def mind_no_threads() -> None:
    """Make the running app's pilot wait without its threads, if a test does not need their results."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, RestingLoop)
    loop.selector.threads_matter = False
