"""Reads how many requests a platform still allows, and how long it asks to wait."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

from services.traffic import RateLimit

_EPOCH_S = 1_000_000_000
"""Reset headers give either seconds from now or seconds since 1970; no platform asks to wait for thirty years."""


def retry_after(header: str | None, now: float) -> float | None:
    """Return the seconds that a ``Retry-After`` asks to wait (RFC 9110, 10.2.3): a number, or a date after ``now``.

    ``now`` is in seconds since 1970. ``None`` if there is no header or it is neither.
    """
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            moment = parsedate_to_datetime(header)
        except ValueError:
            return None
        seconds = moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - now
    return max(0.0, seconds) if math.isfinite(seconds) else None


def rate_limit(headers: Mapping[str, str], now: float) -> RateLimit | None:
    """Return what ``X-RateLimit-Limit``, ``-Remaining`` and ``-Reset`` say; ``None`` without the first two."""
    limit, remaining = (_whole(headers.get(f"x-ratelimit-{part}")) for part in ("limit", "remaining"))
    if limit is None or remaining is None:
        return None
    reset = _whole(headers.get("x-ratelimit-reset"))
    resets_at = None if reset is None else float(reset if reset > _EPOCH_S else now + reset)
    return RateLimit(limit, remaining, resets_at)


def _whole(header: str | None) -> int | None:
    text = (header or "").strip()
    return int(text) if text.isdecimal() and len(text) < 16 else None
