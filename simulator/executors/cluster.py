"""The workers of a Dask cluster (extra ``cluster``)."""

from __future__ import annotations

import logging
import pickle
import platform
import re
import uuid
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any, ParamSpec, TypeVar

from simulator.errors import WorkersError
from simulator.executors.shared import Shared, forget, pass_on, receive

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")

_CONNECT_S = 10.0
_TRIES = 4
_SAME = ("turnlab", "distributed", "numpy", "onnxruntime", "soundfile", "soxr")
"""The packages that results, or messages between processes, depend on."""


@cache
def versions_here() -> dict[str, str]:
    """Return the versions that every worker must match, by package."""
    found = {"python": ".".join(platform.python_version_tuple()[:2])}
    for name in _SAME:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _checked(versions: dict[str, str], call: Callable[[], R]) -> R:
    """Run a task on a worker. Raises :class:`WorkersError` if the worker's versions differ."""
    difference = _difference(versions, versions_here())
    if difference:
        raise WorkersError(f"a worker that joined has {difference}; {_EQUAL}")
    return call()


_EQUAL = "install the same versions on this machine and on the workers"


def _difference(here: dict[str, str], there: dict[str, str]) -> str:
    """Return a worker's differences: ``numpy 2.3.0 (here 2.4.6)``; empty if there are none."""
    differing = [f"{name} {there.get(name)} (here {here[name]})" for name in here if there.get(name) != here[name]]
    return ", ".join(differing)


_ADDRESS = re.compile(r"(tcp|tls|wss?|ucx)://(\[[^\]\s]+\]|[^\[\]@:/\s]+):\d{1,5}/?", re.ASCII)


def is_address(text: str) -> bool:
    """Whether a text is a scheduler's address, ``tcp://host:8786``."""
    return _ADDRESS.fullmatch(text) is not None


class Cluster(Executor):
    """The workers of a Dask scheduler. A shared value is a plugin, which workers that join later also receive."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._shared: list[str] = []
        self._client = _client_of(address)
        try:
            self._check_workers()
        except BaseException:
            self._client.close()
            raise
        self._executor = self._client.get_executor(pure=False)

    def submit(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Submit a task. Dask runs it on another worker if one dies."""
        task: Future[R] = Future()
        self._give(task, partial(function, *args, **kwargs), _TRIES)
        return task

    def _give(self, task: Future[R], call: Callable[[], R], tries: int) -> None:
        given = self._executor.submit(_checked, versions_here(), call)
        task.add_done_callback(lambda done: given.cancel() if done.cancelled() else None)

        def settle(done: Future[R]) -> None:
            error = None if done.cancelled() else done.exception()
            if tries > 1 and not task.cancelled() and _is_dasks_own(error):
                self._give(task, call, tries - 1)
            else:
                self._settle(task, done)

        given.add_done_callback(settle)

    def share(self, value: T) -> Shared[T]:
        """Send a value to all workers."""
        token = uuid.uuid4().hex
        self._client.register_plugin(_sharing_plugin(token, pickle.dumps(value, pickle.HIGHEST_PROTOCOL)))
        self._shared.append(token)
        return Shared(value, token)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for the tasks, or drop them; remove shared values from the workers and disconnect."""
        self._executor.shutdown(wait=wait and not cancel_futures)
        with suppress(Exception):  # the scheduler is gone, and the shared values with it
            for token in self._shared:
                self._client.unregister_worker_plugin(token)
        self._client.close()

    def _settle(self, task: Future[Any], given: Future[Any]) -> None:
        error = None if given.cancelled() else given.exception()
        if given.cancelled() and not task.cancelled():
            error = WorkersError(f"{self._address}: the Dask cluster went away; start it and run this again")
        elif type(error).__name__ == "KilledWorker":
            error = WorkersError(
                f"{self._address}: several workers died at the same piece of work; give them more memory"
            )
        pass_on(given, error, task)

    def _check_workers(self) -> None:
        """Raise :class:`WorkersError` if there are no workers, or a worker differs from this process."""
        found = self._client.run(versions_here, on_error="return")
        if not found:
            raise WorkersError(f"{self._address}: has no workers; start some: dask worker {self._address}")
        for worker, versions in found.items():
            if not isinstance(versions, dict):
                raise WorkersError(f"{worker}: has no Turnlab that can be used; {_EQUAL}")
            difference = _difference(versions_here(), versions)
            if difference:
                raise WorkersError(f"{worker}: has {difference}; {_EQUAL}")


def _is_dasks_own(error: BaseException | None) -> bool:
    """Return whether Dask raised an error itself, not a task: its innermost frame is where Dask gathers results.

    Such an error occurs when a worker dies after a task and before its result is fetched.
    """
    trace = error.__traceback__ if error is not None else None
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_globals.get("__name__") == "distributed.cfexecutor"


def _client_of(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise WorkersError("--cluster needs Dask, which is not installed; install turnlab[cluster]") from None
    if not is_address(address):  # Dask would check this too, but then wait for the client it has started
        raise WorkersError(
            f"{address!r}: is not an address of a Dask scheduler; give one such as tcp://10.0.0.5:8786"
        )
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # the error raised below says what matters
    try:
        connect: Any = Client
        return connect(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise WorkersError(
            f"{address}: no Dask scheduler answers there; check the address, or start one: dask scheduler"
        ) from error


def _sharing_plugin(token: str, content: bytes) -> Any:
    """Return a plugin that sends a value to workers."""
    from distributed import WorkerPlugin

    class Gift(WorkerPlugin):
        # pickled by value, so it may refer only to functions of this module

        def __init__(self) -> None:
            self.name = token
            self.content = content

        def setup(self, worker: object) -> None:  # noqa: ARG002 Dask calls it so
            receive(self.name, self.content)

        def teardown(self, worker: object) -> None:  # noqa: ARG002 Dask calls it so
            forget(self.name)

    return Gift()
