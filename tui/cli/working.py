"""Where a command's heavy work runs: in this process, in several, or on a Dask cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from simulator.executors import in_order, open_executor, runs_here
from tui.cli.failure import failures
from tui.cli.inputs import progress
from tui.cli.options import WorkOptions

T = TypeVar("T")
R = TypeVar("R")

LITTLE_S = 600.0
"""Below this length of audio, no processes start by default: starting them takes longer than they save."""


@contextmanager
def open_work(work: WorkOptions, audio_s: float) -> Iterator[Executor]:
    """Yield an executor for ``audio_s`` seconds of audio.

    Raises :class:`~tui.cli.failure.WorkError` for an unusable cluster.
    """
    unasked = work.workers is None and work.cluster is None and audio_s < LITTLE_S
    with ExitStack() as stack:
        with failures():
            executor = stack.enter_context(open_executor(1 if unasked else work.workers, work.cluster))
        yield executor


@dataclass(frozen=True, slots=True)
class Work:
    """A command's executor. A cluster exists before the amount of work is known; processes start afterwards."""

    asked: WorkOptions
    cluster: Executor | None
    _held: ExitStack

    def executor(self, audio_s: float) -> Executor:
        """Return an executor for ``audio_s`` seconds of audio."""
        return self.cluster or self._held.enter_context(open_work(self.asked, audio_s))


@contextmanager
def work_to_come(asked: WorkOptions) -> Iterator[Work]:
    """Yield an executor before the amount of work is known.

    Raises :class:`~tui.cli.failure.WorkError` for an unusable cluster.
    """
    with ExitStack() as held:
        cluster = held.enter_context(open_work(asked, 0.0)) if asked.cluster is not None else None
        yield Work(asked, cluster, held)


def outcomes(
    executor: Executor, what: str, here: Callable[[T], R], there: Callable[[T], R], items: Sequence[T]
) -> Iterator[tuple[T, Callable[[], R]]]:
    """Yield each item, in order, with a function that returns or raises its outcome.

    ``here`` works in this process and shows progress. ``there`` is pickled and shows none; the count of finished
    items is shown instead.
    """
    if runs_here(executor):
        yield from ((item, partial(here, item)) for item in items)
        return
    with progress(what, max(len(items), 1)) as tell:
        for number, (item, call) in enumerate(zip(items, in_order(executor, there, items), strict=True)):
            yield item, call.result
            if tell is not None:
                tell(number + 1)
