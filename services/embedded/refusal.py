"""A value that breaks a rule."""

from __future__ import annotations


class RefusedError(Exception):
    """A value that breaks a rule; ``place`` is where in the request: ``("body", "version_sets")``."""

    def __init__(self, message: str, *place: str) -> None:
        super().__init__(message)
        self.message = message
        self.place = place


class NameTakenError(Exception):
    """Something else has this name already: 409."""
