"""What a validation found, in words."""

from __future__ import annotations

from pydantic import ValidationError


def first_fault(error: ValidationError) -> str:
    """Return the first thing a validation found, as ``where: what``."""
    detail = error.errors()[0]
    where = ".".join(str(part) for part in detail["loc"]) or "the file"
    what = str(detail["msg"]).removeprefix("Value error, ")
    return f"{where}: {what[:1].lower()}{what[1:]}"
