"""The parts of a filter that a platform cannot apply itself, applied to what it sent."""

from __future__ import annotations

from collections.abc import Sequence

from services.model import Service, Tag


def has_tags(service: Service, wanted: Sequence[Tag]) -> bool:
    """Tell whether a service has every tag; one that is wanted without a value matches any value."""
    return all(
        any(tag.key == each.key and each.value in (None, tag.value) for tag in service.tags) for each in wanted
    )


def has_text(service: Service, text: str) -> bool:
    """Tell whether the name, the description or a tag contains ``text``, whatever its case."""
    searched = "\n".join([service.name, service.description, *map(str, service.tags)])
    return text.casefold() in searched.casefold()
