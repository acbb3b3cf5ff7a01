"""Names that were probably meant by others."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_ALIKE = 0.8


def near(name: str, names: Iterable[str]) -> str | None:
    """Return the one of some names that another is probably meant to be, whatever its capitals."""
    by_small = {one.lower(): one for one in names}
    found = get_close_matches(name.lower(), by_small, n=1, cutoff=_ALIKE)
    return by_small[found[0]] if found else None
