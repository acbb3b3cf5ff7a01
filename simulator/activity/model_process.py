"""Pauses judged in a process of its own, for where many calls share one interpreter.

Python's lock lets one thread of a process run at a time; a thread that judges a pause would hold up every call
again and again for as long as the system does not let it run.
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
    """One process that does one job after the other. Where it has died, the next job is given to a new one."""

    def __init__(self, model: EndOfTurnModel) -> None:
        self._model = model
        self._pool = _pool(model)

    def ready(self) -> None:
        """Wait until the process has begun, which takes about a second."""
        self.submit(int).result()

    def submit(self, job: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have a job done, which is pickled, as is its outcome."""
        try:
            return self._pool.submit(job, *args, **kwargs)
        except BrokenProcessPool:
            self._pool.shutdown(wait=False)
            self._pool = _pool(self._model)
            return self._pool.submit(job, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the process, once the job it is at is done."""
        self._pool.shutdown(wait=wait, cancel_futures=cancel_futures)


def _pool(model: EndOfTurnModel) -> ProcessPoolExecutor:
    """Return a pool whose one process is starting, and will have asked the model once before any job."""
    pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _prepare, (model,))
    with interrupts_ignored():
        pool.submit(int)
    return pool


def _prepare(model: EndOfTurnModel) -> None:
    install()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    warm_up(model)


def _end_with_parent() -> None:
    """End at once when the process that began this one is gone, however it went."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(0)
