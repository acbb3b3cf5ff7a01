"""The work of worker processes in tests, separate from pytest, which each would have to import."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from simulator.executors import Shared


def _scaled(shared: Shared[list[int]], number: int) -> tuple[int, int, int]:
    return shared.value[number] * number, os.getpid(), id(shared.value)


def scaled_killing(job: tuple[Shared[list[int]], int, Path]) -> tuple[int, int, int]:
    """Do the same. The first process that gets number 7 dies."""
    shared, number, grave = job
    if number == 7 and not grave.exists():
        grave.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return _scaled(shared, number)
