"""Waits until the app has come to rest by looking at what it still has to do, instead of by watching the clock.

The pilot's own waiting naps for 20 ms and more after every key, and takes a process that uses little CPU for one at
rest: slow on a quiet machine, and wrong on a busy one. Here rest means that nothing is ready to run, that no timer
is due within a frame, and that no worker thread is busy.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from time import monotonic
from typing import Any, TypeVar

import anyio.to_thread
import pytest
import textual.app
import textual.pilot
from textual.app import App
from textual.pilot import Pilot

SOON_S = 0.02
"""A timer due sooner than this is waited for: more than the 1/60 s after which a screen is painted."""

CALM_TURNS = 3
"""How many turns of the event loop without anything to run make it calm."""

PATIENCE_S = 1.0
"""After this long of work without an end (a spinner, a thread that a test holds back) the test goes on."""

DEADLINE_S = 60.0
"""How long a test waits for what must come, on a busy machine."""

T = TypeVar("T")


async def until(pilot: Pilot[None], found: Callable[[], T | None], what: str = "it") -> T:
    """Wait until something is so, or there, and return it; workers may wait for answers of dialogs meanwhile."""
    end_s = monotonic() + DEADLINE_S
    while not (it := found()):
        assert monotonic() < end_s, f"{what} did not come about within {DEADLINE_S:g} s"
        await pilot.pause(0.01)
    return it


async def at_rest(min_sleep: float = 0, max_sleep: float = PATIENCE_S) -> None:
    """Wait until the app has nothing left to do, or for ``max_sleep`` seconds."""
    loop = asyncio.get_running_loop()
    end_s = monotonic() + max_sleep
    while monotonic() < end_s:
        await _calm(loop)
        due_s = min((timer.when() for timer in _timers(loop) if not timer.cancelled()), default=None)
        if due_s is not None and due_s - loop.time() < SOON_S:
            await asyncio.sleep(max(due_s - loop.time(), 0.0005))
        elif _threads_busy(loop):
            await asyncio.sleep(0.001)
        else:
            return


def keep_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every pilot wait by :func:`at_rest`."""

    async def wait_for_screen(_: Pilot[None]) -> bool:
        await at_rest()
        return True

    monkeypatch.setattr(textual.app, "wait_for_idle", at_rest)
    monkeypatch.setattr(textual.pilot, "wait_for_idle", at_rest)
    monkeypatch.setattr(Pilot, "_wait_for_screen", wait_for_screen)


def start_tasks_as_run_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tasks of ``App.run_test`` start eagerly where those of ``App.run`` do (Python 3.12 and newer)."""
    if sys.version_info >= (3, 12):
        run_test = App.run_test

        def run_test_eagerly(app: App[Any], **options: Any) -> AbstractAsyncContextManager[Pilot[Any]]:
            asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
            return run_test(app, **options)

        monkeypatch.setattr(App, "run_test", run_test_eagerly)


def mind_no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every pilot wait without the worker threads, where a test holds one of them to the end."""
    monkeypatch.setattr("tests.tui.pace._threads_busy", lambda _: False)


async def _calm(loop: asyncio.AbstractEventLoop) -> None:
    calm = 0
    while calm < CALM_TURNS:
        await asyncio.sleep(0)
        calm = 0 if loop._ready else calm + 1  # type: ignore[attr-defined]


def _timers(loop: asyncio.AbstractEventLoop) -> list[asyncio.TimerHandle]:
    timers: list[asyncio.TimerHandle] = loop._scheduled  # type: ignore[attr-defined]
    return timers


def _threads_busy(loop: asyncio.AbstractEventLoop) -> bool:
    pool = loop._default_executor  # type: ignore[attr-defined]
    if pool is not None and (pool._work_queue.qsize() or pool._idle_semaphore._value < len(pool._threads)):
        return True
    return anyio.to_thread.current_default_thread_limiter().borrowed_tokens > 0
