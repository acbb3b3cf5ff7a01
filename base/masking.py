"""Masks callers' telephone numbers, and URLs that may contain a secret, for display."""

from __future__ import annotations

import re
from typing import Any, Final

_NUMBER: Final = re.compile(r"\+?\(?\d(?:[ \u00a0\u2009\u202f\u2010-\u2015().-]{0,2}\d){6,}")
"""Text that looks like a telephone number."""

_SHOWN: Final = 2
"""Final digits that stay visible: enough to distinguish two calls, too few to identify a person."""

_TOO_SHORT: Final = 6


def masked_number(number: str | None) -> str | None:
    """Return a number with every digit but the last two replaced by ``•``; a short number is masked completely."""
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
            # An address such as sip:jane@example.org also identifies a person.
            shown.append(c if c in "+-() ." else "•")
    return "".join(shown)


def masked_words(value: Any) -> Any:
    """Return a JSON value with everything that looks like a telephone number masked in its texts."""
    if isinstance(value, str):
        return _NUMBER.sub(lambda found: masked_number(found[0]) or "", value)
    if isinstance(value, list):
        return [masked_words(one) for one in value]
    if isinstance(value, dict):
        return {name: masked_words(one) for name, one in value.items()}
    return value


def masked_url(url: str) -> str:
    """Return a URL without its possible secrets: user name and password, query, fragment.

    Each part of a chained URL (``a::b``) is masked the same way.
    """
    return "::".join(map(_masked_part, url.split("::")))


def _masked_part(url: str) -> str:
    scheme, colon, rest = url.partition("://")
    host, slash, path = re.split("[?#]", rest, maxsplit=1)[0].partition("/")
    if "@" in rest and _UNQUOTED.fullmatch(host):
        return f"{scheme}{colon}•"  # an unquoted password, whose end is unknown
    return f"{scheme}{colon}{host.rpartition('@')[2]}{slash}{path}"


_UNQUOTED: Final = re.compile(r"[^\[@]+:(?!\d*$)[^@]*")
"""A host with an invalid port: a user name and the start of a password that a ``/``, ``?`` or ``#`` cut."""
