"""Worker processes on this machine."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import sys
import tempfile
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, redirect_stderr, suppress
from functools import partial
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from base.os_errors import os_error_text
from base.unexpected import install
from simulator.errors import WorkersError
from simulator.executors.shared import Shared, pass_on

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")

_MOST_DEATHS = 3
"""Workers that may die during one task before the task counts as the cause."""


class _Task:
    def __init__(self, call: Callable[[], Any]) -> None:
        self.call = call
        self.future: Future[Any] = Future()
        self.deaths = 0


class Processes(Executor):
    """Worker processes that end with this one. If one dies, another runs its task.

    A separate thread hands out a few tasks at a time. When a process dies, all tasks handed out start again.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        method = "forkserver" if "forkserver" in get_all_start_methods() else "spawn"
        self._context = get_context(method)
        if method == "forkserver":
            _start_fork_server()
        self._folder = Path(tempfile.mkdtemp(prefix="turnlab-"))
        # nothing is ever written: a worker that reads the end of the pipe has lost its parent
        self._lifeline, self._held = self._context.Pipe(duplex=False)
        self._waiting: deque[_Task] = deque()
        self._under_way = 0
        self._closing = False
        self._changed = threading.Condition()
        self._pool = self._new_pool()
        self._giver = threading.Thread(target=self._hand_over, name="turnlab work", daemon=True)
        self._giver.start()

    def submit(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Submit a task to one of the processes."""
        task = _Task(partial(function, *args, **kwargs))
        with self._changed:
            if self._closing:
                raise RuntimeError("work was given to an executor that is closed")
            self._waiting.append(task)
            self._changed.notify_all()
        return task.future

    def share(self, value: T) -> Shared[T]:
        """Store a value where each process can read it."""
        token = uuid.uuid4().hex
        (self._folder / token).write_bytes(pickle.dumps(value, pickle.HIGHEST_PROTOCOL))
        return Shared(value, token, self._folder)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes: after the tasks, or at once without ``wait``."""
        with self._changed:
            if cancel_futures:
                for task in self._waiting:
                    _drop(task)
                self._waiting.clear()
            self._changed.wait_for(lambda: not wait or not (self._waiting or self._under_way))
            self._closing = True
            self._changed.notify_all()
        if wait:
            self._giver.join()
            self._pool.shutdown()
        self._held.close()  # ends the remaining workers, whatever they are doing
        if not wait:
            self._giver.join()
            self._pool.shutdown(cancel_futures=True)
        self._lifeline.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self._count, self._context, _begin, (self._lifeline, self._folder))

    def _hand_over(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: self._closing or (self._waiting and self._under_way < 2 * self._count)
                )
                if self._closing:
                    return
                task = self._waiting.popleft()
                if task.future.cancelled():
                    _drop(task)
                    self._changed.notify_all()  # the shutdown may be waiting for this last task
                    continue
                self._under_way += 1
            given: Future[Any] = Future()
            try:
                given = self._begun(task)
            except OSError as error:
                what = f"no worker process can be started: {os_error_text(error)}"
                given.set_exception(WorkersError(f"{what}; make room, or use --workers 1"))
            given.add_done_callback(partial(self._settle, task))

    def _begun(self, task: _Task) -> Future[Any]:
        try:
            return self._pool.submit(task.call)
        except BrokenProcessPool:
            self._pool.shutdown(wait=False)
            self._pool = self._new_pool()
            return self._pool.submit(task.call)

    def _settle(self, task: _Task, given: Future[Any]) -> None:
        """Pass on a task's result; run the task again if its worker died."""
        error = None if given.cancelled() else given.exception()
        with self._changed:
            self._under_way -= 1
            if isinstance(error, BrokenProcessPool):
                task.deaths += 1
                if not self._closing and task.deaths < _MOST_DEATHS:
                    self._waiting.appendleft(task)
                    self._changed.notify_all()
                    return
                error = WorkersError(
                    f"{task.deaths} worker processes died at the same piece of work; if memory is short, "
                    "use fewer --workers"
                )
            self._changed.notify_all()
        pass_on(given, error, task.future)


def _drop(task: _Task) -> None:
    """Cancel a task that has not started, and wake its waiters."""
    task.future.cancel()
    task.future.set_running_or_notify_cancel()


@contextmanager
def interrupts_ignored() -> Iterator[None]:
    """Ignore ctrl+c, as do the processes that are started meanwhile: it is for who began the work."""
    before: Any = None
    if threading.current_thread() is threading.main_thread():
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)


def _start_fork_server() -> None:
    """Start the process that forks workers, with their imports preloaded."""
    from multiprocessing import forkserver

    forkserver.set_forkserver_preload(["simulator.study"])
    # while a dashboard draws, standard error is a Python object, which no process can inherit
    with interrupts_ignored(), redirect_stderr(sys.__stderr__):
        forkserver.ensure_running()


def _begin(lifeline: Connection, folder: Path) -> None:
    install()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, args=(lifeline, folder), daemon=True).start()


def _end_with_parent(lifeline: Connection, folder: Path) -> None:
    """End at once when the parent process is gone, or drops its work."""
    with suppress(EOFError, OSError):
        lifeline.recv()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)
