"""A command: one action that the user can run in the dashboard. This module does not import Textual.

From a command come the key binding, the footer entry, the palette entry and the line on the help screen. Each
screen's folder has its commands in ``commands.py``; the screen says in ``COMMANDS_HERE`` that it offers them and
binds them with :func:`tui.commands.place.bindings`::

    class ServicesScreen(Place):
        COMMANDS_HERE = COMMANDS
        BINDINGS = bindings(*COMMANDS)
"""

from __future__ import annotations

from copy import copy
from typing import Any, Self


class Command:
    """One action. The screen or the app that offers it has the method.

    It is not a dataclass, because the first paint would wait while the methods are compiled.
    """

    def __init__(
        self,
        id: str,
        name: str,
        key: str,
        does: str,
        *,
        action: str = "",
        in_footer: bool = False,
        shown_key: str | None = None,
        priority: bool = False,
    ) -> None:
        self.id = id
        """Stable name, such as ``services.refresh``, under which users change the key."""
        self.name = name
        """A word or two for the footer and the palette."""
        self.key = key
        """Keys that run it, separated by commas; the first is the one shown."""
        self.does = does
        """What it does, in a sentence."""
        self.action = action or id.rpartition(".")[2].replace("-", "_")
        """Textual action on the screen that offers it, or ``app.…`` on the app.

        By default the last part of the id: ``copy_id`` from ``services.copy-id``.
        """
        self.in_footer = in_footer
        """Whether the footer has room for it."""
        self.shown_key = shown_key
        """How the footer writes the key, if Textual's own way is unclear."""
        self.priority = priority
        """Whether the key works even while the user types text."""

    @property
    def method(self) -> str:
        """The name of the action's method, on the screen or the app: ``action_nudge`` of ``nudge(1)``."""
        return "action_" + self.action.partition("(")[0].removeprefix("app.")

    def at(self, screen: str, does: str = "", **particular: Any) -> Self:
        """Return a shared command for a screen such as ``tune``, with its own id and so with its own keys.

        ``does`` describes it on that screen. ``particular`` sets other attributes.
        """
        return self.replaced(id=f"{screen}.{self.id}", does=does or self.does, **particular)

    def replaced(self, **particular: Any) -> Self:
        """Return a command that differs from this one in the given attributes."""
        other = copy(self)
        vars(other).update(particular)
        return other


def part(name: str, method: str, *values: object) -> str:
    """Return the action that calls a method of one of the screen's parts: see :meth:`Place.action_part`."""
    return f"part{(name, method, *values)!r}"
