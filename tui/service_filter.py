"""The filter of the services list: what is typed, split into what the platform searches and what we check."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.model import Service

# A word, in which double quotes keep spaces together; an unclosed quote reaches to the end.
_WORD = re.compile(r'(?:[^\s"]|"[^"]*(?:"|$))+')
_YES, _NO = ("yes", "true"), ("no", "false")
SEARCH_LENGTH = 200
"""The longest search a platform takes."""

HINT = 'name, tag:key=value, active:yes, channel:voice, env:sandbox; quote "two words"'
"""What can be typed, for people."""


@dataclass(frozen=True, slots=True)
class ServiceFilter:
    """A parsed filter. Every part must hold."""

    words: tuple[str, ...] = ()
    tags: tuple[tuple[str, str | None], ...] = ()
    active: bool | None = None
    channel: str = ""
    environment: str = ""
    problem: str = ""
    """What a person should mend in the filter; that part is ignored meanwhile."""

    @property
    def search(self) -> str | None:
        """What to have the platform search for: the longest word, or a part of a tag."""
        candidates = [*self.words, *(value or key for key, value in self.tags)]
        return max(candidates, key=len)[:SEARCH_LENGTH] if candidates else None

    @property
    def exact(self) -> bool:
        """Whether the platform's own search leaves nothing to check here, so that its total is ours."""
        return not (self.tags or self.channel or self.environment or len(self.words) > 1)

    def matches(self, service: Service) -> bool:
        """Tell whether a service that the platform found passes the rest of the filter."""
        if self.exact:
            return True
        return (
            all(_has_tag(service, key, value) for key, value in self.tags)
            and service.channel_type.casefold().startswith(self.channel)
            and service.environment.casefold().startswith(self.environment)
            and (len(self.words) < 2 or _has_words(service, self.words))
        )


def parse_filter(text: str) -> ServiceFilter:
    """Parse what is in the filter line. Never raises; while a word is being typed it may match by its beginning."""
    words: list[str] = []
    tags: list[tuple[str, str | None]] = []
    active, channel, environment, problem = None, "", "", ""
    for word in (found[0].replace('"', "") for found in _WORD.finditer(text)):
        kind, colon, value = word.partition(":")
        value = value.casefold()
        match kind.casefold() if colon else "":
            case "tag":
                if value:
                    tags.append(_tag(value))
            case "active":
                active, problem = _yes_or_no(value, active, problem)
            case "channel":
                channel = value
            case "env" | "environment":
                environment = value
            case _:
                if word:
                    words.append(word.casefold())
    return ServiceFilter(tuple(words), tuple(tags), active, channel, environment, problem)


def _tag(text: str) -> tuple[str, str | None]:
    # Tags are shown as key:value, so that form is understood too.
    key, separator, value = text.partition("=" if "=" in text else ":")
    return key, value if separator else None


def _yes_or_no(value: str, active: bool | None, problem: str) -> tuple[bool | None, str]:
    if value and any(yes.startswith(value) for yes in _YES):
        return True, problem
    if value and any(no.startswith(value) for no in _NO):
        return False, problem
    return active, "active: takes yes or no" if value else problem


def _has_tag(service: Service, key: str, value: str | None) -> bool:
    if value is None:
        return any(tag.key.casefold().startswith(key) for tag in service.tags)
    return any(tag.key.casefold() == key and (tag.value or "").casefold().startswith(value) for tag in service.tags)


def _has_words(service: Service, words: tuple[str, ...]) -> bool:
    text = "\n".join([service.name, service.description, *map(str, service.tags)]).casefold()
    return all(word in text for word in words)
