"""Where a listing of the Platform dialect starts, how long it is, and in which order."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from services.embedded import store
from services.embedded.rules import RefusedError

Limit = Annotated[int, Query(gt=0, le=100)]
Offset = Annotated[int, Query(ge=0, le=2**53)]


class Listing:
    """A listing that can be searched and sorted."""

    def __init__(
        self,
        search: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
        sort_by: str | None = None,
        limit: Limit = 10,
        continuation_token: Offset = 0,
    ) -> None:
        ordering = store.order(sort_by)
        if ordering is None:
            allowed = ", ".join(store.SORTABLE)
            raise RefusedError(f"must be one of {allowed}, with - in front for descending", "query", "sort_by")
        self.search = search
        self.ordering = ordering
        self.limit = limit
        self.offset = continuation_token


class VersionListing:
    """A listing of versions: newest first unless sorted by ``version``."""

    def __init__(self, sort_by: str | None = None, limit: Limit = 10, continuation_token: Offset = 0) -> None:
        if sort_by not in (None, "version", "-version"):
            raise RefusedError("must be version, with - in front for descending", "query", "sort_by")
        self.descending = sort_by != "version"
        self.limit = limit
        self.offset = continuation_token


Listed = Annotated[Listing, Depends()]
VersionsListed = Annotated[VersionListing, Depends()]
