"""Reads one page of a listing, and says when it is not one: a page without an end must not look like the last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from pydantic import JsonValue

from base.json_text import kind_of
from services.errors import BadResponseError
from services.model import Page
from services.reading import JsonObject, as_int

T = TypeVar("T")


def read_page(
    body: Mapping[str, JsonValue],
    key: str,
    read: Callable[[JsonObject], T | None],
    *,
    leave_out: Callable[[T], str | None] = lambda _: None,
) -> Page[T]:
    """Read the page whose entries are under ``key``; what ``read`` makes nothing of is counted as unreadable.

    ``leave_out`` returns the id of an entry that the client's own part of the filter leaves out, else ``None``.
    Raises :class:`services.errors.BadResponseError` for a body that is not a page or does not say whether it is the
    last one.
    """
    entries, more = body.get(key), body.get("has_more")
    if not isinstance(entries, list):
        found = f"{kind_of(entries)} where its {key} should be" if key in body else f"no {key}"
        raise BadResponseError(f"the platform's listing has {found}; tell the platform's support")
    continuation = as_int(body.get("continuation_token"))
    if not isinstance(more, bool) or (more and continuation is None):
        raise BadResponseError("the listing does not say where it goes on, so it may be incomplete; try again")
    items: list[T] = []
    left_out: list[str] = []
    unreadable = 0
    for entry in entries:
        item = read(entry) if isinstance(entry, dict) else None
        if item is None:
            unreadable += 1
        elif (out := leave_out(item)) is not None:
            left_out.append(out)
        else:
            items.append(item)
    listed = as_int(body.get("total"))
    return Page(
        items=tuple(items),
        continuation=continuation if more else None,
        total=None if left_out else listed,
        unreadable=unreadable,
        left_out=tuple(left_out),
        listed=listed,
    )
