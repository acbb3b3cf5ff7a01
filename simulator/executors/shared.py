"""Values that many tasks need; each worker receives them once."""

from __future__ import annotations

import pickle
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

T = TypeVar("T")


class Shared(Generic[T]):
    """A value for many tasks. As an argument it costs a few bytes; a worker receives the value once."""

    def __init__(self, value: T, token: str = "", folder: Path | None = None) -> None:
        self._held = [value]
        self._token = token
        self._folder = folder

    @property
    def value(self) -> T:
        """The value: one object in each process."""
        if self._held:
            return self._held[0]
        if self._token not in _received:
            assert self._folder is not None, "a cluster gives its workers what is shared before the first task"
            receive(self._token, (self._folder / self._token).read_bytes())
        found: T = _received[self._token]
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        if not self._token:
            return Shared, (self._held[0],)
        return _elsewhere, (self._token, self._folder)


_received: dict[str, Any] = {}
"""The values shared with this process, by token."""


def _elsewhere(token: str, folder: Path | None) -> Shared[Any]:
    shared: Shared[Any] = Shared(None, token, folder)
    shared._held.clear()
    return shared


def receive(token: str, content: bytes) -> None:
    """Keep a value shared with this process."""
    _received[token] = pickle.loads(content)


def forget(token: str) -> None:
    """Drop a value shared with this process."""
    _received.pop(token, None)


def share(executor: Executor, value: T) -> Shared[T]:
    """Return a value as an argument for this executor's tasks; it is pickled once."""
    return executor.share(value) if isinstance(executor, Sharing) else Shared(value)


@runtime_checkable
class Sharing(Protocol):
    """An executor whose workers are processes."""

    def share(self, value: T) -> Shared[T]:
        """Send a value to each worker once."""
        ...


def pass_on(given: Future[Any], error: BaseException | None, to: Future[Any]) -> None:
    """Copy one future's outcome, or an error instead, to another; a cancelled future stays cancelled."""
    if given.cancelled() and error is None:
        to.cancel()
    if not to.set_running_or_notify_cancel():
        return
    if error is not None:
        to.set_exception(error)
    else:
        to.set_result(given.result())
