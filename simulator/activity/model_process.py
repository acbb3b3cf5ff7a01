"""Judges pauses in a separate process, for programs that run many calls in one interpreter.

Python's global lock lets one thread of a process run at a time. A thread that judges a pause would delay every call
in the process.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import ParamSpec, TypeVar

from base.unexpected import install
from simulator.activity.end_of_turn import EndOfTurnModel, warm_up
from simulator.executors.processes import interrupts_ignored

P = ParamSpec("P")
T = TypeVar("T")


class JudgeProcess(Executor):
    """One process that runs jobs one after another. If it dies, a new process takes the next job."""

    def __init__(self, model: EndOfTurnModel) -> None:
        self._model = model
        self._pool = _pool(model)

    def ready(self) -> None:
        """Wait until the process has started, which takes about a second."""
        self.submit(int).result()

    def submit(self, job: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Submit a job. The job and its result are pickled."""
        try:
            return self._pool.submit(job, *args, **kwargs)
        except BrokenProcessPool:
            self._pool.shutdown(wait=False)
            self._pool = _pool(self._model)
            return self._pool.submit(job, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the process after its current job."""
        self._pool.shutdown(wait=wait, cancel_futures=cancel_futures)


def _pool(model: EndOfTurnModel) -> ProcessPoolExecutor:
    """Return a pool whose one process is starting. That process runs the model once before any job."""
    pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _prepare, (model,))
    with interrupts_ignored():
        pool.submit(int)
    return pool


def _prepare(model: EndOfTurnModel) -> None:
    install()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    warm_up(model)


def _end_with_parent() -> None:
    """End at once when the parent process is gone, however it ended."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(0)
