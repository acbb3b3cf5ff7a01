"""The screens of the dashboard. Keys, help, palette and the app's modes come from their rows.

A screen is a folder ``tui/ID`` and a row here. The folder's module ``commands`` has ``COMMANDS``. Its module
``screen`` has ``async def mode(app, service)``, which returns the mode that shows the screen and adds that mode
when it is first wanted. Both modules are imported only when they are needed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from services.model import Service
    from tui.app import TurnlabApp
    from tui.commands.command import Command


class ScreenRow(NamedTuple):
    """One screen."""

    id: str
    """The screen's folder, and the first part of its commands' ids."""
    title: str
    """The screen's name in help and footer."""
    key: str = ""
    """The key that opens the screen. Empty if another screen opens it over itself."""
    does: str = ""
    """What the key does, in a sentence."""

    def commands(self) -> tuple[Command, ...]:
        """Return the commands of the screen alone, in the order of the footer and the help screen."""
        return cast("tuple[Command, ...]", import_module(f"tui.{self.id}.commands").COMMANDS)

    def all_commands(self) -> tuple[Command, ...]:
        """Return all commands that work on the screen, its own first."""
        from tui.commands.shared import EVERYWHERE

        own = self.commands()
        # A screen that covers another one offers only the commands it lists itself.
        return own + tuple(command for command in EVERYWHERE if command not in own) if self.key else own

    async def mode(self, app: TurnlabApp, service: Service | None) -> str:
        """Return the app's mode for the screen, for a service if given."""
        # Imported here, because listing commands needs no asyncio. In a thread, because importing a screen takes a
        # moment.
        import asyncio

        module = await asyncio.to_thread(import_module, f"tui.{self.id}.screen")
        return cast("str", await module.mode(app, service))


SCREENS: dict[str, ScreenRow] = {
    row.id: row
    for row in (
        ScreenRow("services", "Services", "1", "Go to the services of the workspace."),
        ScreenRow(
            "tune", "Tune", "2", "Go to Tune with the highlighted service, or with the last one that was tuned."
        ),
        ScreenRow(
            "live", "Live", "3", "Talk to the agent through the microphone, with the arms of what was last tuned."
        ),
        ScreenRow(
            "calls", "Calls", "4", "See how a service's real calls went: pull them, list them, read one of them."
        ),
        ScreenRow(
            "sweep", "Sweep", "5", "Find a better setting: try many on all calls, see the trade, open one in Tune."
        ),
        ScreenRow("labels", "Labels"),
    )
}
"""The screens by id, in the order of the footer. The first one exists from the start."""


def commands_by_id() -> dict[str, Command]:
    """Return every command of every screen by its id."""
    return {command.id: command for row in SCREENS.values() for command in row.all_commands()}


_chosen_keys: dict[str, str] = {}
_KEY_OF = r"\{([a-z]+\.[a-z_-]+)\}"


def take_keys(keymap: Mapping[str, str]) -> dict[str, str]:
    """Make texts name the user's keys, by command id. Returns ``keymap``."""
    _chosen_keys.clear()
    _chosen_keys.update(keymap)
    return dict(keymap)


def _everywhere() -> tuple[Command, ...]:
    from tui.commands.shared import EVERYWHERE

    return EVERYWHERE


def key_for(id: str) -> str:
    """Return the first key of a command as the footer shows it, such as ``^s`` for ``tune.save``."""
    from tui.preferences import shown_key

    screen = SCREENS.get(id.partition(".")[0])
    command = next(one for one in (screen.commands() if screen else _everywhere()) if one.id == id)
    if id not in _chosen_keys and command.shown_key is not None:
        return command.shown_key
    return shown_key(_chosen_keys.get(id, command.key).partition(",")[0].strip())


def with_keys(text: str) -> str:
    """Return a text with ``{tune.save}`` replaced by that command's key."""
    return re.sub(_KEY_OF, lambda found: key_for(found[1]), text)
