"""Callers' telephone numbers, and addresses that may hold a secret, as they may be shown."""

from __future__ import annotations

import re
from typing import Any, Final

_NUMBER: Final = re.compile(r"\+?\(?\d(?:[ \u00a0\u2009\u202f\u2010-\u2015().-]{0,2}\d){6,}")
"""What reads like a telephone number in a text."""

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


def masked_words(value: Any) -> Any:
    """Return a JSON value with what reads like a telephone number masked in each of its texts."""
    if isinstance(value, str):
        return _NUMBER.sub(lambda found: masked_number(found[0]) or "", value)
    if isinstance(value, list):
        return [masked_words(one) for one in value]
    if isinstance(value, dict):
        return {name: masked_words(one) for name, one in value.items()}
    return value


def masked_url(url: str) -> str:
    """Return a URL without what may be secret in it: a name and password, a query, a fragment.

    Each part of a chained one (``a::b``) is masked so.
    """
    return "::".join(map(_masked_part, url.split("::")))


def _masked_part(url: str) -> str:
    scheme, colon, rest = url.partition("://")
    host, slash, path = re.split("[?#]", rest, maxsplit=1)[0].partition("/")
    if "@" in rest and _UNQUOTED.fullmatch(host):
        return f"{scheme}{colon}•"  # a password that is not quoted: nothing says where it ends
    return f"{scheme}{colon}{host.rpartition('@')[2]}{slash}{path}"


_UNQUOTED: Final = re.compile(r"[^\[@]+:(?!\d*$)[^@]*")
"""A host whose port is none: the name and the beginning of a password, which a ``/``, ``?`` or ``#`` broke."""
