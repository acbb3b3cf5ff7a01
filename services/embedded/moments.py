"""Moments as the workspace file keeps them."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """Return this moment: ISO 8601 in UTC, always with microseconds, so that it sorts as text."""
    return stamp(datetime.now(UTC))


def stamp(moment: datetime) -> str:
    """Return ``moment`` (with a zone) in the same form."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
