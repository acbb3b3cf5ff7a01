"""The filter of the services list: its text, split into the platform's search and the client's checks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from services.model import Service

# A word. Double quotes keep spaces together; an unclosed quote extends to the end.
_WORD = r'(?:[^\s"]|"[^"]*(?:"|$))+'
_YES, _NO = ("yes", "true"), ("no", "false")
_CHANNELS, _ENVIRONMENTS = ("voice", "text"), ("sandbox", "production")
KEYS = ("tag", "active", "channel", "env", "environment")
"""The words that may stand before a colon."""
SEARCH_LENGTH = 200
"""The longest search text that a platform accepts."""

_AROUND = 40
"""The number of characters of a description shown after a match."""

HINT = 'name, tag:key=value, active:yes, channel:voice, env:sandbox; quote "two words"'
"""The filter's syntax, for people."""


class ServiceFilter(NamedTuple):
    """A parsed filter. Every condition must hold."""

    words: tuple[str, ...] = ()
    tags: tuple[tuple[str, str | None], ...] = ()
    active: bool | None = None
    channel: str = ""
    environment: str = ""
    problem: str = ""
    """What is wrong with the filter, for the person who typed it."""
    unknown: tuple[str, ...] = ()
    """Unknown keys outside quotes, such as ``foo`` of ``foo:bar``."""

    def why_unsupported(self, dialect: str) -> str:
        """Return, in words, which condition this dialect has no data for. It would find nothing."""
        asked = [key for key, value in (("channel:", self.channel), ("env:", self.environment)) if value]
        if dialect != "classic" or not asked:
            return ""
        return f"the Classic API does not tell what {' and '.join(asked)} asks for, so it is not supported there"

    @property
    def search(self) -> str | None:
        """The text for the platform's search: the longest word, or a part of a tag."""
        candidates = [*self.words, *(value or key for key, value in self.tags)]
        return max(candidates, key=len)[:SEARCH_LENGTH] if candidates else None

    @property
    def exact(self) -> bool:
        """Whether the platform's search covers the whole filter, so that its total is the filter's."""
        return not (self.tags or self.channel or self.environment or len(self.words) > 1)

    def matches(self, service: Service) -> bool:
        """Return whether a service that the platform found passes the rest of the filter."""
        return self.exact or self.passes(service, searchable(service) if len(self.words) > 1 else "")

    def passes(self, service: Service, text: str) -> bool:
        """Return whether a service passes the whole filter, without asking the platform.

        ``text`` comes from :func:`searchable`. Cached, it makes a check of ten thousand services take milliseconds.
        If ``text`` is empty, the platform has already searched for one word.
        """
        return (
            self.active in (None, service.is_active)
            and (not text or all(word in text for word in self.words))
            and (not self.channel or service.channel_type.casefold().startswith(self.channel))
            and (not self.environment or service.environment.casefold().startswith(self.environment))
            and all(_has_tag(service, key, value) for key, value in self.tags)
        )

    def rank(self, service: Service) -> int:
        """Return how well a service's name matches the words. The lowest is best: 0 is the name itself."""
        name = service.name.casefold()
        if name == " ".join(self.words):
            return 0
        if not all(word in name for word in self.words):
            return 4
        at_words = all(re.search(rf"\b{re.escape(word)}", name) for word in self.words)
        return 1 if name.startswith(self.words[0]) else 2 if at_words else 3

    def why(self, service: Service) -> str:
        """Return where a word that is not in the name was found: a tag, or its context in the description."""
        name = service.name.casefold()
        word = next((word for word in self.words if word not in name), "")
        tag = next((str(tag) for tag in service.tags if word and word in str(tag).casefold()), "")
        at = service.description.casefold().find(word)
        if not word or tag or at < 0:
            return tag
        start = service.description.rfind(" ", 0, at) + 1
        return f"{'…' if start else ''}{service.description[start : at + len(word) + _AROUND]}"


def searchable(service: Service) -> str:
    """Return the text that the words are searched in, as on the platform: name, description and tags."""
    return "\n".join([service.name, service.description, *map(str, service.tags)]).casefold()


def _words(text: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield each word as it was typed, without its quotes, and its key and value around a colon."""
    for found in re.finditer(_WORD, text):
        word = found[0].replace('"', "")
        key, colon, value = word.partition(":")
        yield found[0], word, key if colon else "", value.casefold()


def keys_without_value(text: str) -> list[str]:
    """Return the known keys in a filter that have no value, as while one is being typed."""
    return [key.casefold() for _, _, key, value in _words(text) if key.casefold() in KEYS and not value]


def parse_filter(text: str) -> ServiceFilter:
    """Parse the text of the filter line. Never raises. An unfinished word matches by its beginning."""
    words: list[str] = []
    tags: list[tuple[str, str | None]] = []
    active, channel, environment = None, "", ""
    problems: list[str] = []
    unknown: list[str] = []
    for typed, word, kind, value in _words(text):
        match kind.casefold():
            case "tag":
                tags += _tag(value, problems)
            case "active":
                active = _yes_or_no(value, active, problems)
            case "channel":
                channel = value
                _check(kind, value, _CHANNELS, problems)
            case "env" | "environment":
                environment = value
                _check(kind, value, _ENVIRONMENTS, problems)
            case _:
                if word:
                    words.append(word.casefold())
                if ":" in word:
                    _explain(kind, problems)
                if ":" in word and not typed.startswith('"'):
                    unknown.append(kind)
    odd = "; ".join(problems)
    return ServiceFilter(tuple(words), tuple(tags), active, channel, environment, odd, tuple(unknown))


def _tag(text: str, problems: list[str]) -> Iterable[tuple[str, str | None]]:
    # Tags are shown as key:value, so that form is accepted too.
    key, separator, value = text.partition("=" if "=" in text else ":")
    if key:
        yield key, value if separator else None
    elif separator:
        problems.append("tag: takes key=value")


def _yes_or_no(value: str, active: bool | None, problems: list[str]) -> bool | None:
    if value and any(yes.startswith(value) for yes in _YES):
        return True
    if value and any(no.startswith(value) for no in _NO):
        return False
    if value:
        problems.append("active: takes yes or no")
    return active


def _check(kind: str, value: str, known: Sequence[str], problems: list[str]) -> None:
    """Explain a value that matches nothing. The search still includes it, because a platform may know more."""
    if not any(one.startswith(value) for one in known):
        problems.append(f"{kind}: takes {' or '.join(known)}")


def _explain(kind: str, problems: list[str]) -> None:
    """Explain a word that looks like a condition but is not. The search includes it unchanged."""
    if near := get_close_matches(kind.casefold(), KEYS, n=1, cutoff=0.6):
        problems.append(f"no {kind}: here, did you mean {near[0]}: ?")


def _has_tag(service: Service, key: str, value: str | None) -> bool:
    if value is None:
        return any(tag.key.casefold().startswith(key) for tag in service.tags)
    return any(tag.key.casefold() == key and (tag.value or "").casefold().startswith(value) for tag in service.tags)
