"""All commands, by the place they work in: what keys can be chosen for, and who would get into whose way."""

from __future__ import annotations

from tui.commands.command import Command
from tui.commands.everywhere import EVERYWHERE
from tui.labels import commands as labels
from tui.live import commands as live
from tui.services import commands as services
from tui.tune import commands as tune

PLACES: dict[str, tuple[type[Command], ...]] = {
    "Services": services.HERE,
    "Tune": tune.HERE,
    "Live": live.HERE,
    "Labels": labels.HERE,
}
"""The commands of each screen, besides those that work everywhere."""

OVER_ANOTHER = frozenset(("Labels",))
"""Places that lie over another screen: of what works everywhere they offer only what they name themselves."""


def commands_of(place: str) -> tuple[type[Command], ...]:
    """Return all commands that work in a place, its own first."""
    own = PLACES[place]
    if place in OVER_ANOTHER:
        return own
    return own + tuple(command for command in EVERYWHERE if command not in own)


def by_id() -> dict[str, type[Command]]:
    """Return every command by its id."""
    return {command.id: command for place in PLACES for command in commands_of(place)}
