"""Float samples at the scale of integers: what some programs write that convert without dividing."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from base.samples import Samples

SCALES = (1 << 15, 1 << 23, 1 << 31)
"""The full scale of 16, 24 and 32 bits."""

_BEYOND = 4.0
"""12 dB over full scale: louder than sound at the right scale is, but for single samples."""
_SHARE = 0.05
_ALL_BUT_CLICKS = 0.999
_OVERSHOOT = 1.5
"""What filters and resamplers may add to a full scale."""
_ENOUGH = 1_000_000
"""Samples that are not silent and that are looked at: a minute at 16 kHz."""
_MOST = 60 * _ENOUGH
"""Samples that are looked at, silence included: an hour."""


def scale_of(blocks: Iterable[Samples]) -> int:
    """Return the full scale of samples, float32 ``[n]``: 1, or that of the integers they were.

    Silence and what is not a number do not count, and neither do single samples far beyond full scale.
    """
    beyond = sounding = seen = 0
    peak = 0.0
    for block in blocks:
        heights = np.abs(block[np.isfinite(block) & (block != 0)])
        seen, sounding = seen + len(block), sounding + len(heights)
        beyond += int(np.count_nonzero(heights > _BEYOND))
        if len(heights):
            peak = max(peak, float(np.quantile(heights, _ALL_BUT_CLICKS)))
        if sounding >= _ENOUGH or seen >= _MOST:
            break
    if beyond <= _SHARE * sounding:
        return 1
    return next((scale for scale in SCALES if peak <= _OVERSHOOT * scale), SCALES[-1])
