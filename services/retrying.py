"""Decides whether and when to send a request again, from rate limits and ``Retry-After``."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

from services.errors import (
    BadResponseError,
    RateLimitedError,
    ServiceError,
    TokenExpiredError,
    UnreachableError,
)
from services.traffic import RateLimit

ATTEMPTS = 4
"""How many times a request is sent at most."""

TOTAL_S = 90.0
"""No request is sent again after this many seconds."""

LONGEST_WAIT_S = 65.0
"""The longest wait that is accepted. For a longer one, the message says how long it would take. The vendor's limits
are per minute, so a minute, rounded up on both sides, is enough for those."""

FIRST_BACKOFF_S, LONGEST_BACKOFF_S, JITTER_S = 0.25, 5.0, 0.5

IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})
"""Methods whose repetition changes nothing more (RFC 9110, 9.2.2)."""

# By default it prints every retry to stderr, where the dashboard draws.
logging.getLogger("stamina").addHandler(logging.NullHandler())


def wait_before_retry(method: str, error: Exception, *, changes: bool = False) -> bool | float:
    """Return the seconds to wait before sending again, ``True`` for the usual backoff, ``False`` to give up.

    Requests that read are sent again after 408, 429, 5xx and dropped connections. A change is sent once: another
    client may store another value during a wait, so the sender must read before sending it again
    (:mod:`services.changes.guarded`). Any other POST is sent again only after 429 with ``Retry-After``, which says
    that it was not carried out and when to try again.
    """
    if changes or not isinstance(error, ServiceError) or error.final:
        return False
    if isinstance(error, RateLimitedError) and error.retry_after is not None:
        return error.retry_after <= LONGEST_WAIT_S and error.retry_after
    if method not in IDEMPOTENT or not passing(error):
        return False
    if error.retry_after is not None:
        return error.retry_after <= LONGEST_WAIT_S and error.retry_after
    return True


def passing(error: ServiceError) -> bool:
    """Return whether the same request may well succeed in a moment."""
    if isinstance(error, UnreachableError | RateLimitedError | TokenExpiredError):
        return True
    if isinstance(error, BadResponseError):
        return error.broken_off
    return error.status is not None and (error.status == 408 or error.status >= 500)


_EPOCH_S = 1_000_000_000
"""Larger reset headers are seconds since 1970, smaller ones are seconds from now. No platform asks to wait for
thirty years."""


def retry_after(header: str | None, now: float) -> float | None:
    """Return the seconds to wait that a ``Retry-After`` header gives as a number or as a date (RFC 9110, 10.2.3).

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
    """Return the values of ``X-RateLimit-Limit``, ``-Remaining`` and ``-Reset``. ``None`` without the first two."""
    limit, remaining = (_whole(headers.get(f"x-ratelimit-{part}")) for part in ("limit", "remaining"))
    if limit is None or remaining is None:
        return None
    reset = _whole(headers.get("x-ratelimit-reset"))
    resets_at = None if reset is None else float(reset if reset > _EPOCH_S else now + reset)
    return RateLimit(limit, remaining, resets_at)


def _whole(header: str | None) -> int | None:
    text = (header or "").strip()
    return int(text) if text.isdecimal() and len(text) < 16 else None
