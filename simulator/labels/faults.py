"""What a validation found, in words."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from simulator.labels.near_names import near


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
