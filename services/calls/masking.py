"""Callers' telephone numbers, as they may be shown."""

from __future__ import annotations

from typing import Final

_SHOWN: Final = 2
"""Digits at the end that stay: enough to tell two calls apart, too few to find anyone."""

_TOO_SHORT: Final = 6


def masked_number(number: str | None) -> str | None:
    """Return a number with every digit but the last two replaced by ``•``; none of a short one stays."""
    if number is None:
        return None
    digits = sum(c.isdecimal() for c in number)
    kept = _SHOWN if digits > _TOO_SHORT else 0
    shown, seen = [], 0
    for c in number:
        if c.isdecimal():
            seen += 1
            shown.append(c if seen > digits - kept else "•")
        else:
            # An address such as sip:jane@example.org names a person too.
            shown.append(c if c in "+-() ." else "•")
    return "".join(shown)
