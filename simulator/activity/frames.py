"""Blocks of any length, cut into the frames that detectors take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from base.samples import Samples
from simulator.activity.model import FRAME_SAMPLES


def framed(blocks: Iterable[Samples]) -> Iterator[tuple[NDArray[np.float32], int]]:
    """Cut blocks into whole frames ``[n, 512]`` with the count of real samples; the last is padded with silence."""
    rest = np.zeros(0, np.float32)
    for block in blocks:
        rest = np.concatenate([rest, block])
        whole = len(rest) // FRAME_SAMPLES * FRAME_SAMPLES
        if whole:
            yield rest[:whole].reshape(-1, FRAME_SAMPLES), whole
        rest = rest[whole:]
    if len(rest):
        yield np.pad(rest, (0, FRAME_SAMPLES - len(rest)))[None], len(rest)
