"""Turn confidence: how sure one can be, as silence grows, that the caller has finished.

``c(s) = 1 - (1 - q) * 2^(-(s - 0.2) / h)`` for a pause of ``s`` seconds whose start sounded complete to the degree
``q``: it starts at ``q`` after 0.2 s and closes half of the remaining doubt every ``h`` seconds.
"""

from __future__ import annotations

import math
from functools import lru_cache

KNOWN_AFTER_S = 0.2
EAGER_FLOOR = 0.3


def confidence(silence_ms: float, completeness: float, half_life_s: float) -> float:
    """Return the turn confidence after ``silence_ms`` of silence."""
    halvings = (silence_ms / 1000.0 - KNOWN_AFTER_S) / half_life_s
    return 1.0 - (1.0 - completeness) * math.pow(2.0, -halvings)


@lru_cache(maxsize=8192)
def silence_needed_ms(threshold: float, completeness: float, half_life_s: float) -> int | None:
    """Return the silence, in whole ms, at which the confidence reaches ``threshold``; ``None``: never."""
    if completeness >= threshold:
        return 0
    if threshold >= 1.0:
        return None
    seconds = KNOWN_AFTER_S + half_life_s * math.log2((1.0 - completeness) / (1.0 - threshold))
    return max(0, math.ceil(seconds * 1000.0 - 1e-6))


def eager_confidence(setting: float, threshold: float, *, recogniser: bool) -> float:
    """Return the confidence an ``eager_eot_threshold`` of ``setting`` asks for, at most that of the end of turn.

    The vendor documents higher as more aggressive; its recogniser's own field of that name is the confidence
    itself (``recogniser``).
    """
    wanted = setting if recogniser else 0.9 - 0.6 * setting
    return min(max(wanted, EAGER_FLOOR), threshold)
