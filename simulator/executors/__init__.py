"""Where heavy work is done: in this process, in several of this machine, or on a Dask cluster.

A task is a function of a module with arguments that can be pickled. It reads files by their paths and changes
nothing that another task reads, so that one whose worker died is simply run again, with the same result. What many
tasks need is given to :func:`share` once, and reaches each worker once.
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
    """Give an executor: a Dask cluster's if there is an address, else of ``workers`` processes.

    0 and 1 workers mean this process, ``None`` as many as there are processors. When the block is left by an error,
    work under way is thrown away. Raises :class:`WorkersError` before any work if the cluster cannot be used.
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
    """Whether an executor's tasks run in this process, so that they may show what they do and need no pickling."""
    return isinstance(executor, _ThisProcess)


def runs_elsewhere(executor: Executor) -> bool:
    """Whether an executor's tasks may run on other machines."""
    return not isinstance(executor, _ThisProcess | Processes)


def in_order(executor: Executor, function: Callable[[T], R], items: Iterable[T]) -> Iterator[Future[R]]:
    """Have a function called for each item; yield the calls, each once it is over, in the order of the items.

    Where that is this process, each is only made when it is asked for.
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
    """Does each task when it is submitted."""

    def submit(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        done: Future[R] = Future()
        try:
            done.set_result(function(*args, **kwargs))
        except Exception as error:
            done.set_exception(error)
        return done
