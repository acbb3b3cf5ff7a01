"""A command: one action that the user can run in the dashboard. This module does not import Textual.

From a command come the key binding, the footer entry, the palette entry and the line on the help screen. Each
screen's folder has its commands in ``commands.py``; the screen says in ``COMMANDS_HERE`` that it offers them and
binds them with :func:`tui.commands.place.bindings`::

    class ServicesScreen(Place):
        COMMANDS_HERE = COMMANDS
        BINDINGS = bindings(*COMMANDS)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self


@dataclass(frozen=True)
class Command:
    """One action. The screen or the app that offers it has the method."""

    id: str
    """Stable name, such as ``services.refresh``, under which users change the key."""
    name: str
    """A word or two for the footer and the palette."""
    key: str
    """Keys that run it, separated by commas; the first is the one shown."""
    does: str
    """What it does, in a sentence."""
    action: str = ""
    """Textual action on the screen that offers it, or ``app.…`` on the app; the last part of the id by default."""
    in_footer: bool = False
    """Whether the footer has room for it."""
    shown_key: str | None = None
    """How the footer writes the key, if Textual's own way is unclear."""
    priority: bool = False
    """Whether the key works even while the user types text."""

    def __post_init__(self) -> None:
        """Derive the action's name from the id: ``copy_id`` from ``services.copy-id``."""
        if not self.action:
            object.__setattr__(self, "action", self.id.rpartition(".")[2].replace("-", "_"))

    @property
    def method(self) -> str:
        """The name of the action's method, on the screen or the app: ``action_nudge`` of ``nudge(1)``."""
        return "action_" + self.action.partition("(")[0].removeprefix("app.")

    def at(self, screen: str, does: str = "", **particular: Any) -> Self:
        """Return a shared command for a screen such as ``tune``, with its own id and so with its own keys.

        ``does`` describes it on that screen. ``particular`` sets other attributes.
        """
        return replace(self, id=f"{screen}.{self.id}", does=does or self.does, **particular)


def part(name: str, method: str, *values: object) -> str:
    """Return the action that calls a method of one of the screen's parts: see :meth:`Place.action_part`."""
    return f"part{(name, method, *values)!r}"
