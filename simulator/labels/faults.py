"""What a validation found, in words."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails

_ALIKE = 0.8


def near(name: str, names: Iterable[str]) -> str | None:
    """Return the one of some names that another is probably meant to be, whatever its capitals."""
    by_small = {one.lower(): one for one in names}
    found = get_close_matches(name.lower(), by_small, n=1, cutoff=_ALIKE)
    return by_small[found[0]] if found else None


def first_fault(error: ValidationError) -> str:
    """Return the first thing a validation found, as ``where: what``."""
    detail = error.errors()[0]
    where = ".".join(str(part) for part in detail["loc"]) or "the file"
    what = str(detail["msg"]).removeprefix("Value error, ")
    meant = f"; did you mean it where it says {said}?" if (said := _misspelt(detail)) else ""
    return f"{where}: {what[:1].lower()}{what[1:]}{meant}"


def _misspelt(detail: ErrorDetails) -> str | None:
    """Return the field that probably stands for one that is missing."""
    beside = detail["input"]
    if detail["type"] != "missing" or not isinstance(beside, dict):
        return None
    return near(str(detail["loc"][-1]), (name for name in beside if isinstance(name, str)))
