"""The rate limits of each operation."""

from __future__ import annotations

import math
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass

LIMITS = {
    "sign-in-with-api-key": 5,
    "classic-get-services": 50,
    "classic-create-service": 20,
    "classic-update-service": 20,
    "classic-get-service-version-set": 100,
    "classic-upsert-service-version-set": 30,
    "classic-delete-service-version-set": 30,
    "classic-create-agent": 10,
    "classic-get-agents": 20,
    "classic-get-agent-versions": 20,
    "classic-create-service-hierarchical-state-machine": 10,
    "classic-get-service-hierarchical-state-machines": 20,
    "classic-get-service-hierarchical-state-machine-versions": 20,
    "classic-get-dynamic-behavior-sets": 500,
    "get-voice-settings": 120,
    "update-voice-settings": 120,
}
"""Requests per window, by operation id. The Classic document gives a number for each operation. The Platform
document gives none for its only operations that can answer 429; the number here is one that no person reaches."""

MOST_KEPT = 1000
"""Above this number of counters, expired ones are dropped."""


@dataclass(frozen=True, slots=True)
class RateUse:
    """A user's count for one operation."""

    limit: int
    remaining: int
    reset: int
    """When the oldest counted request expires, in seconds since 1970."""
    retry_after: int | None = None
    """Seconds to wait. ``None`` if the request is allowed."""

    def headers(self) -> dict[str, str]:
        """Return the rate-limit response headers."""
        headers = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset),
        }
        return headers if self.retry_after is None else {**headers, "Retry-After": str(self.retry_after)}


class RateLimits:
    """Counts requests in a sliding window. Refused requests do not count. A window of 0 s disables all limits."""

    def __init__(self, window_s: float = 60.0, clock: Callable[[], float] = time.time) -> None:
        self._window_s = window_s
        self._clock = clock
        self._lock = threading.Lock()
        self._taken: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)

    def take(self, who: str, operation: str) -> RateUse | None:
        """Count one request and return the new count of ``who``. ``None`` if the operation has no limit."""
        limit = LIMITS.get(operation)
        if limit is None or self._window_s <= 0:
            return None
        moment = self._clock()
        with self._lock:
            if len(self._taken) > MOST_KEPT:
                self._forget_before(moment - self._window_s)
            taken = self._taken[who, operation]
            while taken and taken[0] <= moment - self._window_s:
                taken.popleft()
            refused = len(taken) >= limit
            if not refused:
                taken.append(moment)
            free_at = taken[0] + self._window_s
            wait = max(1, math.ceil(free_at - moment)) if refused else None
            return RateUse(limit, limit - len(taken), math.ceil(free_at), wait)

    def _forget_before(self, moment: float) -> None:
        for key in [key for key, taken in self._taken.items() if not taken or taken[-1] <= moment]:
            del self._taken[key]
