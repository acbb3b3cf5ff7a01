"""Thelatest of a stream of samples."""

from __future__ import annotations

import numpy as np

from base.samples import Samples


class Recent:
    """Keeps the last ``kept`` samples before any block that is pushed, and the block; a push copies little else."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._room = np.zeros(2 * kept, np.float32)
        self._end = 0

    def push(self, block: Samples) -> None:
        """Add samples, float32 ``[n]``."""
        if self._end + len(block) > len(self._room):
            before = self._room[max(0, self._end - self._kept) : self._end]
            room = np.empty(max(2 * self._kept, len(before) + len(block)), np.float32)
            room[: len(before)] = before
            self._room, self._end = room, len(before)
        self._room[self._end : self._end + len(block)] = block
        self._end += len(block)

    def last(self, count: int, *, before: int = 0) -> Samples:
        """Return a copy of ``count`` samples, or as many as there are, float32 ``[n]``, but the last ``before``."""
        end = self._end - before
        return self._room[max(0, end - count) : end].copy()
