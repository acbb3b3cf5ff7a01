"""The one form audio has behind :mod:`simulator.audio`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
"""Samples a second."""

Samples = NDArray[np.float32]
"""Mono, shape ``[n]``, -1…1."""
