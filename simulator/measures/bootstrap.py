"""How sure a figure is: a percentile bootstrap (Efron 1979) over recordings.

Turns within one recording are alike, so whole recordings are drawn. The draws are the same every time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

FEWEST_TURNS = 5
FEWEST_RECORDINGS = 3
"""Fewer recordings than this cannot show how much recordings differ."""

RESAMPLES = 2000


def why_no_interval(turns: int, recordings: int) -> str | None:
    """Return why so few cannot give an interval; ``None`` if they can."""
    if turns < FEWEST_TURNS:
        return f"an interval needs {FEWEST_TURNS} paired turns, not {turns}"
    if recordings < FEWEST_RECORDINGS:
        return f"an interval needs {FEWEST_RECORDINGS} recordings, not {recordings}"
    return None


@lru_cache(maxsize=16)
def weights(recordings: int) -> NDArray[np.int64]:
    """Return how often each recording is drawn in each resample, ``[RESAMPLES, recordings]``."""
    share = np.full(recordings, 1.0 / recordings)
    return np.random.default_rng(0).multinomial(recordings, share, size=RESAMPLES)


def interval(resampled: NDArray[Any]) -> tuple[float, float] | None:
    """Return the 95 % interval of a figure's resamples ``[RESAMPLES]``, those that are not finite left out."""
    found = resampled[np.isfinite(resampled)]
    if not len(found):
        return None
    low, high = np.quantile(found, (0.025, 0.975))
    return round(float(low), 3), round(float(high), 3)
