"""A platform's rate limits, the present wait, and unreadable entries, for display."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


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
        """Count a repeated request, and record the wait before it where it is long enough to be read."""
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
