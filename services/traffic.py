"""A platform's rate limits and waits: what the screens show, and when a request is sent again."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from services.errors import (
    BadResponseError,
    RateLimitedError,
    ServiceError,
    TokenExpiredError,
    UnreachableError,
)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A platform's limit for one kind of request: ``remaining`` of ``limit`` until ``resets_at``.

    ``resets_at`` is in seconds on the transport's clock (:func:`time.time` by default).
    """

    limit: int
    remaining: int
    resets_at: float | None = None


WORTH_TELLING_S = 1.0
"""Shorter waits are over before a person could read about them."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that waits: for how many seconds, and why."""

    seconds: float
    why: str


class Traffic:
    """The rate limits of one connection by kind of request (``GET services``), on the transport's clock."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.limits: dict[str, RateLimit] = {}
        self.waiting: Waiting | None = None
        self.retries = 0
        """The number of repeated requests since the connection was opened."""
        self._unreadable: dict[str, dict[int | None, int]] = {}
        self._clock = clock
        self._listeners: list[Callable[[Traffic], None]] = []

    @property
    def tightest(self) -> tuple[str, RateLimit] | None:
        """The kind of request with the smallest remaining share of its limit. ``None`` if no limit applies."""
        now = self._clock()
        in_force = [(k, each) for k, each in self.limits.items() if each.resets_at is None or each.resets_at > now]
        return min(in_force, key=lambda item: item[1].remaining / max(item[1].limit, 1), default=None)

    @property
    def unreadable(self) -> dict[str, str]:
        """One sentence for each kind of listing with entries without an id. Listings omit those entries."""
        found = {}
        for kind, pages in self._unreadable.items():
            count = sum(pages.values())
            entries = "1 entry that has" if count == 1 else f"{count} entries that have"
            found[kind] = (
                f"the platform's listing of {kind.removeprefix('GET ')} holds {entries} no id and cannot be shown;"
                " tell the platform's support"
            )
        return found

    def watch(self, listener: Callable[[Traffic], None]) -> None:
        """Call ``listener`` with this object after every change."""
        self._listeners.append(listener)

    def note_limit(self, kind: str, limit: RateLimit) -> None:
        """Record a platform's limit for a kind of request."""
        self.limits[kind] = limit
        self._tell()

    def note_waiting(self, waiting: Waiting | None) -> None:
        """Record the present wait. ``None``: the wait is over."""
        self.waiting = waiting
        self._tell()

    def note_retry_in(self, seconds: float) -> None:
        """Count a repeated request, and record the wait before it if it is long enough to be read."""
        self.retries += 1
        if seconds > WORTH_TELLING_S:
            self.waiting = Waiting(seconds, "the platform asks to wait")
        self._tell()

    def note_unreadable(self, kind: str, continuation: int | None, count: int) -> None:
        """Record how many entries without an id the page at a continuation has (``None``: the first page)."""
        pages = self._unreadable.setdefault(kind, {})
        if count:
            pages[continuation] = count
        else:
            pages.pop(continuation, None)
        if not pages:
            del self._unreadable[kind]
        if count:
            self._tell()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener(self)


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
