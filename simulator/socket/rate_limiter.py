"""Real time for a clock that counts samples: audio is taken no faster than it could have been spoken."""

from __future__ import annotations

HEAD_START_S = 0.1
"""How far a call may begin ahead of the clock: a client that sends in larger pieces is not held up."""

CATCH_UP_S = 1.0
"""After a gap in what arrives, this much may be taken at once."""

CLOCK_RATIO = 1.01
"""A client's clock may run this much faster than ours; sound cards differ by less than a thousandth."""


class RateLimiter:
    """An allowance of seconds that fills with the clock and is spent on audio."""

    def __init__(self, now_s: float) -> None:
        self._allowed_s = HEAD_START_S
        self._at_s = now_s

    def take(self, seconds: float, now_s: float) -> float:
        """Spend some seconds of audio; return how long to wait before they may be heard."""
        filled = self._allowed_s + (now_s - self._at_s) * CLOCK_RATIO
        self._allowed_s, self._at_s = min(filled, CATCH_UP_S) - seconds, now_s
        return max(0.0, -self._allowed_s / CLOCK_RATIO)
