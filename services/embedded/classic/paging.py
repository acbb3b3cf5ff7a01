"""Paging, sorting and filtering as the Classic dialect asks for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field

from services.embedded.owners import VersionRange
from services.embedded.rules import RefusedError

ID_PATTERN = r"^[a-f0-9]{24}$"
ClassicId = Annotated[str, Field(pattern=ID_PATTERN)]
Ids = Annotated[list[ClassicId], Query(alias="id", json_schema_extra={"uniqueItems": True})]
SortBy = Annotated[list[str], Query()]
Offset = Annotated[int, Query(ge=0, le=2**53)]


def paged(name: str, items: list[dict[str, Any]], total: int, offset: int) -> dict[str, Any]:
    """Return the Classic dialect's page around ``items``, called ``name``."""
    end = offset + len(items)
    more = end < total
    return {name: items, "has_more": more, "continuation_token": end if more else None}


def ordering(sort_by: Iterable[str], columns: dict[str, str]) -> str:
    """Return the ORDER BY for ``+name``, ``-is_active`` and so on, ties broken by id.

    ``columns`` has the SQL for each name that is allowed. Raises :class:`RefusedError` for any other.
    """
    terms = []
    for wanted in sort_by:
        # a + that was not escaped in the address arrives as a space
        descending, name = wanted.startswith("-"), wanted.lstrip("+- ")
        if name not in columns or len(wanted) - len(name) > 1:
            allowed = ", ".join(columns)
            raise RefusedError(f"must be one of {allowed}, with + or - in front", "query", "sort_by")
        terms.append(f"{columns[name]} {'DESC' if descending else 'ASC'}")
    return f" ORDER BY {', '.join([*terms, 'id'])}"


def tag_filter(tags: Iterable[str], place: str) -> tuple[tuple[str, str | None], ...]:
    """Return key and value of each ``key:value``; ``*`` is any value, ``None`` none.

    Raises :class:`RefusedError`.
    """
    found: list[tuple[str, str | None]] = []
    for tag in tags:
        key, colon, value = tag.partition(":")
        if not key or not colon:
            raise RefusedError("must be written key:value, key:* or key:", "query", place)
        found.append((key, value or None))
    return tuple(found)


def version_range(version: str | None, sort_by: Iterable[str], latest: int | None) -> VersionRange:
    """Return which versions ``3``, ``latest``, ``2-5`` or ``2-latest`` mean. Raises :class:`RefusedError`."""
    order = list(sort_by)
    if not set(order) <= {"version", "+version", " version", "-version"}:
        raise RefusedError("must be version, with + or - in front", "query", "sort_by")
    descending = bool(order) and order[0].startswith("-")
    if version is None:
        return VersionRange(descending=descending)
    first, dash, last = version.partition("-")
    return VersionRange(_number(first, latest), _number(last if dash else first, latest), descending)


def _number(text: str, latest: int | None) -> int:
    if text == "latest":
        return latest or 0
    if text.isascii() and text.isdigit() and len(text) <= 15:
        return int(text)
    raise RefusedError("must be a number, latest, or two of them with - between", "query", "version")
