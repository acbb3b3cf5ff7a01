"""Runs heavy work: in this process, in several processes of this machine, or on a Dask cluster.

A task is a module-level function with arguments that can be pickled. It reads files by path and changes nothing
that another task reads, so a task whose worker died runs again with the same result. :func:`share` sends a value
that many tasks need to each worker once.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from typing import ParamSpec, TypeVar

from simulator.errors import WorkersError
from simulator.executors.processes import Processes
from simulator.executors.shared import Shared, share

__all__ = ["Shared", "WorkersError", "cores", "in_order", "open_executor", "runs_elsewhere", "runs_here", "share"]

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def open_executor(workers: int | None = None, cluster: str | None = None) -> Iterator[Executor]:
    """Open an executor: a Dask cluster's if there is an address, otherwise ``workers`` processes.

    0 or 1 workers mean this process, ``None`` one per processor. If the block ends with an error, pending work is
    dropped. Raises :class:`WorkersError` before any work if the cluster cannot be used.
    """
    count = cores() if workers is None else workers
    executor: Executor
    if cluster is not None:
        from simulator.executors.cluster import Cluster

        executor = Cluster(cluster)
    elif count > 1:
        executor = Processes(count)
    else:
        executor = _ThisProcess()
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        raise
    executor.shutdown()


def runs_here(executor: Executor) -> bool:
    """Whether an executor's tasks run in this process: they may report progress and need no pickling."""
    return isinstance(executor, _ThisProcess)


def runs_elsewhere(executor: Executor) -> bool:
    """Whether an executor's tasks may run on other machines."""
    return not isinstance(executor, _ThisProcess | Processes)


def in_order(executor: Executor, function: Callable[[T], R], items: Iterable[T]) -> Iterator[Future[R]]:
    """Call a function for each item; yield the finished futures in the order of the items.

    In this process, each call starts only when its future is requested.
    """
    if runs_here(executor):
        yield from (executor.submit(function, item) for item in items)
        return
    calls = deque(executor.submit(function, item) for item in items)
    try:
        while calls:
            with suppress(Exception):
                calls[0].exception()
            yield calls.popleft()
    finally:
        for call in calls:
            call.cancel()


class _ThisProcess(Executor):
    """Runs each task when it is submitted."""

    def submit(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        done: Future[R] = Future()
        try:
            done.set_result(function(*args, **kwargs))
        except Exception as error:
            done.set_exception(error)
        return done
