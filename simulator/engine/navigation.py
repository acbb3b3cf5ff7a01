"""The navigation model's one line: ``CODE,V,EMOTION,FILLER``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

EMOTIONS = ("friendly", "sympathetic", "calm", "enthusiastic", "serious", "cheerful", "curious", "content")


class MalformedNavigationError(ValueError):
    """A navigation line that does not have the documented form; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Navigation:
    """What navigation decided. ``filler`` may be empty and may hold commas."""

    code: str
    verbose: bool
    emotion: str
    filler: str


@lru_cache(maxsize=1024)
def parse_navigation(line: str) -> Navigation:
    """Read a navigation line. Raises :class:`MalformedNavigationError`."""
    if len(line.strip().splitlines()) > 1:
        raise MalformedNavigationError("it is more than one line")
    parts = line.strip().split(",", 3)
    if len(parts) < 4:
        raise MalformedNavigationError("it has fewer than four parts")
    code, verbosity, emotion, filler = (part.strip() for part in parts)
    if not code:
        raise MalformedNavigationError("CODE is empty")
    if verbosity not in ("0", "1"):
        raise MalformedNavigationError(f"V must be 0 or 1, not {verbosity!r}")
    if emotion not in EMOTIONS:
        raise MalformedNavigationError(f"EMOTION must be one of {', '.join(EMOTIONS)}, not {emotion!r}")
    return Navigation(code, verbosity == "1", emotion, filler)
